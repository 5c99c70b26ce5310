def insert (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: insert x ys

def sorted : List Nat → Bool
  | [] => true
  | [_] => true
  | x :: y :: rest => x ≤ y && sorted (y :: rest)

theorem not_insertion_makes_order : ¬ ∀ (x : Nat) (xs : List Nat), sorted (insert x xs) = true := by
-- x = 0, xs = [2, 1]: the list has to be sorted before
  intro h
  exact absurd (h 0 [2, 1]) (by decide)
