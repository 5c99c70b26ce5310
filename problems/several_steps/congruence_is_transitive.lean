def Congruent (n a b : Int) : Prop := ∃ k, a - b = n * k

/-- Congruence modulo n is transitive. -/
theorem congruence_is_transitive (n a b c : Int) (h₁ : Congruent n a b) (h₂ : Congruent n b c) :
    Congruent n a c := by
  sorry
