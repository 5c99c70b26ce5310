/-- No square leaves remainder two modulo three. -/
theorem squares_mod_three (n : Nat) : n * n % 3 ≠ 2 := by
  have h : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by omega
  rcases h with h | h | h
  · simp [Nat.mul_mod, h]
  · simp [Nat.mul_mod, h]
  · simp [Nat.mul_mod, h]
