/-- A sum of two cubes has a linear factor. -/
theorem sum_of_two_cubes (x y : Int) : x ^ 3 + y ^ 3 = (x + y) * (x ^ 2 - x * y + y ^ 2) := by
  sorry
