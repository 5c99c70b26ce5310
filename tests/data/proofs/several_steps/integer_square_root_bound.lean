/-- A number whose square is below 30 is at most five. -/
theorem integer_square_root_bound (n : Nat) (h : n * n < 30) : n ≤ 5 := by
  apply Nat.le_of_not_lt
  intro h6
  have := Nat.mul_le_mul (show 6 ≤ n from h6) (show 6 ≤ n from h6)
  omega
