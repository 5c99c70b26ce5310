/-- 1 + 2 + ... + n -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

/-- The sum that young Gauss was asked for. -/
theorem gauss_hundred : sumTo 100 = 5050 := by
  sorry
