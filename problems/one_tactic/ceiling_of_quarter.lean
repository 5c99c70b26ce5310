/-- Rounding n up to a multiple of four adds at most three. -/
theorem ceiling_of_quarter (n : Nat) : n ≤ 4 * ((n + 3) / 4) ∧ 4 * ((n + 3) / 4) ≤ n + 3 := by
  sorry
