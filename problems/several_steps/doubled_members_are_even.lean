/-- Every member of a list of doubles is even. -/
theorem doubled_members_are_even (xs : List Nat) : ∀ y ∈ xs.map (2 * ·), y % 2 = 0 := by
  sorry
