/-- The triangle inequality for absolute values of integers. -/
theorem triangle_inequality (a b : Int) : (a - b).natAbs ≤ a.natAbs + b.natAbs := by
  sorry
