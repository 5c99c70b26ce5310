def largest : List Nat → Nat
  | [] => 0
  | x :: xs => if largest xs ≤ x then x else largest xs

/-- The largest element of a list is one of its members. -/
theorem largest_is_a_member (xs : List Nat) : largest xs ∈ xs := by
  sorry
