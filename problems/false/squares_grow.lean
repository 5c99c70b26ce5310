/-- A positive number is less than its square. -/
theorem squares_grow (n : Nat) (h : 0 < n) : n < n * n := by
  sorry
