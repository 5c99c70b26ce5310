inductive Expr where
  | lit (n : Int)
  | plus (a b : Expr)
  | times (a b : Expr)

def eval : Expr → Int
  | .lit n => n
  | .plus a b => eval a + eval b
  | .times a b => eval a * eval b

inductive Instr where
  | push (n : Int)
  | add
  | mul

def step : Instr → List Int → List Int
  | .push n, s => n :: s
  | .add, y :: x :: s => (x + y) :: s
  | .mul, y :: x :: s => (x * y) :: s
  | _, s => s

def run : List Instr → List Int → List Int
  | [], s => s
  | i :: is, s => run is (step i s)

/-- The code for an expression, followed by more code. -/
def compile : Expr → List Instr → List Instr
  | .lit n, rest => .push n :: rest
  | .plus a b, rest => compile a (compile b (.add :: rest))
  | .times a b, rest => compile a (compile b (.mul :: rest))

/-- Running the compiled expression leaves exactly its value on the stack. -/
theorem compiler_is_correct (e : Expr) : run (compile e []) [] = [eval e] := by
  sorry
