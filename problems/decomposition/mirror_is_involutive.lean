inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)

def mirror : Tree → Tree
  | .leaf => .leaf
  | .node l v r => .node (mirror r) v (mirror l)

/-- The mirror image of the mirror image of a tree is the tree. -/
theorem mirror_is_involutive (t : Tree) : mirror (mirror t) = t := by
  sorry
