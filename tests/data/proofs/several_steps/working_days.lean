inductive Day where
  | mon | tue | wed | thu | fri | sat | sun
  deriving DecidableEq

def nextDay : Day → Day
  | .mon => .tue
  | .tue => .wed
  | .wed => .thu
  | .thu => .fri
  | .fri => .sat
  | .sat => .sun
  | .sun => .mon

def nextWorkingDay : Day → Day
  | .fri => .mon
  | .sat => .mon
  | d => nextDay d

def isWeekend (d : Day) : Bool := d = .sat || d = .sun

/-- The next working day is never in the weekend. -/
theorem working_days (d : Day) : isWeekend (nextWorkingDay d) = false := by
  cases d <;> rfl
