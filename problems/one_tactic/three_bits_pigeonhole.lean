/-- Among three bits, two are equal. -/
theorem three_bits_pigeonhole : ∀ a b c : Bool, a = b ∨ b = c ∨ a = c := by
  sorry
