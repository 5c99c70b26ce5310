theorem not_negated_half : ¬ ∀ (a : Int), -a / 2 = -(a / 2) := by
-- a = 1: integer division rounds down, so the left side is -1 and the right side 0
  intro h
  exact absurd (h 1) (by decide)
