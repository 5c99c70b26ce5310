/-- A common factor can be cancelled. -/
theorem cancel_a_factor (a b c : Nat) (h : a * c = b * c) : a = b := by
  sorry
