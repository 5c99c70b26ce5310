/-- The list with one more element at its end. -/
def snoc : List Nat → Nat → List Nat
  | [], y => [y]
  | x :: xs, y => x :: snoc xs y

def rev : List Nat → List Nat
  | [] => []
  | x :: xs => snoc (rev xs) x

/-- Reversing twice gives the list back. -/
theorem reverse_twice (xs : List Nat) : rev (rev xs) = xs := by
  have last : ∀ ys x, rev (snoc ys x) = x :: rev ys := by
    intro ys x
    induction ys with
    | nil => simp [rev, snoc]
    | cons y ys ih => simp [rev, snoc, ih]
  induction xs with
  | nil => simp [rev]
  | cons x xs ih => simp [rev, last, ih]
