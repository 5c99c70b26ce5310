/-- A multiple of an even number is even. -/
theorem even_times_anything (a b : Nat) (h : ∃ k, a = 2 * k) : ∃ k, a * b = 2 * k := by
  obtain ⟨k, rfl⟩ := h
  exact ⟨k * b, by grind⟩
