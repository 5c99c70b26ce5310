/-- Neither two nor three is a square modulo five. -/
theorem non_residues_mod_five : ∀ x : Fin 5, x * x ≠ 2 ∧ x * x ≠ 3 := by
  decide
