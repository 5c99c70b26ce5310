inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)

def mirror : Tree → Tree
  | .leaf => .leaf
  | .node l v r => .node (mirror r) v (mirror l)

theorem mirror_is_involutive_1e03df_1 : mirror (mirror Tree.leaf) = Tree.leaf := by
  rfl

theorem mirror_is_involutive (t : Tree) : mirror (mirror t) = t := by
  induction t with
  | leaf => (exact @mirror_is_involutive_1e03df_1)
  | node t1 t2 t3 ih1 ih2 =>
    simp only [mirror]
    try conv => rhs; rw [← ih1, ← ih2]
