/-- In every pub with a guest, there is one such that if they drink, everyone drinks. -/
theorem drinker_paradox {Guest : Type} (someone : Guest) (Drinks : Guest → Prop) :
    ∃ x, Drinks x → ∀ y, Drinks y := by
  by_cases h : ∃ x, ¬ Drinks x
  · obtain ⟨x, hx⟩ := h
    exact ⟨x, fun hx' => absurd hx' hx⟩
  · exact ⟨someone, fun _ y => Classical.byContradiction fun hy => h ⟨y, hy⟩⟩
