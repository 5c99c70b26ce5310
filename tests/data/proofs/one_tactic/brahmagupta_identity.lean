/-- A product of two sums of two squares is again a sum of two squares. -/
theorem brahmagupta_identity (a b c d : Int) :
    (a ^ 2 + b ^ 2) * (c ^ 2 + d ^ 2) = (a * c - b * d) ^ 2 + (a * d + b * c) ^ 2 := by
  grind
