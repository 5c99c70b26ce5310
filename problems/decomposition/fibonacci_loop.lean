def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

def fibLoop : Nat → Nat → Nat → Nat
  | 0, a, _ => a
  | n + 1, a, b => fibLoop n b (a + b)

/-- The linear loop computes the Fibonacci numbers. -/
theorem fibonacci_loop (n : Nat) : fibLoop n 0 1 = fib n := by
  sorry
