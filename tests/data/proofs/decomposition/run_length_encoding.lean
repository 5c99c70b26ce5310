def push (x : Nat) : List (Nat × Nat) → List (Nat × Nat)
  | [] => [(x, 0)]
  | (y, n) :: rest => if x = y then (y, n + 1) :: rest else (x, 0) :: (y, n) :: rest

def encode : List Nat → List (Nat × Nat)
  | [] => []
  | x :: xs => push x (encode xs)

/-- One more than n copies of x, followed by the rest. -/
def copies (x : Nat) (rest : List Nat) : Nat → List Nat
  | 0 => x :: rest
  | n + 1 => x :: copies x rest n

def decode : List (Nat × Nat) → List Nat
  | [] => []
  | (x, n) :: rest => copies x (decode rest) n

/-- Decoding a run-length encoded list gives the list back. -/
theorem run_length_encoding (xs : List Nat) : decode (encode xs) = xs := by
  have pushed : ∀ x code, decode (push x code) = x :: decode code := by
    intro x code
    cases code with
    | nil => simp [push, decode, copies]
    | cons head rest => grind [push, decode, copies]
  induction xs with
  | nil => simp [encode, decode]
  | cons x xs ih => simp [encode, pushed, ih]
