/-- The midpoint of a search interval lies strictly below its upper end. -/
theorem binary_search_midpoint (low high : Nat) (h : low ≤ high) : (low + high) / 2 < high := by
  sorry
