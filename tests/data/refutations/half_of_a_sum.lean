theorem not_half_of_a_sum : ¬ ∀ (a b : Nat), (a + b) / 2 = a / 2 + b / 2 := by
-- a = 1, b = 1
  intro h
  exact absurd (h 1 1) (by decide)
