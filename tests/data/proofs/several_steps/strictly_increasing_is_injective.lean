/-- A strictly increasing function takes no value twice. -/
theorem strictly_increasing_is_injective (f : Nat → Nat) (h : ∀ a b, a < b → f a < f b) :
    ∀ a b, f a = f b → a = b := by
  intro a b hab
  rcases Nat.lt_trichotomy a b with lt | eq | gt
  · have := h a b lt
    omega
  · exact eq
  · have := h b a gt
    omega
