/-- Twice a product is at most the sum of the squares. -/
theorem arithmetic_geometric_mean (a b : Int) : 2 * a * b ≤ a * a + b * b := by
  have h : 0 ≤ (a - b) * (a - b) := by
    rcases Int.le_total 0 (a - b) with h | h
    · exact Int.mul_nonneg h h
    · exact Int.mul_nonneg_of_nonpos_of_nonpos h h
  grind
