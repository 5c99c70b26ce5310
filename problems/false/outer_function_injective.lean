def Injective (f : Nat → Nat) : Prop := ∀ x y, f x = f y → x = y

/-- If a composition is injective, so is the function applied last. -/
theorem outer_function_injective (f g : Nat → Nat) (h : Injective (fun x => g (f x))) :
    Injective g := by
  sorry
