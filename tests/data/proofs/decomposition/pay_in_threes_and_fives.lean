/-- Every postage of at least 8 can be paid in stamps of 3 and 5. -/
theorem pay_in_threes_and_fives (n : Nat) (h : 8 ≤ n) : ∃ a b : Nat, n = 3 * a + 5 * b := by
  have r : n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2 := by omega
  rcases r with r | r | r
  · exact ⟨n / 3, 0, by omega⟩
  · exact ⟨(n - 10) / 3, 2, by omega⟩
  · exact ⟨(n - 5) / 3, 1, by omega⟩
