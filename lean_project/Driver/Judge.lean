module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta import Driver.Infos
public meta import Driver.Reuse
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
  /-- Of a rejected body: the goals at its first error. -/
  failing : Option Failing := none

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

partial def digits : List Char → Nat → Nat
  | [], n => n
  | c :: cs, n => digits cs (10 * n + (c.toNat - '0'.toNat))

/-- Line `n` of these, from 1. -/
partial def nthLine : Nat → List String → String
  | _, [] => ""
  | n, l :: ls => if n < 2 then l else nthLine (n - 1) ls

def isWordChar (c : Char) : Bool := isIdRest c || c == '.'

partial def wordFrom : List Char → String → String
  | [], acc => acc
  | c :: cs, acc => if isWordChar c then wordFrom cs (acc.push c) else acc

/-- The word that holds character `column`, and where it begins; `i` counts, `word` is where one does. -/
partial def wordAt (column i : Nat) (word : Option (Nat × List Char)) : List Char → Option (Nat × String)
  | [] => match word with | some (k, cs) => some (k, wordFrom cs "") | none => none
  | c :: cs =>
    let word := if isWordChar c then (match word with | some w => some w | none => some (i, c :: cs)) else none
    if i == column then match word with
      | some (k, cs) => some (k, wordFrom cs "")
      | none => none
    else wordAt column (i + 1) word cs

/-- A parser's error with its place, and the name of a tactic that does not exist. -/
def parseFailure (body e : String) : Judgement :=
  let first := match e.splitOn "\n<body>:" with | f :: _ => f | [] => e
  match first.splitOn ":" with
  | _ :: line :: column :: rest =>
    let (line, column) := (digits line.toList 0, digits column.toList 0)
    let what := (joinStrings ":" rest).trimAscii.toString
    let j := { rejected "parse" what with line, column }
    if what == "unknown tactic" then
      -- Lean points at the second character of the word.
      match wordAt (column - 1) 0 none (nthLine line (body.splitOn "\n")).toList with
      | some (start, word) =>
        { j with reason := s!"unknown tactic `{word}`: this Lean has none of that name", column := start }
      | none => j
    else j
  | _ => rejected "parse" e

/-- Parse a body as one term that consumes all of its input. -/
def parseBody (g : Grammar) (st : Command.State) (allowSorry : Bool) (body : String) : Except Judgement Syntax :=
  match Parser.runParserCategory st.env `term body "<body>" with
  | .error e => .error (parseFailure body e)
  | .ok stx =>
    match gate g allowSorry stx with
    | some why => .error (rejected "gate" why)
    | none => .ok stx

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
    let made ← elaborateLike earlier body { st with infoState := { st.infoState with enabled := true } } (splice cmd stx)
    let said := made.state.messages.toList
    match ← judgeMessages said with
    | some j => return (made.earlier, .error (← withFailing j made (inputContext body) said))
    | none => return (made.earlier, .ok made.state)

partial def tryLemmas (g : Grammar) (st : Command.State) : List (String × String) → IO (Except Judgement Command.State)
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
        return .error { j with reason := s!"lemma {nameText (declaredName st cmd)}: {j.reason}", failing := none }
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
