theorem not_squaring_keeps_order : ¬ ∀ (a b : Int) (h : a < b), a * a < b * b := by
-- a = -1, b = 0
  intro h
  exact absurd (h (-1) 0 (by decide)) (by decide)
