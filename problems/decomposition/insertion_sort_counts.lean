def put (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: put x ys

def sort : List Nat → List Nat
  | [] => []
  | x :: xs => put x (sort xs)

def count (x : Nat) : List Nat → Nat
  | [] => 0
  | y :: ys => if x = y then count x ys + 1 else count x ys

/-- Insertion sort neither loses nor invents anything. -/
theorem insertion_sort_counts (x : Nat) (xs : List Nat) : count x (sort xs) = count x xs := by
  sorry
