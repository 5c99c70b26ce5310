def insert (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: insert x ys

def sort : List Nat → List Nat
  | [] => []
  | x :: xs => insert x (sort xs)

def count (x : Nat) : List Nat → Nat
  | [] => 0
  | y :: ys => if x = y then count x ys + 1 else count x ys

/-- Insertion sort neither loses nor invents anything. -/
theorem insertion_sort_counts (x : Nat) (xs : List Nat) : count x (sort xs) = count x xs := by
  have inserted : ∀ y ys, count x (insert y ys) = count x (y :: ys) := by
    intro y ys
    induction ys with
    | nil => simp [insert]
    | cons z zs ih => grind [insert, count]
  induction xs with
  | nil => simp [sort]
  | cons y ys ih => simp [sort, inserted, count, ih]
