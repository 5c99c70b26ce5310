/-- The only two-digit number that is twice the product of its digits is 36. -/
theorem bounded_digit_puzzle (a b : Nat) (ha : 1 ≤ a ∧ a ≤ 9) (hb : b ≤ 9) :
    10 * a + b = 2 * (a * b) ↔ a = 3 ∧ b = 6 := by
  constructor
  · have all : ∀ a, a ≤ 9 → ∀ b, b ≤ 9 → 1 ≤ a → 10 * a + b = 2 * (a * b) → a = 3 ∧ b = 6 := by
      decide
    exact all a ha.2 b hb ha.1
  · intro ⟨h, k⟩
    subst h k
    decide
