def choose : Nat → Nat → Nat
  | _, 0 => 1
  | 0, _ + 1 => 0
  | n + 1, k + 1 => choose n k + choose n (k + 1)

/-- The last entry of each row of Pascal's triangle is one. -/
theorem pascal_diagonal (n : Nat) : choose n n = 1 := by
  sorry
