/-- Halving distributes over addition. -/
theorem half_of_a_sum (a b : Nat) : (a + b) / 2 = a / 2 + b / 2 := by
  sorry
