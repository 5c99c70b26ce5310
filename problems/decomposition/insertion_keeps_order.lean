def put (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: put x ys

def sorted : List Nat → Prop
  | [] => True
  | x :: xs => (∀ y ∈ xs, x ≤ y) ∧ sorted xs

/-- Inserting into a sorted list keeps it sorted. -/
theorem insertion_keeps_order (x : Nat) (xs : List Nat) (h : sorted xs) : sorted (put x xs) := by
  sorry
