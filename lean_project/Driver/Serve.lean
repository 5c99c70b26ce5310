module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta import Driver.Statement
public meta import Driver.Judge
public meta import Driver.Goal
public meta import Driver.Sketch
public meta import Driver.Trace
public meta import Driver.File
public meta import Driver.Tactics
public meta import Driver.Split
public meta import Driver.Premises
public meta section

/-! One JSON request to one JSON reply; see docs/protocol.md. -/
open Lean Elab Command Meta

namespace Driver

structure Session where
  store : IO.Ref Store
  states : IO.Ref States

def getString (j : Json) (key : String) : String :=
  match j.getObjVal? key with | .ok (.str s) => s | _ => ""

def getNat (j : Json) (key : String) : Nat :=
  match (j.getObjValAs? Nat key) with | .ok n => n | _ => 0

partial def lemmasFrom (a : Array Json) (i : Nat) : List (String × String) :=
  if h : i < a.size then (getString a[i] "statement", getString a[i] "body") :: lemmasFrom a (i + 1)
  else []

partial def natsFrom (a : Array Json) (i : Nat) : List Nat :=
  if h : i < a.size then
    match a[i].getNat? with
    | .ok n => n :: natsFrom a (i + 1)
    | _ => natsFrom a (i + 1)
  else []

def getArray (j : Json) (key : String) : Array Json :=
  match j.getObjVal? key with | .ok (.arr a) => a | _ => #[]

def ok (fields : List (String × Json)) : Json := Json.mkObj (("ok", Json.bool true) :: fields)

def fail (f : Failure) : Json :=
  Json.mkObj [("ok", Json.bool false), ("kind", Json.str f.kind), ("error", Json.str f.error)]

/-- Open the request's header and statement, or reply why that cannot be. -/
def withStatement (s : Session) (j : Json) (k : Header → Statement → IO Json) : IO Json := do
  match ← openHeader s.store (getString j "header") with
  | .error f => return fail f
  | .ok h =>
    match ← openStatement s.store h (getString j "statement") with
    | .error f => return fail f
    | .ok st => k h st

/-- The same for what comes with a candidate, to which the header's definitions must be unfoldable. -/
def withCandidate (s : Session) (j : Json) (k : Header → Statement → IO Json) : IO Json :=
  withStatement s j fun h st => do
    deriveOwed h
    k h st

def spent (start : Nat) : BaseIO Json := do
  let now ← IO.getNumHeartbeats
  return toJson ((now - start) / 1000)

partial def dropVars : Nat → List Var → List Var
  | 0, vs => vs
  | _, [] => []
  | n + 1, _ :: vs => dropVars n vs

def opStatement (h : Header) (s : Statement) : IO Json := do
  let o ← openForalls h.state s.type #[] {} [] []
  let fields ← goalFields h.state o s.type
  let intros := jsonArr (stringsJson (varNames (dropVars s.bound o.vars)))
  return ok (("name", Json.str (nameText s.name)) :: ("intros", intros) :: fields)

def opJudge (session : Session) (j : Json) (h : Header) (s : Statement) : IO Json := do
  let start ← IO.getNumHeartbeats
  let r ← judge h s (lemmasFrom (getArray j "lemmas") 0) (getString j "body") (getNat j "heartbeats")
  if r.verdict == "inconclusive" then forgetHeader session.store h.text
  return ok (("heartbeats", ← spent start) :: r.fields)

def opSketch (session : Session) (j : Json) (h : Header) (s : Statement) : IO Json := do
  let start ← IO.getNumHeartbeats
  match ← sketch h s (getString j "body") (getString j "prefix") (getNat j "heartbeats") with
  | .error r =>
    if r.verdict == "inconclusive" then forgetHeader session.store h.text
    return ok (("heartbeats", ← spent start) :: ("holes", Json.arr #[]) :: r.fields)
  | .ok holes =>
    let r : Judgement := { verdict := "proved" }
    return ok (("heartbeats", ← spent start) :: ("holes", jsonArr holes) :: r.fields)

def opTrace (session : Session) (j : Json) (h : Header) (s : Statement) : IO Json := do
  let start ← IO.getNumHeartbeats
  let lemmas := lemmasFrom (getArray j "lemmas") 0
  let (r, steps) ← trace h s lemmas (getString j "body") (getNat j "heartbeats")
  if r.verdict == "inconclusive" then forgetHeader session.store h.text
  return ok (("heartbeats", ← spent start) :: ("steps", jsonArr steps) :: r.fields)

def opFile (s : Session) (j : Json) : IO Json := do
  let store ← s.store.get
  let text := getString j "text"
  let heartbeats := getNat j "heartbeats"
  match ← startOf s.store text with
  | .error f => return fail f
  | .ok start =>
  match j.getObjVal? "against" with
  | .ok (.obj o) =>
    let a := Json.obj o
    match ← openHeader s.store (getString a "header") with
    | .error f => return fail f
    | .ok h =>
      match ← openStatement s.store h (getString a "statement") with
      | .error f => return fail f
      | .ok st =>
        judgeFile store.grammar start store.base.env text (getString a "header")
          (some (h.state.env, st)) heartbeats
  | _ => judgeFile store.grammar start store.base.env text "" none heartbeats

def opSplit (s : Session) (j : Json) : IO Json := do
  match ← openHeader s.store (getString j "header") with
  | .error f => return fail f
  | .ok h =>
    deriveOwed h
    match ← split h (getString j "statement") (getString j "text") with
    | .error f => return fail f
    | .ok parts => return parts

def keepState (s : Session) (scope : Command.State) (core : Core.State) (ms : Meta.State)
    (goals : List MVarId) (texts : List String) : IO Json := do
  let all ← s.states.get
  -- A Lean laid anew counts from elsewhere: an old handle must not name a new state.
  let now ← IO.monoNanosNow
  let all := if all.next == 1 then { all with next := now % 1000000007 * 1000 + 1 } else all
  let kept : TacticState := { id := all.next, scope, core, metaState := ms, goals }
  s.states.set { next := all.next + 1, all := kept :: all.all }
  return ok [("state", toJson kept.id), ("goals", jsonArr (stringsJson texts))]

def exceptionText (e : Exception) : BaseIO String := e.toMessageData.toString

def opStart (s : Session) (h : Header) (st : Statement) : IO Json := do
  let cctx ← coreContext h.state 200000 ""
  let act : MetaM (MVarId × List String) := do
    let g ← startGoal st st.bound
    return (g, ← goalTexts [g])
  match ← onState cctx { env := h.state.env, ngen := h.state.ngen } {} act with
  | .ok ((g, texts), core, ms) => keepState s h.state core ms [g] texts
  | .error e => return fail ⟨"state", ← exceptionText e⟩

/-- What needs no proof worth the name: no `trivial`, which decides. -/
def trivialTactic : String := "(intros; first | rfl | assumption | contradiction)"

/-- Whether that closes it; no proof is made of it, so that nothing is elaborated or checked twice. -/
def opTrivial (session : Session) (h : Header) (st : Statement) : IO Json := do
  match Parser.runParserCategory h.state.env `tactic trivialTactic "<tactic>" with
  | .error e => return fail ⟨"request", e⟩
  | .ok stx =>
    let cctx ← coreContext h.state 300 trivialTactic
    let act : MetaM Bool := do
      match ← runTactic stx (← startGoal st 0) with
      | [] => return true
      | _ => return false
    match ← onState cctx { env := h.state.env, ngen := h.state.ngen } {} act with
    | .ok (closed, _, _) => return ok [("trivial", Json.bool closed)]
    | .error e =>
      if e.isRuntime then forgetHeader session.store h.text
      return ok [("trivial", Json.bool false)]

def rejectStep (kind reason : String) : Json := ok (rejected kind reason).fields

def opStep (s : Session) (j : Json) : IO Json := do
  match findState (getNat j "state") (← s.states.get).all with
  | none => return fail ⟨"state", "no such state: it was freed or its Lean was restarted"⟩
  | some t =>
    match t.goals with
    | [] => return rejectStep "elaboration" "no goals"
    | g :: rest =>
      let text := getString j "tactic"
      match Parser.runParserCategory t.core.env `tactic text "<tactic>" with
      | .error e => return rejectStep "parse" e
      | .ok stx =>
        match gate (← s.store.get).grammar false stx with
        | some why => return rejectStep "gate" why
        | none =>
          let cctx ← coreContext t.scope (getNat j "heartbeats") text
          let act : MetaM (List MVarId × List String) := do
            let gs ← runTactic stx g
            let all := appendGoals gs rest
            return (all, ← goalTexts all)
          match ← onState cctx t.core t.metaState act with
          | .ok ((gs, texts), core, ms) => keepState s t.scope core ms gs texts
          | .error e => return rejectStep "elaboration" (← exceptionText e)

def opFree (s : Session) (j : Json) : IO Json := do
  let all ← s.states.get
  let left := dropStates (natsFrom (getArray j "states") 0) all.all
  s.states.set { all with all := left }
  return ok [("freed", toJson (countStates all.all 0 - countStates left 0))]

partial def stringsFrom (a : Array Json) (i : Nat) : List String :=
  if h : i < a.size then
    match a[i] with
    | .str t => t :: stringsFrom a (i + 1)
    | _ => stringsFrom a (i + 1)
  else []

/-- Only what was imported: the same for every header. -/
def opPremises (s : Session) (j : Json) : IO Json := do
  return listPremises (← s.store.get).base.env (getNat j "from")

def opSignatures (s : Session) (j : Json) : IO Json := do
  let texts ← signatures (← s.store.get).base (stringsFrom (getArray j "names") 0)
  return ok [("texts", jsonArr (stringsJson texts))]

def dispatch (s : Session) (j : Json) : IO Json := do
  match getString j "op" with
  | "ping" => return ok [("lean", Json.str Lean.versionString)]
  | "statement" => withStatement s j opStatement
  | "trivial" => withStatement s j (opTrivial s)
  | "judge" => withCandidate s j (opJudge s j)
  | "sketch" => withCandidate s j (opSketch s j)
  | "trace" => withCandidate s j (opTrace s j)
  | "file" => opFile s j
  | "split" => opSplit s j
  | "premises" => opPremises s j
  | "signatures" => opSignatures s j
  | "goal.start" => withCandidate s j (opStart s)
  | "goal.step" => opStep s j
  | "goal.free" => opFree s j
  | other => return fail ⟨"request", s!"unknown op `{other}`"⟩

/-- One line in, one line out, the request's id in it. -/
def handle (s : Session) (line : String) : BaseIO String := do
  match Json.parse line with
  | .error e => return (fail ⟨"request", e⟩).compress
  | .ok j =>
    let id := Json.str (getString j "id")
    match ← (dispatch s j).toBaseIO with
    | .ok r => return (r.setObjVal! "id" id).compress
    | .error e => return ((fail ⟨"request", e.toString⟩).setObjVal! "id" id).compress

def newSession (env : Environment) (scope : String) : IO Session := do
  let base ← baseState env scope
  let store ← IO.mkRef { base, grammar := newGrammar base.env, headers := [] }
  let states ← IO.mkRef { next := 1, all := [] }
  return { store, states }

end Driver
end
