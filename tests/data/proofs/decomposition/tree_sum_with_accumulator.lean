inductive Tree where
  | leaf
  | node (left : Tree) (value : Int) (right : Tree)

def treeSum : Tree → Int
  | .leaf => 0
  | .node l v r => treeSum l + v + treeSum r

def treeSumAcc : Tree → Int → Int
  | .leaf, acc => acc
  | .node l v r, acc => treeSumAcc l (v + treeSumAcc r acc)

/-- Threading an accumulator through a tree adds up the same values. -/
theorem tree_sum_with_accumulator (t : Tree) : treeSumAcc t 0 = treeSum t := by
  have general : ∀ t acc, treeSumAcc t acc = treeSum t + acc := by
    intro t
    induction t with
    | leaf => simp [treeSum, treeSumAcc]
    | node l v r ihl ihr => grind [treeSum, treeSumAcc]
  simp [general]
