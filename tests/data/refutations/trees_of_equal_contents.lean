inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)
  deriving DecidableEq

/-- The values of a tree from left to right, followed by the rest. -/
def flatten : Tree → List Nat → List Nat
  | .leaf, rest => rest
  | .node l v r, rest => flatten l (v :: flatten r rest)

theorem not_trees_of_equal_contents : ¬ ∀ (s t : Tree) (h : flatten s [] = flatten t []), s = t := by
-- two chains of 0 and 1, one leaning left and one leaning right
  intro h
  exact absurd (h (.node .leaf 0 (.node .leaf 1 .leaf)) (.node (.node .leaf 0 .leaf) 1 .leaf)
    (by decide)) (by decide)
