inductive Tree where
  | leaf
  | node (left right : Tree)

def size : Tree → Nat
  | .leaf => 0
  | .node l r => size l + size r + 1

def height : Tree → Nat
  | .leaf => 0
  | .node l r => max (height l) (height r) + 1

/-- A binary tree of height h has fewer than 2 ^ h inner nodes. -/
theorem size_bounded_by_height (t : Tree) : size t < 2 ^ height t := by
  sorry
