inductive Term where
  | lit (n : Int)
  | var (name : Nat)
  | times (a b : Term)

def eval (env : Nat → Int) : Term → Int
  | .lit n => n
  | .var x => env x
  | .times a b => eval env a * eval env b

def subst (name : Nat) (by' : Term) : Term → Term
  | .lit n => .lit n
  | .var x => if x = name then by' else .var x
  | .times a b => .times (subst name by' a) (subst name by' b)

def update (env : Nat → Int) (name : Nat) (value : Int) : Nat → Int :=
  fun x => if x = name then value else env x

/-- Substituting a term for a variable is the same as binding the variable to the term's value. -/
theorem substitution_lemma (env : Nat → Int) (name : Nat) (s t : Term) :
    eval env (subst name s t) = eval (update env name (eval env s)) t := by
  sorry
