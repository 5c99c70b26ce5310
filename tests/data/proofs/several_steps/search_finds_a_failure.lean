/-- A test that does not pass everywhere fails somewhere. -/
theorem search_finds_a_failure (test : Nat → Bool) (h : ¬ ∀ n, test n = true) :
    ∃ n, test n = false := by
  apply Classical.byContradiction
  intro none
  apply h
  intro n
  cases hn : test n
  · exact absurd ⟨n, hn⟩ none
  · rfl
