def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

/-- fib 0 + fib 1 + ... + fib n -/
def sumFib : Nat → Nat
  | 0 => 0
  | n + 1 => sumFib n + fib (n + 1)

/-- The first Fibonacci numbers add up to one less than a later one. -/
theorem fibonacci_partial_sums (n : Nat) : sumFib n + 1 = fib (n + 2) := by
  induction n with
  | zero => simp [sumFib, fib]
  | succ n ih => grind [sumFib, fib]
