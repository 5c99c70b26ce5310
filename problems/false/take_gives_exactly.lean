/-- Taking n elements of a list gives a list of length n. -/
theorem take_gives_exactly (n : Nat) (xs : List Nat) : (xs.take n).length = n := by
  sorry
