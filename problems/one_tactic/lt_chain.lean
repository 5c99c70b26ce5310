/-- If a is less than b and b is less than c, then c is at least a plus two. -/
theorem lt_chain (a b c : Nat) (h₁ : a < b) (h₂ : b < c) : a + 2 ≤ c := by
  sorry
