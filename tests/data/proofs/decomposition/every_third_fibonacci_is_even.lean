def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

/-- Every third Fibonacci number is even. -/
theorem every_third_fibonacci_is_even (n : Nat) : fib (3 * n) % 2 = 0 := by
  have both : fib (3 * n) % 2 = 0 ∧ fib (3 * n + 1) % 2 = 1 := by
    induction n with
    | zero => simp [fib]
    | succ n ih =>
      have h : 3 * (n + 1) = 3 * n + 3 := by omega
      simp only [h, fib]
      omega
  exact both.1
