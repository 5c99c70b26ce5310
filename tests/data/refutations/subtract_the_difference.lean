theorem not_subtract_the_difference : ¬ ∀ (a b : Nat), a - (a - b) = b := by
-- a = 0, b = 1
  intro h
  exact absurd (h 0 1) (by decide)
