/-- Euler's polynomial n² + n + 41 has only trivial factorisations. -/
theorem euler_polynomial_is_prime (n a b : Nat) (h : a * b = n * n + n + 41) : a = 1 ∨ b = 1 := by
  sorry
