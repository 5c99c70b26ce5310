/-- 1 + 2 + ... + n -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

theorem triangular_numbers_5dd02e_1 : 2 * sumTo 0 = 0 * (0 + 1) := by
  rfl

theorem triangular_numbers_5dd02e_2 (n1 : Nat) (ih1 : 2 * sumTo n1 = n1 * (n1 + 1)) : 2 * sumTo (n1 + 1) = (n1 + 1) * (n1 + 1 + 1) := by
  simp [sumTo]
  grind

theorem triangular_numbers (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  induction n with
  | zero => (exact @triangular_numbers_5dd02e_1)
  | succ n1 ih1 => (exact @triangular_numbers_5dd02e_2 n1 ih1)
