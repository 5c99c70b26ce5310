theorem not_take_gives_exactly : ¬ ∀ (n : Nat) (xs : List Nat), (xs.take n).length = n := by
-- n = 1, xs = []
  intro h
  exact absurd (h 1 []) (by decide)
