/-- Filtering and mapping can be exchanged. -/
theorem map_commutes_with_filter (f : Nat → Nat) (p : Nat → Bool) (xs : List Nat) :
    (xs.map f).filter p = (xs.filter p).map f := by
  sorry
