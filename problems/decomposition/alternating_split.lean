def evens : List Nat → List Nat
  | [] => []
  | [x] => [x]
  | x :: _ :: rest => x :: evens rest

def odds : List Nat → List Nat
  | [] => []
  | [_] => []
  | _ :: y :: rest => y :: odds rest

/-- Dealing out a list like cards gives two hands that together hold everything. -/
theorem alternating_split : ∀ xs : List Nat, (evens xs).length + (odds xs).length = xs.length := by
  sorry
