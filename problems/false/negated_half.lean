/-- Half of the negation is the negation of the half. -/
theorem negated_half (a : Int) : -a / 2 = -(a / 2) := by
  sorry
