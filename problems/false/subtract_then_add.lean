/-- Subtracting b from a and adding it again gives a. -/
theorem subtract_then_add (a b : Nat) : a - b + b = a := by
  sorry
