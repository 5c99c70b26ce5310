theorem lt_step (a b : Nat) (h : a < b) : a + 1 ≤ b := by
  omega
