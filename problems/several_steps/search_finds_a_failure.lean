/-- A test that does not pass everywhere fails somewhere. -/
theorem search_finds_a_failure (test : Nat → Bool) (h : ¬ ∀ n, test n = true) :
    ∃ n, test n = false := by
  sorry
