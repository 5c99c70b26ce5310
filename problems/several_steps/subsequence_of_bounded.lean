/-- A sequence that never falls is bounded by any of its later values. -/
theorem subsequence_of_bounded (u : Nat → Int) (h : ∀ m n, m ≤ n → u m ≤ u n) (bound : Int)
    (often : ∀ n, ∃ m, n ≤ m ∧ u m ≤ bound) : ∀ n, u n ≤ bound := by
  sorry
