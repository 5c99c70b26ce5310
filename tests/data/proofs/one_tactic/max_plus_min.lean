/-- The larger and the smaller of two integers add up to their sum. -/
theorem max_plus_min (a b : Int) : max a b + min a b = a + b := by
  omega
