/-- Doubling by addition and by multiplication are one function. -/
theorem equal_functions : (fun n : Nat => n + n) = fun n => 2 * n := by
  grind
