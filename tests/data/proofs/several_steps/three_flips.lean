/-- Applying a function on bits three times is the same as applying it once. -/
theorem three_flips (f : Bool → Bool) (b : Bool) : f (f (f b)) = f b := by
  cases b <;> cases h₁ : f true <;> cases h₀ : f false <;> simp [h₀, h₁]
