/-- A test that some members pass and some fail keeps half of the list. -/
theorem filter_keeps_half (p : Nat → Bool) (xs : List Nat) (h₁ : ∃ x ∈ xs, p x = true)
    (h₂ : ∃ x ∈ xs, p x = false) : 2 * (xs.filter p).length = xs.length := by
  sorry
