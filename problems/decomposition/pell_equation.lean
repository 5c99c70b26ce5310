/-- The equation x² = 2y² + 1 has a solution other than (1, 0). -/
theorem pell_equation : ∃ x y : Nat, 0 < y ∧ x * x = 2 * y * y + 1 := by
  sorry
