/-- Dividing by a positive number and multiplying by it again changes nothing. -/
theorem divide_then_multiply (a b : Nat) (h : 0 < b) : a / b * b = a := by
  sorry
