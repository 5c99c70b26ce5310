def largest : List Nat → Nat
  | [] => 0
  | x :: xs => if largest xs ≤ x then x else largest xs

/-- No member of a list exceeds its largest, which is a member of every list but the empty one. -/
theorem largest_of_a_list (xs : List Nat) :
    (∀ x ∈ xs, x ≤ largest xs) ∧ (xs = [] ∨ largest xs ∈ xs) := by
  sorry
