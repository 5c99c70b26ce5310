/-- Every postage from 8 to 29 can be paid in stamps of 3 and 5. -/
theorem stamps_below_thirty :
    ∀ n, n < 30 → 8 ≤ n → ∃ a, a < 11 ∧ ∃ b, b < 7 ∧ n = 3 * a + 5 * b := by
  sorry
