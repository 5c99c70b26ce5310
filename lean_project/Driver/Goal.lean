module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Statement
public meta section

/-!
Closed goals: their text, their shape and their canonical key.

A goal's text must elaborate to the same type again, or nobody should spend effort on it: the
printer is asked for ever more explicit text until it does.
-/
open Lean Elab Command Meta

namespace Driver

/-- One leading `∀` of a closed type, opened: a fresh variable with an accessible name. -/
structure Var where
  fvar : FVarId
  name : String
  type : Expr
  prop : Bool
  info : BinderInfo

structure Opened where
  lctx : LocalContext := {}
  vars : List Var := []
  target : Expr

instance : Inhabited Opened := ⟨{ target := .bvar 0 }⟩

def runMetaIn {α : Type} (st : Command.State) (opts : Options) (lctx : LocalContext)
    (act : MetaM α) : BaseIO (Except Exception α) :=
  runMeta st opts fun ctx => act { ctx with lctx := lctx }

/-- Heartbeats that printing or comparing one goal may take, in thousands. -/
def describeHeartbeats : Nat := 50000

def describeOptions (st : Command.State) : Options :=
  maxHeartbeats.set (currentOptions st) describeHeartbeats

def lastPart : Name → String
  | .str _ s => s
  | _ => ""

def isAccessible (s : String) : Bool :=
  s != "" && s != "this" && s != "_" && !s.startsWith "inst" && !s.contains '✝' && !s.contains '.'

partial def freshName (base : String) (used : List String) (i : Nat) : String :=
  let s := if i == 0 then base else s!"{base}_{i}"
  if memString s used then freshName base used (i + 1) else s

def binderName (n : Name) (prop : Bool) (used : List String) : String :=
  let s := if n.hasMacroScopes then "" else lastPart n
  freshName (if isAccessible s then s else if prop then "h" else "x") used 0

partial def reverseVars : List Var → List Var → List Var
  | [], acc => acc
  | v :: vs, acc => reverseVars vs (v :: acc)

partial def varNames : List Var → List String
  | [] => []
  | v :: vs => v.name :: varNames vs

/-- `Meta.isProp`, which has no code to call from here. -/
def isProposition (type : Expr) : MetaM Bool := do
  let s ← whnf (← inferType type)
  return s.isProp

/-- Open every leading `∀` of a closed type. -/
partial def openForalls (st : Command.State) (e : Expr) (fvars : Array Expr) (lctx : LocalContext)
    (used : List String) (acc : List Var) : BaseIO Opened := do
  match e with
  | .forallE n t b bi =>
    let type := t.instantiateRev fvars
    let prop ← runMetaIn st (describeOptions st) lctx (isProposition type)
    let prop := match prop with | .ok p => p | .error _ => false
    let name := binderName n prop used
    let id : FVarId := ⟨.num `_driver fvars.size⟩
    let lctx := lctx.mkLocalDecl id (.mkSimple name) type bi
    let v : Var := { fvar := id, name, type, prop, info := bi }
    openForalls st b (fvars.push (.fvar id)) lctx (name :: used) (v :: acc)
  | .mdata _ e => openForalls st e fvars lctx used acc
  | e => return { lctx, vars := reverseVars acc [], target := e.instantiateRev fvars }

def headOf (e : Expr) : String :=
  match e.consumeMData.getAppFn with
  | .const n _ => nameText (privateToUserName n)
  | .forallE .. => "forall"
  | .sort .. => "Sort"
  | _ => ""

/-- How many of a constructor's fields have the inductive type itself as head. -/
partial def recursiveFields (ind : Name) (t : Expr) (skip n : Nat) : Nat :=
  match t with
  | .forallE _ d b _ =>
    if skip > 0 then recursiveFields ind b (skip - 1) n
    else recursiveFields ind b 0 (if d.getAppFn.constName? == some ind then n + 1 else n)
  | _ => n

partial def constructorsJson (env : Environment) (ind : Name) : List Name → List Json
  | [] => []
  | c :: cs =>
    match env.find? c with
    | some (.ctorInfo ci) =>
      let rec_ := recursiveFields ind ci.type ci.numParams 0
      Json.arr #[Json.str (lastPart c), toJson ci.numFields, toJson rec_] :: constructorsJson env ind cs
    | _ => constructorsJson env ind cs

/-- Constructors of a variable's inductive type; none for a proposition or another type. -/
def shapeOfType (env : Environment) (v : Var) : List Json :=
  if v.prop then [] else
  match v.type.getAppFn with
  | .const n _ => match env.find? n with
    | some (.inductInfo i) => constructorsJson env n i.ctors
    | _ => []
  | _ => []

def printIn (st : Command.State) (opts : Options) (lctx : LocalContext) (e : Expr) :
    BaseIO (Except Exception String) :=
  runMetaIn st opts lctx do
    let f ← ppExpr e
    return f.pretty (width := 100)

/-! ### Canonical key -/

partial def colourOf (f : FVarId) : List (FVarId × UInt64) → UInt64
  | [] => 11
  | (g, c) :: rest => if f == g then c else colourOf f rest

partial def levelsHash : List Level → UInt64
  | [] => 67
  | l :: ls => mixHash l.normalize.hash (levelsHash ls)

/-- A hash of an expression in which variables count by colour and bound names not at all. -/
partial def shapeHash (colours : List (FVarId × UInt64)) : Expr → UInt64
  | .bvar i => mixHash 2 (hash i)
  | .fvar f => mixHash 3 (colourOf f colours)
  | .sort l => mixHash 5 l.normalize.hash
  | .const n ls => mixHash 7 (mixHash n.hash (levelsHash ls))
  | .app f a => mixHash 13 (mixHash (shapeHash colours f) (shapeHash colours a))
  | .lam _ t b _ => mixHash 17 (mixHash (shapeHash colours t) (shapeHash colours b))
  | .forallE _ t b _ => mixHash 19 (mixHash (shapeHash colours t) (shapeHash colours b))
  | .letE _ t v b _ =>
    mixHash 23 (mixHash (shapeHash colours t) (mixHash (shapeHash colours v) (shapeHash colours b)))
  | .lit l => mixHash 29 l.hash
  | .mdata _ e => shapeHash colours e
  | .proj n i e => mixHash 31 (mixHash n.hash (mixHash (hash i) (shapeHash colours e)))
  | .mvar _ => 37

partial def occursIn (f : FVarId) : List Var → Bool
  | [] => false
  | v :: vs => v.type.containsFVar f || occursIn f vs

partial def typeSeen (t : Expr) : List Var → Bool
  | [] => false
  | v :: vs => v.type == t || typeSeen t vs

/-- Drop data that nothing mentions and hypotheses that say the same twice. -/
partial def pruneVars (target : Expr) : List Var → List Var → List Var
  | [], kept => reverseVars kept []
  | v :: vs, kept =>
    let unused := !v.prop && !target.containsFVar v.fvar && !occursIn v.fvar vs
    if unused || (v.prop && typeSeen v.type kept) then pruneVars target vs kept
    else pruneVars target vs (v :: kept)

partial def occurrences (f : FVarId) (colours : List (FVarId × UInt64)) : List Var → UInt64
  | [] => 0
  | v :: vs =>
    let rest := occurrences f colours vs
    if v.type.containsFVar f then rest + mixHash 41 (shapeHash ((f, 43) :: colours) v.type) else rest

partial def recolour (all : List Var) (target : Expr) (colours : List (FVarId × UInt64)) :
    List Var → List (FVarId × UInt64)
  | [] => []
  | v :: vs =>
    let own := shapeHash colours v.type
    let inTarget := if target.containsFVar v.fvar
      then shapeHash ((v.fvar, 43) :: colours) target else 47
    let c := mixHash own (mixHash inTarget (occurrences v.fvar colours all))
    (v.fvar, c) :: recolour all target colours vs

partial def dependsOnAny (t : Expr) : List Var → Bool
  | [] => false
  | v :: vs => t.containsFVar v.fvar || dependsOnAny t vs

/-- The variable to be numbered next; with a tie, there was another one that could have been. -/
structure Pick where
  var : Var
  colour : UInt64
  type : UInt64
  tie : Bool

/-- The variable of least colour whose type needs none of the others. -/
partial def nextVar (colours numbers : List (FVarId × UInt64)) (all : List Var) :
    List Var → Option Pick → Option Pick
  | [], best => best
  | v :: vs, best =>
    if dependsOnAny v.type all then nextVar colours numbers all vs best else
    let c := colourOf v.fvar colours
    let t := shapeHash numbers v.type
    let mine : Pick := { var := v, colour := c, type := t, tie := false }
    match best with
    | none => nextVar colours numbers all vs (some mine)
    | some b =>
      let pick := if c < b.colour || (c == b.colour && t < b.type) then mine
        else if c == b.colour && t == b.type then { b with tie := true } else b
      nextVar colours numbers all vs (some pick)

partial def removeVar (f : FVarId) : List Var → List Var
  | [] => []
  | v :: vs => if v.fvar == f then vs else v :: removeVar f vs

partial def appendColours : List (FVarId × UInt64) → List (FVarId × UInt64) → List (FVarId × UInt64)
  | [], b => b
  | x :: xs, b => x :: appendColours xs b

/-- Colours that tell apart what three steps tell apart. -/
def refine (all : List Var) (target : Expr) (fixed colours : List (FVarId × UInt64)) :
    List (FVarId × UInt64) :=
  let c1 := appendColours fixed (recolour all target (appendColours fixed colours) all)
  let c2 := appendColours fixed (recolour all target c1 all)
  appendColours fixed (recolour all target c2 all)

/--
Number variables in canonical order, then hash all types and the target under it. Where two are
alike, one is numbered, and that may tell others apart: `a` and `b` are alike under `a < b` and
`b < a`, the hypotheses are not once `a` has a number.
-/
partial def numberVars (all : List Var) (target : Expr) (colours : List (FVarId × UInt64))
    (todo : List Var) (numbers : List (FVarId × UInt64)) (i : UInt64) (acc : UInt64) :
    List (FVarId × UInt64) × UInt64 :=
  match nextVar colours numbers todo todo none with
  | none => (numbers, acc)
  | some p =>
    let numbers := (p.var.fvar, mixHash 53 i) :: numbers
    let colours := if p.tie then refine all target numbers colours else colours
    numberVars all target colours (removeVar p.var.fvar todo) numbers (i + 1) (mixHash acc p.type)

partial def numberedLevels : List Name → Nat → List Level
  | [], _ => []
  | _ :: ns, i => .param (.num `u i) :: numberedLevels ns (i + 1)

partial def withLevels (names : List Name) (levels : List Level) : List Var → List Var
  | [] => []
  | v :: vs =>
    { v with type := v.type.instantiateLevelParams names levels } :: withLevels names levels vs

/-- The same with universes numbered as they come up. -/
def numberLevels (o : Opened) (type : Expr) : Opened :=
  match (collectLevelParams {} type).params.toList with
  | [] => o
  | names =>
    let levels := numberedLevels names 1
    { o with vars := withLevels names levels o.vars,
             target := o.target.instantiateLevelParams names levels }

def canonicalKey (o : Opened) : String :=
  let vars := pruneVars o.target o.vars []
  let vars := pruneVars o.target vars []
  let colours := refine vars o.target [] []
  let (numbers, h) := numberVars vars o.target colours vars [] 1 59
  let h := mixHash h (shapeHash numbers o.target)
  let g := mixHash (shapeHash colours o.target) (mixHash 61 h)
  s!"{h.toNat}-{g.toNat}"

partial def dataVars : List Var → List Var
  | [] => []
  | v :: vs => if v.prop then dataVars vs else v :: dataVars vs

/-- The key of the target under its data alone: equal for goals that differ in hypotheses only. -/
def conclusionKey (o : Opened) : String := canonicalKey { o with vars := dataVars o.vars }

/-- A hash of a hypothesis in which all of the goal's variables are alike. -/
def hypothesisShape (type : Expr) : String := toString (shapeHash [] type).toNat

/-! ### Text -/

def openBracket (bi : BinderInfo) : String × String :=
  match bi with
  | .implicit => ("{", "}") | .strictImplicit => ("⦃", "⦄") | .instImplicit => ("[", "]")
  | .default => ("(", ")")

partial def bindersText (st : Command.State) (opts : Options) (o : Opened) :
    List Var → BaseIO (Except Exception String)
  | [] => return .ok ""
  | v :: vs => do
    match ← printIn st opts o.lctx v.type, ← bindersText st opts o vs with
    | .ok t, .ok rest =>
      let (l, r) := openBracket v.info
      return .ok s!" {l}{v.name} : {t}{r}{rest}"
    | .error e, _ => return .error e
    | _, .error e => return .error e

partial def levelsText : List Name → String
  | [] => ""
  | [n] => nameText n
  | n :: ns => nameText n ++ ", " ++ levelsText ns

def statementText (st : Command.State) (opts : Options) (name : String) (levels : List Name)
    (o : Opened) : BaseIO (Except Exception String) := do
  match ← bindersText st opts o o.vars, ← printIn st opts o.lctx o.target with
  | .ok bs, .ok t =>
    let ls := match levels with | [] => "" | _ => ".{" ++ levelsText levels ++ "}"
    return .ok s!"theorem {name}{ls}{bs} : {t}"
  | .error e, _ => return .error e
  | _, .error e => return .error e

/-- Ways to print, from the most readable to the most explicit. -/
def printings (o : Options) : List Options :=
  let a := o.setBool `pp.mvars true
  let b := (a.setBool `pp.funBinderTypes true).setBool `pp.numericTypes true
  let c := b.setBool `pp.coercions.types true |>.setBool `pp.analyze true
  [a, b, c, (a.setBool `pp.explicit true).setBool `pp.numericTypes true, a.setBool `pp.all true]

def withoutMData (e : Expr) : Expr :=
  e.replace fun
    | .mdata _ e' => some e'
    | _ => none

/-- Text that elaborates to `e` again (syntactically, up to bound names), or none. -/
partial def faithfulText (st : Command.State) (name : String) (levels : List Name) (o : Opened)
    (e : Expr) : List Options → IO (Option String)
  | [] => return none
  | opts :: rest => do
    match ← statementText st opts name levels o with
    | .error _ => faithfulText st name levels o e rest
    | .ok text =>
      match ← elaborateStatement st text with
      | .ok s =>
        if withoutMData s.type == e && s.levels == levels then return some text
        else faithfulText st name levels o e rest
      | .error _ => faithfulText st name levels o e rest

/-! ### Definitions of the header that a goal rests on -/

/-- What Lean defines beside every inductive type. -/
def companions : List String :=
  ["rec", "recOn", "casesOn", "brecOn", "below", "binductionOn", "ibelow", "noConfusion",
   "noConfusionType", "ctorIdx", "toCtorIdx", "ctorElim", "ctorElimType", "sizeOf_spec", "go"]

def isCompanion (env : Environment) (n : Name) : Bool :=
  memString (lastPart n) companions && match env.find? n.getPrefix with
    | some (.inductInfo _) => true
    | _ => match env.find? n.getPrefix.getPrefix with
      | some (.inductInfo _) => true
      | _ => false

def isLocalDefinition (env : Environment) (n : Name) : Bool :=
  if n.isInternalDetail || isCompanion env n then false else
  match env.getModuleIdxFor? n with
  | some _ => false
  | none => match env.find? n with
    | some (.defnInfo _) => true
    | _ => false

/-- Definitions reached from `todo` without going through an import, nearest first. -/
partial def definitionsFrom (env : Environment) (todo : List Name) (seen : NameSet)
    (acc : List Name) : List Name :=
  match todo with
  | [] => acc
  | n :: rest =>
    if seen.contains n then definitionsFrom env rest seen acc else
    let seen := seen.insert n
    match env.getModuleIdxFor? n, env.find? n with
    | none, some ci =>
      let acc := if isLocalDefinition env n then n :: acc else acc
      let inner := match ci.value? (allowOpaque := true) with
        | some v => v.getUsedConstants.toList
        | none => []
      definitionsFrom env (appendNames rest inner) seen acc
    | _, _ => definitionsFrom env rest seen acc

/-- Is one of them no import's? -/
partial def anyLocal (env : Environment) : List Name → Bool
  | [] => false
  | n :: ns => (env.getModuleIdxFor? n).isNone || anyLocal env ns

partial def reverseNames : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc => reverseNames ns (n :: acc)

partial def varsJson (st : Command.State) (o : Opened) : List Var → BaseIO (List Json)
  | [] => return []
  | v :: vs => do
    let type ← printIn st (describeOptions st) o.lctx v.type
    let type := match type with | .ok s => s | .error _ => "?"
    let j := Json.mkObj [("name", v.name), ("type", type), ("prop", Json.bool v.prop),
      ("head", headOf v.type), ("constructors", jsonArr (shapeOfType st.env v)),
      ("shape", if v.prop then hypothesisShape v.type else "")]
    return j :: (← varsJson st o vs)

/-- What a searcher wants to know of a closed goal. -/
def goalFields (st : Command.State) (o : Opened) (type : Expr) : BaseIO (List (String × Json)) := do
  let target ← printIn st (describeOptions st) o.lctx o.target
  let target := match target with | .ok s => s | .error _ => "?"
  let used := type.getUsedConstants.toList
  let n := numberLevels o type
  return [("key", Json.str (canonicalKey n)), ("conclusion", Json.str (conclusionKey n)),
    ("binders", jsonArr (← varsJson st o o.vars)),
    ("target", Json.str target), ("head", Json.str (headOf o.target)),
    ("constants", jsonArr (namesJson used)), ("scoped", Json.bool (anyLocal st.env used)),
    ("definitions", jsonArr (namesJson (reverseNames (definitionsFrom st.env used {} []) [])))]

end Driver
end
