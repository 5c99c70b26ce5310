module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta import Driver.Body
public meta import Driver.Infos
public meta import Driver.Reuse
public meta import Driver.Statement
public meta section

/-! Tier 1: is this body a proof of that statement? -/
open Lean Elab Command Meta

namespace Driver

/-- A judgement from the first error, if there is one. -/
def judgeMessages (msgs : List Message) : IO (Option Judgement) := do
  match firstError msgs with
  | none => return none
  | some m =>
    let reason ← m.data.toString
    if anyHeartbeat msgs then
      return some { verdict := "inconclusive", kind := "heartbeats", reason,
                    line := m.pos.line, column := m.pos.column }
    return some { verdict := "rejected", kind := "elaboration", reason,
                  line := m.pos.line, column := m.pos.column }

def withFailing (j : Judgement) (made : Elaborated) (ictx : Parser.InputContext)
    (said : List Message) : BaseIO Judgement := do
  match firstError said with
  | none => return j
  | some m =>
    let p := (ictx.fileMap.ofPosition m.pos).byteIdx
    let failing ← failingAt made.state ictx j.reason p (made.infosAround p)
    return { j with failing }

/-- Elaborate a theorem with a body spliced in; the state after it, or why not. -/
def tryTheorem (g : Grammar) (st : Command.State) (cmd : Syntax) (body : String)
    (earlier : List Earlier) : IO (Option Earlier × Except Judgement Command.State) := do
  match parseBody g st false body with
  | .error j => return (none, .error j)
  | .ok stx =>
    let st := quiet st
    let st := { st with infoState := { st.infoState with enabled := true } }
    let made ← elaborateLike earlier body st (splice cmd stx)
    let said := made.state.messages.toList
    match ← judgeMessages said with
    | some j => return (made.earlier, .error (← withFailing j made (inputContext body) said))
    | none => return (made.earlier, .ok made.state)

partial def tryLemmas (g : Grammar) (st : Command.State) :
    List (String × String) → IO (Except Judgement Command.State)
  | [] => return .ok st
  | (statement, body) :: rest => do
    match ← parseStatement st statement with
    | .error e => return .error (rejected "parse" s!"lemma: {e.error}")
    | .ok cmd =>
      match gate g true cmd with
      | some why => return .error (rejected "gate" s!"lemma: {why}")
      | none =>
      match (← tryTheorem g st cmd body []).2 with
      | .error j =>
        -- Its places are the lemma's own.
        let reason := s!"lemma {nameText (declaredName st cmd)}: {j.reason}"
        return .error { j with reason, failing := none }
      | .ok st' => tryLemmas g st' rest

/-- The theorem stands in `env` with the trusted type, and rests on nothing but the allowed. -/
def audit (env base : Environment) (s : Statement) : Judgement :=
  match env.toKernelEnv.find? s.name with
  | some (.thmInfo t) =>
    if !(t.type == s.type && t.levelParams == s.levels) then
      rejected "statement" s!"{nameText s.name} does not state what was asked"
    else
      let w := walk env base [s.name] {}
      match foreign w.axioms with
      | [] => { verdict := "proved", axioms := w.axioms, uses := w.uses }
      | n :: _ => { rejected "axioms" s!"the proof rests on {nameText n}" with axioms := w.axioms }
  | some _ => rejected "statement" s!"{nameText s.name} is no theorem"
  | none => rejected "statement" s!"{nameText s.name} was not declared"

def judge (header : Header) (s : Statement) (lemmas : List (String × String)) (body : String)
    (heartbeats : Nat) : IO Judgement := do
  let st := withHeartbeats header.state heartbeats
  match ← tryLemmas header.grammar st lemmas with
  | .error j => return j
  | .ok st1 =>
    -- Below lemmas of its own a candidate begins in a state of its own.
    let alone := match lemmas with | [] => true | _ => false
    let old ← if alone then s.earlier.get else pure []
    let (new, result) ← tryTheorem header.grammar st1 s.cmd body old
    if alone then remember s.earlier new
    match result with
    | .error j => return j
    | .ok st2 => return audit st2.env header.state.env s

def Judgement.fields (j : Judgement) : List (String × Json) :=
  [("verdict", Json.str j.verdict), ("kind", Json.str j.kind), ("reason", Json.str j.reason),
   ("line", toJson j.line), ("column", toJson j.column),
   ("axioms", jsonArr (namesJson j.axioms)), ("uses", jsonArr (namesJson j.uses)),
   ("failing", match j.failing with
     | some f => Json.mkObj [("line", toJson f.line), ("column", toJson f.column),
         ("goals", jsonArr (stringsJson f.goals))]
     | none => Json.null)]

end Driver
end
