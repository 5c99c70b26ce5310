/-- If three and five applications of f both return to a, so does one. -/
theorem orbit_of_three_and_five (f : Nat → Nat) (a : Nat) (h₃ : f (f (f a)) = a)
    (h₅ : f (f (f (f (f a)))) = a) : f a = a := by
  grind
