/-- A three-digit number and the sum of its digits leave the same remainder modulo nine. -/
theorem digits_of_multiples_of_nine (a b c : Nat) :
    (100 * a + 10 * b + c) % 9 = (a + b + c) % 9 := by
  sorry
