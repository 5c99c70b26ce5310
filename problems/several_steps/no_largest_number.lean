/-- There is no largest natural number. -/
theorem no_largest_number : ¬ ∃ m : Nat, ∀ n : Nat, n ≤ m := by
  sorry
