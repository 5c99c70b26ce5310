def total : Nat → Nat
  | 0 => 0
  | n + 1 => total n + (n + 1)

theorem sum_to_5dd02e_1 : 2 * total 0 = 0 * (0 + 1) := by
  decide

theorem sum_to_5dd02e_2 (n1 : Nat) (ih1 : 2 * total n1 = n1 * (n1 + 1)) : 2 * total (n1 + 1) = (n1 + 1) * (n1 + 1 + 1) := by
  grind [total]

theorem sum_to (n : Nat) : 2 * total n = n * (n + 1) := by
  induction n with
  | zero => (exact @sum_to_5dd02e_1)
  | succ n1 ih1 => (exact @sum_to_5dd02e_2 n1 ih1)
