/-- The binomial formula for the square of a sum. -/
theorem square_of_sum (x y : Int) : (x + y) ^ 2 = x ^ 2 + 2 * x * y + y ^ 2 := by
  grind
