theorem not_binary_search_midpoint : ¬ ∀ (low high : Nat) (h : low ≤ high), (low + high) / 2 < high := by
-- low = high = 0: the interval must not be empty
  intro h
  exact absurd (h 0 0 (by decide)) (by decide)
