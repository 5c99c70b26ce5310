def swap (p : Nat × Bool) : Bool × Nat := (p.2, p.1)

def swapBack (p : Bool × Nat) : Nat × Bool := (p.2, p.1)

/-- Swapping the components of a pair and swapping back changes nothing. -/
theorem swap_is_involutive (p : Nat × Bool) : swapBack (swap p) = p := by
  rfl
