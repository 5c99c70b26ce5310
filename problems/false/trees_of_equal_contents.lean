inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)
  deriving DecidableEq

/-- The values of a tree from left to right, followed by the rest. -/
def flatten : Tree → List Nat → List Nat
  | .leaf, rest => rest
  | .node l v r, rest => flatten l (v :: flatten r rest)

/-- Two trees with the same values in the same order are the same tree. -/
theorem trees_of_equal_contents (s t : Tree) (h : flatten s [] = flatten t []) : s = t := by
  sorry
