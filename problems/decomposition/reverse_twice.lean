/-- The list with one more element at its end. -/
def snoc : List Nat → Nat → List Nat
  | [], y => [y]
  | x :: xs, y => x :: snoc xs y

def rev : List Nat → List Nat
  | [] => []
  | x :: xs => snoc (rev xs) x

/-- Reversing twice gives the list back. -/
theorem reverse_twice (xs : List Nat) : rev (rev xs) = xs := by
  sorry
