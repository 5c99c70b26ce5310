/-- A list of length two consists of two elements. -/
theorem list_of_length_two (xs : List Nat) (h : xs.length = 2) : ∃ a b, xs = [a, b] := by
  sorry
