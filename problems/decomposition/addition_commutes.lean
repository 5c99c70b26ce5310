inductive N where
  | zero
  | succ (n : N)

def add : N → N → N
  | m, .zero => m
  | m, .succ n => .succ (add m n)

/-- Addition of unary numbers, defined by recursion on the right, is commutative. -/
theorem addition_commutes (m n : N) : add m n = add n m := by
  sorry
