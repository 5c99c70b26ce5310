theorem not_rounding_up_is_one_more : ¬ ∀ (n : Nat), (n + 4) / 5 = n / 5 + 1 := by
-- n = 0: a multiple of five is not rounded at all
  intro h
  exact absurd (h 0) (by decide)
