def clamp (low high x : Int) : Int := if x < low then low else if high < x then high else x

theorem clamp_in_range (low high x : Int) (h : low ≤ high) :
    low ≤ clamp low high x ∧ clamp low high x ≤ high := by
  simp [clamp]
  grind
