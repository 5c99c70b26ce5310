/-- A common divisor of b and c divides each of their integer combinations. -/
theorem divides_linear_combination (a b c x y : Int) (hb : ∃ k, b = a * k) (hc : ∃ k, c = a * k) :
    ∃ k, x * b + y * c = a * k := by
  sorry
