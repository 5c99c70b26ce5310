/-- A product of two natural numbers is zero only if a factor is, and then the sum is a factor. -/
theorem zero_divisor (a b : Nat) (h : a * b = 0) : a + b = a ∨ a + b = b := by
  sorry
