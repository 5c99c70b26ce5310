theorem not_divide_then_multiply : ¬ ∀ (a b : Nat) (h : 0 < b), a / b * b = a := by
-- a = 1, b = 2: the quotient is rounded down
  intro h
  exact absurd (h 1 2 (by decide)) (by decide)
