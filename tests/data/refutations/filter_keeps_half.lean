theorem not_filter_keeps_half : ¬ ∀ (p : Nat → Bool) (xs : List Nat) (h₁ : ∃ x ∈ xs, p x = true)
    (h₂ : ∃ x ∈ xs, p x = false), 2 * (xs.filter p).length = xs.length := by
-- xs = [0, 1, 2], p x says that x is zero
  intro h
  exact absurd (h (· == 0) [0, 1, 2] ⟨0, by decide⟩ ⟨1, by decide⟩) (by decide)
