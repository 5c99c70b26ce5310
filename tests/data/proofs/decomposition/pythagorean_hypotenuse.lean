/-- There is exactly one right triangle with integer legs and hypotenuse 13. -/
theorem pythagorean_hypotenuse (a b : Nat) (pos : 0 < a) (order : a ≤ b) (bound : b ≤ 13)
    (h : a * a + b * b = 169) : a = 5 ∧ b = 12 := by
  have all : ∀ b, b ≤ 13 → ∀ a, a ≤ b → 0 < a → a * a + b * b = 169 → a = 5 ∧ b = 12 := by
    decide
  exact all b bound a order pos h
