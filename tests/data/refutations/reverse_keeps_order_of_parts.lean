theorem not_reverse_keeps_order_of_parts : ¬ ∀ (xs ys : List Nat), (xs ++ ys).reverse = xs.reverse ++ ys.reverse := by
-- xs = [0], ys = [1]
  intro h
  exact absurd (h [0] [1]) (by decide)
