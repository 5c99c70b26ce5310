def revAcc : List Nat → List Nat → List Nat
  | [], acc => acc
  | x :: xs, acc => revAcc xs (x :: acc)

/-- Moving the elements over to an accumulator, one by one, reverses a list. -/
theorem reverse_with_accumulator (xs : List Nat) : revAcc xs [] = xs.reverse := by
  sorry
