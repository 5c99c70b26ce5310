module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta import Driver.Statement
public meta section

/-! Tier 1: is this body a proof of that statement? -/
open Lean Elab Command Meta

namespace Driver

/-- What a judgement says; `kind` is empty for an accepted proof. -/
structure Judgement where
  verdict : String
  kind : String := ""
  reason : String := ""
  line : Nat := 0
  column : Nat := 0
  axioms : List Name := []
  uses : List Name := []

def rejected (kind reason : String) : Judgement := { verdict := "rejected", kind, reason }

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

/-- Parse a body as one term that consumes all of its input. -/
def parseBody (g : Grammar) (st : Command.State) (allowSorry : Bool) (body : String) : Except Judgement Syntax :=
  match Parser.runParserCategory st.env `term body "<body>" with
  | .error e => .error (rejected "parse" e)
  | .ok stx =>
    match gate g allowSorry stx with
    | some why => .error (rejected "gate" why)
    | none => .ok stx

/-- Elaborate a theorem with a body spliced in; the state after it, or why not. -/
def tryTheorem (g : Grammar) (st : Command.State) (cmd : Syntax) (body : String) (allowSorry : Bool) :
    IO (Except Judgement Command.State) := do
  match parseBody g st allowSorry body with
  | .error j => return .error j
  | .ok stx =>
    let st' ← elaborate (inputContext body) (quiet st) (splice cmd stx)
    match ← judgeMessages st'.messages.toList with
    | some j => return .error j
    | none => return .ok st'

partial def tryLemmas (g : Grammar) (st : Command.State) : List (String × String) → IO (Except Judgement Command.State)
  | [] => return .ok st
  | (statement, body) :: rest => do
    match ← parseStatement st statement with
    | .error e => return .error (rejected "parse" s!"lemma: {e.error}")
    | .ok cmd =>
      match gate g true cmd with
      | some why => return .error (rejected "gate" s!"lemma: {why}")
      | none =>
      match ← tryTheorem g st cmd body false with
      | .error j => return .error { j with reason := s!"lemma {nameText (declaredName st cmd)}: {j.reason}" }
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
    match ← tryTheorem header.grammar st1 s.cmd body false with
    | .error j => return j
    | .ok st2 => return audit st2.env header.state.env s

def Judgement.fields (j : Judgement) : List (String × Json) :=
  [("verdict", Json.str j.verdict), ("kind", Json.str j.kind), ("reason", Json.str j.reason),
   ("line", toJson j.line), ("column", toJson j.column),
   ("axioms", jsonArr (namesJson j.axioms)), ("uses", jsonArr (namesJson j.uses))]

end Driver
end
