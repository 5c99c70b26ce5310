def largest : List Nat → Nat
  | [] => 0
  | x :: xs => if largest xs ≤ x then x else largest xs

theorem not_largest_is_a_member : ¬ ∀ (xs : List Nat), largest xs ∈ xs := by
-- xs = []
  intro h
  exact absurd (h []) (by decide)
