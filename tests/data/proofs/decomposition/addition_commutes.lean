inductive N where
  | zero
  | succ (n : N)

def add : N → N → N
  | m, .zero => m
  | m, .succ n => .succ (add m n)

/-- Addition of unary numbers, defined by recursion on the right, is commutative. -/
theorem addition_commutes (m n : N) : add m n = add n m := by
  have zero_add : ∀ n, add .zero n = n := by
    intro n
    induction n with
    | zero => simp [add]
    | succ n ih => simp [add, ih]
  have succ_add : ∀ m n, add (.succ m) n = .succ (add m n) := by
    intro m n
    induction n with
    | zero => simp [add]
    | succ n ih => simp [add, ih]
  induction n with
  | zero => simp [add, zero_add]
  | succ n ih => simp [add, succ_add, ih]
