/-- A number is even exactly if its square is. -/
theorem even_square (n : Nat) : n * n % 2 = 0 ↔ n % 2 = 0 := by
  sorry
