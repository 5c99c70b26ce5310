/-- A sum of two squares never leaves remainder three modulo four. -/
theorem sums_of_two_squares_mod_four (a b : Nat) : (a * a + b * b) % 4 ≠ 3 := by
  sorry
