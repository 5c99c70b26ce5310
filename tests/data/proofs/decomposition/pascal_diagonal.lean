def choose : Nat → Nat → Nat
  | _, 0 => 1
  | 0, _ + 1 => 0
  | n + 1, k + 1 => choose n k + choose n (k + 1)

/-- The last entry of each row of Pascal's triangle is one. -/
theorem pascal_diagonal (n : Nat) : choose n n = 1 := by
  have beyond : ∀ n k, n < k → choose n k = 0 := by
    intro n
    induction n with
    | zero => intro k h; cases k <;> simp_all [choose]
    | succ n ih =>
      intro k h
      cases k with
      | zero => omega
      | succ k => simp [choose, ih k (by omega), ih (k + 1) (by omega)]
  induction n with
  | zero => simp [choose]
  | succ n ih => simp [choose, ih, beyond]
