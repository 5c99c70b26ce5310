/-- No barber shaves exactly those who do not shave themselves. -/
theorem barber_paradox {Villager : Type} (Shaves : Villager → Villager → Prop) :
    ¬ ∃ barber, ∀ x, Shaves barber x ↔ ¬ Shaves x x := by
  sorry
