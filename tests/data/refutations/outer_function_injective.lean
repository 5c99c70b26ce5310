def Injective (f : Nat → Nat) : Prop := ∀ x y, f x = f y → x = y

theorem not_outer_function_injective : ¬ ∀ (f g : Nat → Nat) (h : Injective (fun x => g (f x))), Injective g := by
-- f doubles and g halves: g 0 = g 1
  intro h
  have := h (2 * ·) (· / 2) (by intro x y; simp only; omega) 0 1 (by decide)
  omega
