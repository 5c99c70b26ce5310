/-- In every pub with a guest, there is one such that if they drink, everyone drinks. -/
theorem drinker_paradox {Guest : Type} (someone : Guest) (Drinks : Guest → Prop) :
    ∃ x, Drinks x → ∀ y, Drinks y := by
  sorry
