theorem not_map_commutes_with_filter : ¬ ∀ (f : Nat → Nat) (p : Nat → Bool) (xs : List Nat), (xs.map f).filter p = (xs.filter p).map f := by
-- f adds one, p asks for zero, xs = [0]
  intro h
  exact absurd (h (· + 1) (· == 0) [0]) (by decide)
