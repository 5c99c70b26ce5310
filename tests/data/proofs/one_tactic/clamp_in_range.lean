def clamp (low high x : Int) : Int := if x < low then low else if high < x then high else x

/-- A clamped value lies in the range, whenever the range is not empty. -/
theorem clamp_in_range (low high x : Int) (h : low ≤ high) :
    low ≤ clamp low high x ∧ clamp low high x ≤ high := by
  grind [clamp]
