/-- If adding one under an option gives four, there was a three. -/
theorem option_predecessor (o : Option Nat) (h : o.map (· + 1) = some 4) : o = some 3 := by
  sorry
