/-- Mapping and appending keep track of lengths. -/
theorem length_of_mapped_append (f : Nat → Int) (xs ys : List Nat) :
    ((xs ++ ys).map f).length = ys.length + xs.length := by
  sorry
