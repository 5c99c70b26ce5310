theorem not_euler_polynomial_is_prime : ¬ ∀ (n a b : Nat) (h : a * b = n * n + n + 41), a = 1 ∨ b = 1 := by
-- n = 40: the value is 41 * 41
  intro h
  exact absurd (h 40 41 41 (by decide)) (by decide)
