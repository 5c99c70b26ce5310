import Mathlib

/-! Built by `prover setup --native`: that this compiles shows that Mathlib can be imported. -/
example : (1 : ℝ) + 1 = 2 := by norm_num
