/-- In a group, the inverse of a product is the product of the inverses in reverse. -/
theorem inverse_of_product {G : Type} (mul : G → G → G) (e : G) (inv : G → G)
    (assoc : ∀ x y z, mul (mul x y) z = mul x (mul y z)) (one_mul : ∀ x, mul e x = x)
    (mul_one : ∀ x, mul x e = x) (inv_mul : ∀ x, mul (inv x) x = e)
    (mul_inv : ∀ x, mul x (inv x) = e) (a b : G) :
    inv (mul a b) = mul (inv b) (inv a) := by
  sorry
