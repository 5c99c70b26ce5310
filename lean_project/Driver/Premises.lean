module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Goal
public meta section

/-!
The library's theorems: what finding some for a goal needs of each, and their statements as text.

Pages go by modules, since the library has tens of thousands of theorems.
-/
open Lean Elab Command Meta

namespace Driver

/-- Theorems of one page at least, unless it is the last. -/
def premisesPage : Nat := 4000

/-- Last parts of names that Lean or an attribute made; people cite what these are made from. -/
def generated : List String :=
  ["sizeOf_spec", "eq_def", "induct", "induct_unfolding", "fun_cases", "fun_cases_unfolding",
   "congr_simp", "mutual_induct", "elim", "noConfusion", "brecOn_eq", "below", "inj"]

def isEquationName (s : String) : Bool :=
  s.startsWith "eq_" && match (s.drop 3).toNat? with | some _ => true | none => false

/-- Namespaces of what tactics and data structures are built from. -/
def inner : List String :=
  ["Internal", "Impl", "Tactic", "Simproc", "Linear", "Omega", "Normalize", "Raw₀"]

partial def hasInnerPart : Name → Bool
  | .str p t => memString t inner || hasInnerPart p
  | .num _ _ => true
  | .anonymous => false

/-- A constant's name without guillemets: there are hundreds of thousands to write. -/
partial def bareText : Name → String
  | .anonymous => ""
  | .str .anonymous s => s
  | .str p s => bareText p ++ "." ++ s
  | .num p n => bareText p ++ "." ++ toString n

partial def bareJson : List Name → List Json
  | [] => []
  | x :: xs => Json.str (bareText x) :: bareJson xs

/-- The metaprograms' own lemmas, which proofs by people do not name. -/
def ofMetaprograms (n : Name) : Bool :=
  match n.getRoot with | .str _ s => s == "Lean" || s == "Lake" | _ => false

def isCited (env : Environment) (n : Name) : Bool :=
  !(n.isInternalDetail || isPrivateName n || n.hasMacroScopes || ofMetaprograms n
    || hasInnerPart n
    || memString (lastPart n) generated || isEquationName (lastPart n)
    || (lastPart n).startsWith "inst" || (lastPart n).startsWith "match_"
    || !wasOriginallyTheorem env n || Linter.isDeprecated env n)

/-- How many explicit arguments nothing later depends on (hypotheses, mostly), and what follows. -/
partial def conclusionOf (e : Expr) (hypotheses : Nat) : Nat × Expr :=
  match e with
  | .forallE _ _ b bi =>
    let owed := match bi with | .default => !b.hasLooseBVar 0 | _ => false
    conclusionOf b (if owed then hypotheses + 1 else hypotheses)
  | .mdata _ e => conclusionOf e hypotheses
  | e => (hypotheses, e)

def premiseJson (ci : ConstantInfo) : Json :=
  let (hypotheses, c) := conclusionOf ci.type 0
  Json.arr #[Json.str (nameText ci.name), toJson hypotheses, Json.str (headOf c),
    jsonArr (bareJson c.getUsedConstants.toList),
    jsonArr (bareJson ci.type.getUsedConstants.toList)]

/-- An instance of a class that is a proposition is found by Lean itself. -/
def isInstanceOf (env : Environment) (e : Expr) : Bool :=
  match (conclusionOf e 0).2.getAppFn with | .const n _ => isClass env n | _ => true

partial def premisesOf (env : Environment) (m : ModuleData) (i : Nat)
    (acc : Array Json) : Array Json :=
  if h : i < m.constants.size then
    let ci := m.constants[i]
    let cited := isCited env ci.name && !isInstanceOf env ci.type
    premisesOf env m (i + 1) (if cited then acc.push (premiseJson ci) else acc)
  else acc

/-- Modules from the `i`-th until a page is full: its theorems, and the first module left out. -/
partial def premisesFrom (env : Environment) (i : Nat) (acc : Array Json) :
    Array Json × Nat :=
  if h : i < env.header.moduleData.size then
    if acc.size ≥ premisesPage then (acc, i) else
    let skipped := match env.header.moduleNames[i]? with
      | some n => ofMetaprograms n
      | none => true
    premisesFrom env (i + 1)
      (if skipped then acc else premisesOf env env.header.moduleData[i] 0 acc)
  else (acc, i)

def listPremises (env : Environment) (first : Nat) : Json :=
  let (page, next) := premisesFrom env first #[]
  Json.mkObj [("ok", Json.bool true), ("premises", Json.arr page), ("next", toJson next),
    ("modules", toJson env.header.moduleData.size)]

/-- Signatures as Lean prints them, `NAME binders : type`; empty for what it does not print. -/
partial def signatures (st : Command.State) : List String → BaseIO (List String)
  | [] => return []
  | n :: ns => do
    let opts := describeOptions st
    let text ← runMeta st opts do
      let f ← PrettyPrinter.ppSignature n.toName
      return f.fmt.pretty (width := 100)
    let text := match text with | .ok t => t | .error _ => ""
    return text :: (← signatures st ns)

end Driver
end
