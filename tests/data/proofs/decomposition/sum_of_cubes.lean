def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

def sumCubes : Nat → Nat
  | 0 => 0
  | n + 1 => sumCubes n + (n + 1) ^ 3

/-- Nicomachus: the sum of the first n cubes is the square of the sum of the first n numbers. -/
theorem sum_of_cubes (n : Nat) : sumCubes n = sumTo n ^ 2 := by
  have closed : ∀ n, 2 * sumTo n = n * (n + 1) := by
    intro n
    induction n with
    | zero => simp [sumTo]
    | succ n ih => grind [sumTo]
  induction n with
  | zero => simp [sumTo, sumCubes]
  | succ n ih => grind [sumTo, sumCubes]
