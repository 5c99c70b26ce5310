def Divides (a b : Nat) : Prop := ∃ k, b = a * k

/-- Divisibility is transitive. -/
theorem divides_is_transitive (a b c : Nat) (h₁ : Divides a b) (h₂ : Divides b c) :
    Divides a c := by
  sorry
