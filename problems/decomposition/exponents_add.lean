def power (b : Nat) : Nat → Nat
  | 0 => 1
  | n + 1 => b * power b n

/-- Exponents add up when powers are multiplied. -/
theorem exponents_add (b m n : Nat) : power b (m + n) = power b m * power b n := by
  sorry
