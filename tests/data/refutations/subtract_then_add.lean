theorem not_subtract_then_add : ¬ ∀ (a b : Nat), a - b + b = a := by
-- a = 0, b = 1: natural subtraction stops at zero
  intro h
  exact absurd (h 0 1) (by decide)
