/-- There is exactly one right triangle with integer legs and hypotenuse 13. -/
theorem pythagorean_hypotenuse (a b : Nat) (pos : 0 < a) (order : a ≤ b) (bound : b ≤ 13)
    (h : a * a + b * b = 169) : a = 5 ∧ b = 12 := by
  sorry
