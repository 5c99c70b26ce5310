/-- The system 2x + 3y = 13, 5x - y = 7 has exactly the solution (2, 3). -/
theorem linear_system (x y : Int) (h₁ : 2 * x + 3 * y = 13) (h₂ : 5 * x - y = 7) :
    x = 2 ∧ y = 3 := by
  omega
