/-- 1 + 2 + ... + n -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

/-- Twice the sum of the first n numbers is n(n + 1). -/
theorem triangular_numbers (n : Nat) : 2 * sumTo n = n * (n + 1) := by
  sorry
