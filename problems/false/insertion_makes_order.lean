def insert (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: insert x ys

def sorted : List Nat → Bool
  | [] => true
  | [_] => true
  | x :: y :: rest => x ≤ y && sorted (y :: rest)

/-- Inserting an element in its place makes any list sorted. -/
theorem insertion_makes_order (x : Nat) (xs : List Nat) : sorted (insert x xs) = true := by
  sorry
