/-- Rounding a fifth up gives one more than rounding it down. -/
theorem rounding_up_is_one_more (n : Nat) : (n + 4) / 5 = n / 5 + 1 := by
  sorry
