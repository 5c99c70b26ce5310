/-- What is in the filtered concatenation is in one of the lists and satisfies the test. -/
theorem member_of_filtered_append (x : Nat) (xs ys : List Nat) (p : Nat → Bool) :
    x ∈ (xs ++ ys).filter p ↔ (x ∈ xs ∨ x ∈ ys) ∧ p x = true := by
  grind
