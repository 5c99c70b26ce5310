def fib : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => fib n + fib (n + 1)

theorem not_fibonacci_grows_fast : ¬ ∀ (n : Nat), n ≤ fib n := by
-- n = 2: fib 2 = 1
  intro h
  exact absurd (h 2) (by decide)
