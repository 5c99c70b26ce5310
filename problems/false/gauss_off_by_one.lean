/-- 1 + 2 + ... + n -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

/-- Twice the sum of the numbers up to n is n(n - 1). -/
theorem gauss_off_by_one (n : Nat) : 2 * sumTo n = n * (n - 1) := by
  sorry
