/-- No square leaves remainder two modulo three. -/
theorem squares_mod_three (n : Nat) : n * n % 3 ≠ 2 := by
  sorry
