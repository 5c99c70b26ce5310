inductive Expr where
  | lit (n : Nat)
  | var (name : Nat)
  | plus (a b : Expr)

def eval (env : Nat → Nat) : Expr → Nat
  | .lit n => n
  | .var x => env x
  | .plus a b => eval env a + eval env b

def addFolded : Expr → Expr → Expr
  | .lit m, .lit n => .lit (m + n)
  | a, b => .plus a b

def fold : Expr → Expr
  | .lit n => .lit n
  | .var x => .var x
  | .plus a b => addFolded (fold a) (fold b)

/-- Folding constants does not change the value of an expression. -/
theorem constant_folding (env : Nat → Nat) (e : Expr) : eval env (fold e) = eval env e := by
  have added : ∀ a b, eval env (addFolded a b) = eval env a + eval env b := by
    intro a b
    cases a <;> cases b <;> simp [addFolded, eval]
  induction e with
  | lit n => simp [fold]
  | var x => simp [fold]
  | plus a b iha ihb => simp [fold, added, eval, iha, ihb]
