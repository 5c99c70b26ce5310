/-- The value of a binary number whose lowest digit comes first. -/
def value : List Bool → Nat
  | [] => 0
  | b :: bs => (if b then 1 else 0) + 2 * value bs

def increment : List Bool → List Bool
  | [] => [true]
  | false :: bs => true :: bs
  | true :: bs => false :: increment bs

/-- Incrementing a binary number adds one to its value. -/
theorem binary_increment (bs : List Bool) : value (increment bs) = value bs + 1 := by
  sorry
