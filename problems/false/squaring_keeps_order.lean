/-- Squaring integers keeps their order. -/
theorem squaring_keeps_order (a b : Int) (h : a < b) : a * a < b * b := by
  sorry
