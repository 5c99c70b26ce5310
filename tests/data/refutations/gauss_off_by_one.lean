/-- 1 + 2 + ... + n -/
def sumTo : Nat → Nat
  | 0 => 0
  | n + 1 => sumTo n + (n + 1)

theorem not_gauss_off_by_one : ¬ ∀ (n : Nat), 2 * sumTo n = n * (n - 1) := by
-- n = 1: the sum is 1
  intro h
  exact absurd (h 1) (by decide)
