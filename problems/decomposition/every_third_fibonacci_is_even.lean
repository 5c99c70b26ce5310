def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

/-- Every third Fibonacci number is even. -/
theorem every_third_fibonacci_is_even (n : Nat) : fib (3 * n) % 2 = 0 := by
  sorry
