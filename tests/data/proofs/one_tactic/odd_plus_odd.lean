/-- The sum of two odd numbers is even. -/
theorem odd_plus_odd (a b : Nat) (ha : a % 2 = 1) (hb : b % 2 = 1) : (a + b) % 2 = 0 := by
  omega
