/-- A number whose square is below 30 is at most five. -/
theorem integer_square_root_bound (n : Nat) (h : n * n < 30) : n ≤ 5 := by
  sorry
