/-- Adding the same key twice gives the message back. -/
theorem one_time_pad (message key : Bool) : ((message ^^ key) ^^ key) = message := by
  simp
