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
  induction t with
  | leaf => simp [size, height]
  | node l r ihl ihr =>
    have hl : 2 ^ height l ≤ 2 ^ max (height l) (height r) :=
      Nat.pow_le_pow_right (by omega) (by omega)
    have hr : 2 ^ height r ≤ 2 ^ max (height l) (height r) :=
      Nat.pow_le_pow_right (by omega) (by omega)
    simp only [size, height, Nat.pow_succ]
    omega
