/-- Every number that leaves remainder one modulo four is a sum of two squares. -/
theorem residue_one_is_enough (n : Nat) (h : n % 4 = 1) : ∃ a b : Nat, n = a * a + b * b := by
  sorry
