/-- A product of three consecutive numbers is divisible by six. -/
theorem three_consecutive_numbers (n : Nat) : n * (n + 1) * (n + 2) % 6 = 0 := by
  have h : n % 6 = 0 ∨ n % 6 = 1 ∨ n % 6 = 2 ∨ n % 6 = 3 ∨ n % 6 = 4 ∨ n % 6 = 5 := by omega
  rcases h with h | h | h | h | h | h <;> simp [Nat.mul_mod, Nat.add_mod, h]
