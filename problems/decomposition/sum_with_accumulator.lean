def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

def sumAcc : List Nat → Nat → Nat
  | [], acc => acc
  | x :: xs, acc => sumAcc xs (acc + x)

/-- Summing in a loop gives the same as summing by recursion. -/
theorem sum_with_accumulator (xs : List Nat) : sumAcc xs 0 = total xs := by
  sorry
