/-- Subtracting from a what is left of a without b gives b. -/
theorem subtract_the_difference (a b : Nat) : a - (a - b) = b := by
  sorry
