def isEven : Nat → Bool
  | 0 => true
  | n + 1 => !isEven n

/-- A sum is even exactly if both summands are even or both are odd. -/
theorem parity_is_additive (m n : Nat) : isEven (m + n) = (isEven m == isEven n) := by
  sorry
