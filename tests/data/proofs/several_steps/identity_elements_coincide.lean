/-- A left and a right identity of the same operation are equal. -/
theorem identity_elements_coincide {α : Type} (op : α → α → α) (e f : α)
    (left : ∀ x, op e x = x) (right : ∀ x, op x f = x) : e = f := by
  rw [← left f]
  exact (right e).symm
