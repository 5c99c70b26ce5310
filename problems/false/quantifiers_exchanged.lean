/-- If everyone is related to someone, there is someone to whom everyone is related. -/
theorem quantifiers_exchanged (R : Nat → Nat → Prop) (h : ∀ x, ∃ y, R x y) : ∃ y, ∀ x, R x y := by
  sorry
