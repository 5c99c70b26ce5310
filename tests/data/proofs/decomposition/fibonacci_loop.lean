def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

def fibLoop : Nat → Nat → Nat → Nat
  | 0, a, _ => a
  | n + 1, a, b => fibLoop n b (a + b)

/-- The linear loop computes the Fibonacci numbers. -/
theorem fibonacci_loop (n : Nat) : fibLoop n 0 1 = fib n := by
  have general : ∀ n k, fibLoop n (fib k) (fib (k + 1)) = fib (k + n) := by
    intro n
    induction n with
    | zero => simp [fibLoop]
    | succ n ih =>
      intro k
      have := ih (k + 1)
      simp only [fib] at this
      simp only [fibLoop, this]
      congr 1
      omega
  have := general n 0
  simpa [fib] using this
