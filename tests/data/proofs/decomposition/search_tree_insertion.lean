inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)

def put (x : Nat) : Tree → Tree
  | .leaf => .node .leaf x .leaf
  | .node l v r =>
    if x < v then .node (put x l) v r
    else if v < x then .node l v (put x r)
    else .node l v r

def contains (x : Nat) : Tree → Bool
  | .leaf => false
  | .node l v r => if x < v then contains x l else if v < x then contains x r else true

/-- Insertion into a search tree makes the new value found, and changes nothing else. -/
theorem search_tree_insertion (x y : Nat) (t : Tree) :
    contains y (put x t) = (y == x || contains y t) := by
  induction t with
  | leaf => grind [put, contains]
  | node l v r ihl ihr => grind [put, contains]
