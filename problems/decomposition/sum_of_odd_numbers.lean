/-- 1 + 3 + ... + (2n - 1) -/
def sumOdd : Nat → Nat
  | 0 => 0
  | n + 1 => sumOdd n + (2 * n + 1)

/-- The first n odd numbers add up to a square. -/
theorem sum_of_odd_numbers (n : Nat) : sumOdd n = n * n := by
  sorry
