/-- Every postage of at least 8 can be paid in stamps of 3 and 5. -/
theorem pay_in_threes_and_fives (n : Nat) (h : 8 ≤ n) : ∃ a b : Nat, n = 3 * a + 5 * b := by
  sorry
