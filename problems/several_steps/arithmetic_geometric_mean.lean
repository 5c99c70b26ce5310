/-- Twice a product is at most the sum of the squares. -/
theorem arithmetic_geometric_mean (a b : Int) : 2 * a * b ≤ a * a + b * b := by
  sorry
