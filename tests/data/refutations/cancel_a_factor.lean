theorem not_cancel_a_factor : ¬ ∀ (a b c : Nat) (h : a * c = b * c), a = b := by
-- a = 0, b = 1, c = 0
  intro h
  exact absurd (h 0 1 0 (by decide)) (by decide)
