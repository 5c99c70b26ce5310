/-- One loop: while counting n down, add the counter's square to the sum. -/
def loop : Nat → Nat → Nat
  | 0, sum => sum
  | n + 1, sum => loop n (sum + (n + 1) * (n + 1))

/-- The loop that sums squares computes the well-known polynomial. -/
theorem squares_loop_invariant (n : Nat) : 6 * loop n 0 = n * (n + 1) * (2 * n + 1) := by
  sorry
