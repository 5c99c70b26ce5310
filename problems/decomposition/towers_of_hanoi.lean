/-- Moves that the recursive strategy needs for n discs. -/
def moves : Nat → Nat
  | 0 => 0
  | n + 1 => moves n + 1 + moves n

/-- The towers of Hanoi are moved in 2 ^ n - 1 steps. -/
theorem towers_of_hanoi (n : Nat) : moves n + 1 = 2 ^ n := by
  sorry
