/-- Reversing a concatenation reverses its parts. -/
theorem reverse_keeps_order_of_parts (xs ys : List Nat) :
    (xs ++ ys).reverse = xs.reverse ++ ys.reverse := by
  sorry
