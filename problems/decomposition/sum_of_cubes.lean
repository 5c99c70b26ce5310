def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

def sumCubes : Nat → Nat
  | 0 => 0
  | n + 1 => sumCubes n + (n + 1) ^ 3

/-- Nicomachus: the sum of the first n cubes is the square of the sum of the first n numbers. -/
theorem sum_of_cubes (n : Nat) : sumCubes n = sumTo n ^ 2 := by
  sorry
