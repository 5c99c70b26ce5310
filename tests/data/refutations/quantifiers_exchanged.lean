theorem not_quantifiers_exchanged : ¬ ∀ (R : Nat → Nat → Prop) (h : ∀ x, ∃ y, R x y), ∃ y, ∀ x, R x y := by
-- R is equality
  intro h
  obtain ⟨y, hy⟩ := h (· = ·) (fun x => ⟨x, rfl⟩)
  have := hy (y + 1)
  omega
