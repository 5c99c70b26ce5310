/-- The remainder of a product is the product of the remainders. -/
theorem remainder_of_a_product (a b n : Nat) (h : 0 < n) : a * b % n = (a % n) * (b % n) := by
  sorry
