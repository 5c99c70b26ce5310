/-- What most of three judges say. -/
def majority (a b c : Bool) : Bool := (a && b) || (b && c) || (a && c)

/-- The majority vote does not depend on the order of the judges. -/
theorem majority_is_symmetric :
    ∀ a b c : Bool, majority a b c = majority b a c ∧ majority a b c = majority c a b := by
  decide
