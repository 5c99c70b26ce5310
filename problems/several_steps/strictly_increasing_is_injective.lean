/-- A strictly increasing function takes no value twice. -/
theorem strictly_increasing_is_injective (f : Nat → Nat) (h : ∀ a b, a < b → f a < f b) :
    ∀ a b, f a = f b → a = b := by
  sorry
