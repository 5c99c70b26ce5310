def isLeap (year : Nat) : Bool :=
  year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)

/-- 2000 and 2024 are leap years, 1900 and 2023 are not. -/
theorem leap_years : isLeap 2000 ∧ isLeap 2024 ∧ ¬ isLeap 1900 ∧ ¬ isLeap 2023 := by
  decide
