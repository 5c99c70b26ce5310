/-- A product of three consecutive numbers is divisible by six. -/
theorem three_consecutive_numbers (n : Nat) : n * (n + 1) * (n + 2) % 6 = 0 := by
  sorry
