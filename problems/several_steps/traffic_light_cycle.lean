inductive Light where
  | green | amber | red

def next : Light → Light
  | .green => .amber
  | .amber => .red
  | .red => .green

/-- After three changes a traffic light shows what it showed before. -/
theorem traffic_light_cycle (l : Light) : next (next (next l)) = l := by
  sorry
