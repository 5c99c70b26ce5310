def put (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: put x ys

def sorted : List Nat → Prop
  | [] => True
  | x :: xs => (∀ y ∈ xs, x ≤ y) ∧ sorted xs

/-- Inserting into a sorted list keeps it sorted. -/
theorem insertion_keeps_order (x : Nat) (xs : List Nat) (h : sorted xs) : sorted (put x xs) := by
  have members : ∀ x y xs, y ∈ put x xs → y = x ∨ y ∈ xs := by
    intro x y xs
    induction xs with
    | nil => simp [put]
    | cons z zs ih => grind [put]
  induction xs with
  | nil => simp [put, sorted]
  | cons y ys ih => grind [put, sorted]
