/-- A number that satisfies x² = x + 1 has fifth power 5x + 3. -/
theorem golden_ratio_power (x : Int) (h : x ^ 2 = x + 1) : x ^ 5 = 5 * x + 3 := by
  grind
