inductive Tree where
  | leaf
  | node (left right : Tree)

def size : Tree → Nat
  | .leaf => 0
  | .node l r => size l + size r + 1

def height : Tree → Nat
  | .leaf => 0
  | .node l r => max (height l) (height r) + 1

/-- A binary tree is at most as high as it has inner nodes. -/
theorem height_at_most_size (t : Tree) : height t ≤ size t := by
  sorry
