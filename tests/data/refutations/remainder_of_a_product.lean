theorem not_remainder_of_a_product : ¬ ∀ (a b n : Nat) (h : 0 < n), a * b % n = (a % n) * (b % n) := by
-- a = 2, b = 2, n = 3
  intro h
  exact absurd (h 2 2 3 (by decide)) (by decide)
