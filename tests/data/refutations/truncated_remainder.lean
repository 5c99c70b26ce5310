theorem not_truncated_remainder : ¬ ∀ (a b : Int) (h : 0 < b), 0 ≤ a.tmod b := by
-- a = -1, b = 2
  intro h
  exact absurd (h (-1) 2 (by decide)) (by decide)
