/-- Cantor's diagonal: no sequence lists every sequence of bits. -/
theorem cantor_diagonal (rows : Nat → Nat → Bool) : ∃ s : Nat → Bool, ∀ n, rows n ≠ s := by
  refine ⟨fun n => !rows n n, fun n h => ?_⟩
  have := congrFun h n
  simp at this
