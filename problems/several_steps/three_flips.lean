/-- Applying a function on bits three times is the same as applying it once. -/
theorem three_flips (f : Bool → Bool) (b : Bool) : f (f (f b)) = f b := by
  sorry
