/-- A sequence that never falls is bounded by any of its later values. -/
theorem subsequence_of_bounded (u : Nat → Int) (h : ∀ m n, m ≤ n → u m ≤ u n) (bound : Int)
    (often : ∀ n, ∃ m, n ≤ m ∧ u m ≤ bound) : ∀ n, u n ≤ bound := by
  intro n
  obtain ⟨m, hm, hb⟩ := often n
  exact Int.le_trans (h n m hm) hb
