theorem not_residue_one_is_enough : ¬ ∀ (n : Nat) (h : n % 4 = 1), ∃ a b : Nat, n = a * a + b * b := by
-- n = 21: the converse of a true theorem
  intro h
  obtain ⟨a, b, hab⟩ := h 21 (by decide)
  have square : ∀ x y : Nat, 21 = x * x + y * y → x < 5 := by
    intro x y hxy
    apply Nat.lt_of_not_le
    intro h5
    have := Nat.mul_le_mul h5 h5
    omega
  have all : ∀ a, a < 5 → ∀ b, b < 5 → 21 ≠ a * a + b * b := by decide
  exact all a (square a b hab) b (square b a (by omega)) hab
