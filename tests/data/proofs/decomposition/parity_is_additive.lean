def isEven : Nat → Bool
  | 0 => true
  | n + 1 => !isEven n

/-- A sum is even exactly if both summands are even or both are odd. -/
theorem parity_is_additive (m n : Nat) : isEven (m + n) = (isEven m == isEven n) := by
  induction n with
  | zero => cases h : isEven m <;> simp [isEven, h]
  | succ n ih =>
    rw [← Nat.add_assoc]
    cases h : isEven m <;> cases k : isEven n <;> simp_all [isEven]
