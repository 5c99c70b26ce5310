/-- The remainder of a division rounded towards zero is not negative. -/
theorem truncated_remainder (a b : Int) (h : 0 < b) : 0 ≤ a.tmod b := by
  sorry
