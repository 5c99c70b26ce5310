inductive Expr where
  | lit (n : Int)
  | minus (a b : Expr)

def eval : Expr → Int
  | .lit n => n
  | .minus a b => eval a - eval b

inductive Instr where
  | push (n : Int)
  | sub

def step : Instr → List Int → List Int
  | .push n, s => n :: s
  | .sub, x :: y :: s => (x - y) :: s
  | _, s => s

def run : List Instr → List Int → List Int
  | [], s => s
  | i :: is, s => run is (step i s)

/-- The code for an expression, followed by more code. -/
def compile : Expr → List Instr → List Instr
  | .lit n, rest => .push n :: rest
  | .minus a b, rest => compile a (compile b (.sub :: rest))

/-- Running the compiled expression leaves its value on the stack. -/
theorem compiler_swaps_operands (e : Expr) : run (compile e []) [] = [eval e] := by
  sorry
