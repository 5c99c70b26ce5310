def fact : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * fact n

def factAcc : Nat → Nat → Nat
  | 0, acc => acc
  | n + 1, acc => factAcc n ((n + 1) * acc)

/-- The loop computes the factorial, whatever its accumulator starts from. -/
theorem factorial_with_accumulator (n acc : Nat) : factAcc n acc = fact n * acc := by
  sorry
