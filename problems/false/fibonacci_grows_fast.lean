def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

/-- From the start, each Fibonacci number is at least its index. -/
theorem fibonacci_grows_fast (n : Nat) : n ≤ fib n := by
  sorry
