def Increasing (f : Int → Int) : Prop := ∀ x y, x ≤ y → f x ≤ f y

def Decreasing (f : Int → Int) : Prop := ∀ x y, x ≤ y → f y ≤ f x

/-- A decreasing function applied twice is increasing. -/
theorem decreasing_twice_is_increasing (f : Int → Int) (h : Decreasing f) :
    Increasing (fun x => f (f x)) := by
  intro x y hxy
  exact h (f y) (f x) (h x y hxy)
