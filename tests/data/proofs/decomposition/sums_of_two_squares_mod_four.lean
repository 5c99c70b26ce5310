/-- A sum of two squares never leaves remainder three modulo four. -/
theorem sums_of_two_squares_mod_four (a b : Nat) : (a * a + b * b) % 4 ≠ 3 := by
  have ha : a % 4 = 0 ∨ a % 4 = 1 ∨ a % 4 = 2 ∨ a % 4 = 3 := by omega
  have hb : b % 4 = 0 ∨ b % 4 = 1 ∨ b % 4 = 2 ∨ b % 4 = 3 := by omega
  rcases ha with ha | ha | ha | ha <;> rcases hb with hb | hb | hb | hb <;>
    simp [Nat.add_mod, Nat.mul_mod, ha, hb]
