/-- A number is even exactly if its square is. -/
theorem even_square (n : Nat) : n * n % 2 = 0 ↔ n % 2 = 0 := by
  have h : n % 2 = 0 ∨ n % 2 = 1 := by omega
  constructor
  · intro k
    rcases h with h | h <;> simp_all [Nat.mul_mod]
  · intro k
    simp [Nat.mul_mod, k]
