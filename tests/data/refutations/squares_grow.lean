theorem not_squares_grow : ¬ ∀ (n : Nat) (h : 0 < n), n < n * n := by
-- n = 1
  intro h
  exact absurd (h 1 (by decide)) (by decide)
