/-- A list followed by its mirror image reads the same from both ends. -/
theorem palindrome_by_reflection (xs : List Nat) :
    (xs ++ xs.reverse).reverse = xs ++ xs.reverse := by
  sorry
