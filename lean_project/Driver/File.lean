module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta import Driver.Statement
public meta import Driver.Judge
public meta section

/-! A whole file through the command loop: parse a command, elaborate it, go on from there. -/
open Lean Elab Command Meta

namespace Driver

/-- One theorem met in a file. -/
structure Met where
  name : Name
  line : Nat
  text : String
  failed : Option Judgement

structure FileState where
  state : Command.State
  met : List Met := []
  messages : List Message := []
  /-- Forbidden syntax outside proofs: the file as a whole cannot be trusted. -/
  refused : Option String := none

mutual
/-- Commands that only declare or arrange: anything else may run code while it elaborates. -/
partial def plainCommand (cmd : Syntax) : Bool :=
  let k := cmd.getKind
  if k == ``Parser.Command.in then plainCommand (cmd.getArg 0) && plainCommand (cmd.getArg 2)
  else memName k
    [``Parser.Command.declaration, ``Parser.Command.open, ``Parser.Command.namespace,
     ``Parser.Command.section, ``Parser.Command.end, ``Parser.Command.variable,
     ``Parser.Command.universe, ``Parser.Command.set_option, ``Parser.Command.moduleDoc,
     ``Parser.Command.notation, ``Parser.Command.mixfix, ``Parser.Command.mutual,
     ``Parser.Command.include, ``Parser.Command.omit, ``Parser.Command.eoi,
     ``Parser.Command.export, ``Parser.Command.check, ``Parser.Command.print,
     ``Parser.Command.printAxioms]
end

def lineOf (ictx : Parser.InputContext) (cmd : Syntax) : Nat :=
  match cmd.getPos? true with
  | some p => (ictx.fileMap.toPosition p).line
  | none => 0

def met (ictx : Parser.InputContext) (st : Command.State) (cmd : Syntax) (errors : List Message) :
    IO Met := do
  let failed ← judgeMessages errors
  let failed := match failed with
    | some j => some j
    | none => match gate true cmd with
      | some why => some (rejected "gate" why)
      | none => none
  return { name := theoremName st cmd, line := lineOf ictx cmd, text := "", failed }

partial def runFile (ictx : Parser.InputContext) (ps : Parser.ModuleParserState) (fs : FileState)
    (heartbeats : Nat) : IO FileState := do
  let (cmd, ps, parseErrors) := parseCommandAt ictx fs.state ps
  let parseErrors := parseErrors.toList
  let fs := { fs with messages := appendMessages fs.messages parseErrors }
  if Parser.isTerminalCommand cmd then return fs else
  let refused := if plainCommand cmd || fs.refused.isSome then fs.refused
    else match firstError parseErrors with
      | some _ => none
      | none => some s!"line {lineOf ictx cmd}: the command `{nameText cmd.getKind}` is not supported here"
  if refused.isSome then return { fs with refused } else
  let st := fs.state
  let st' ← elaborate ictx (quiet st) cmd
  let own := appendMessages parseErrors st'.messages.toList
  let fs := { fs with state := quiet st', messages := appendMessages fs.messages st'.messages.toList }
  let fs ← if isTheorem cmd then do
      let m ← met ictx st cmd own
      pure { fs with met := m :: fs.met }
    else pure fs
  runFile ictx ps fs heartbeats

/-- Every constant that the trusted statement rests on, beyond the imports, is the same there. -/
partial def sameConstants (trusted file base : Environment) (todo : List Name) (seen : NameSet) :
    Option Name :=
  match todo with
  | [] => none
  | n :: rest =>
    if seen.contains n || base.contains n then sameConstants trusted file base rest seen else
    match trusted.find? n, file.find? n with
    | some a, some b =>
      let same := a.type == b.type && a.levelParams == b.levelParams
        && (match a.value? (allowOpaque := true), b.value? (allowOpaque := true) with
            | some v, some w => v == w
            | none, none => true
            | _, _ => false)
      if same then
        sameConstants trusted file base (appendNames (constantsOf a) rest) (seen.insert n)
      else some n
    | _, _ => some n

/-- `m` states exactly `s`, with everything under it unchanged. -/
def sameStatement (trusted file base : Environment) (s : Statement) (ci : ConstantInfo) :
    Option String :=
  if ci.type == s.type && ci.levelParams == s.levels then
    match sameConstants trusted file base s.type.getUsedConstants.toList {} with
    | some n => some s!"{nameText n} is not what it is in the problem"
    | none => none
  else some "it does not state what the problem states"

def judgeMet (fs : FileState) (base : Environment) (trusted : Option (Environment × Statement))
    (m : Met) : Judgement :=
  match m.failed with
  | some j => j
  | none =>
    match fs.state.env.find? m.name with
    | some (.thmInfo t) =>
      let w := walk fs.state.env base [m.name] {}
      match foreign w.axioms with
      | n :: _ => { rejected "axioms" s!"the proof rests on {nameText n}" with axioms := w.axioms }
      | [] =>
        let differs := match trusted with
          | some (env, s) => if s.name == m.name
            then sameStatement env fs.state.env base s (.thmInfo t) else none
          | none => none
        match differs with
        | some why => rejected "statement" why
        | none => { verdict := "proved", axioms := w.axioms, uses := w.uses }
    | _ => rejected "statement" s!"{nameText m.name} did not become a theorem"

partial def metJson (fs : FileState) (base : Environment)
    (trusted : Option (Environment × Statement)) : List Met → List Json → List Json
  | [], acc => acc
  | m :: ms, acc =>
    let j := match fs.refused with
      | some why => rejected "gate" why
      | none => judgeMet fs base trusted m
    let place := [("name", Json.str (nameText m.name)), ("at", toJson m.line)]
    metJson fs base trusted ms (Json.mkObj (appendTo place j.fields) :: acc)
where
  appendTo : List (String × Json) → List (String × Json) → List (String × Json)
    | [], b => b
    | x :: xs, b => x :: appendTo xs b

def judgeFile (base : Command.State) (text : String)
    (trusted : Option (Environment × Statement)) (heartbeats : Nat) : IO Json := do
  let ictx := inputContext text
  let fs ← runFile ictx {} { state := withHeartbeats base heartbeats } heartbeats
  let theorems := metJson fs base.env trusted fs.met []
  let refused := match fs.refused with | some r => r | none => ""
  return Json.mkObj [("ok", Json.bool true), ("theorems", jsonArr theorems),
    ("refused", Json.str refused), ("messages", jsonArr (← messagesJson fs.messages))]

end Driver
end
