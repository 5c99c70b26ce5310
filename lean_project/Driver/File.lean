module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Grammar
public meta import Driver.Audit
public meta import Driver.Statement
public meta import Driver.Judge
public meta import Driver.Replay
public meta import Driver.Code
public meta section

/-! A whole file through the command loop: parse a command, elaborate it, go on from there. -/
open Lean Elab Command Meta

namespace Driver

/-- One theorem met in a file. -/
structure Met where
  name : Name
  line : Nat
  failed : Option Judgement

structure FileState where
  state : Command.State
  met : List Met := []
  messages : List Message := []
  /-- Forbidden syntax outside proofs: the file as a whole cannot be trusted. -/
  refused : Option String := none

/-- Options that a file may set: none switches a check off. -/
def fileOption (name : Name) : Bool :=
  memName name allowedOptions
    || memName name [`maxHeartbeats, `synthInstance.maxHeartbeats, `synthInstance.maxSize]
    || memName name.getRoot [`pp, `linter, `grind, `warningAsError]
    || (name.getRoot == `trace && !(`trace.profiler).isPrefixOf name)  -- which may name a file

/-- Attributes that a file may give its declarations: none runs code of the file's own. -/
def fileAttributes : List String :=
  ["simp", "grind", "ext", "reducible", "irreducible", "inline", "noinline", "specialize", "refl",
   "symm", "trans", "congr", "elab_as_elim", "induction_eliminator", "cases_eliminator", "instance",
   "default_instance", "always_inline", "expose", "inherit_doc", "local", "scoped",
   "defaultInstance"]

def attributeText (attr : Syntax) : String :=
  if attr.getKind == ``Parser.Attr.simple then nameText (attr.getArg 0).getId
  else lastString attr.getKind
where
  lastString : Name → String
    | .str _ s => s
    | _ => ""

mutual
partial def attributesArgs (g : Grammar) (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match attributesGate g a[i] with
    | some r => some r
    | none => attributesArgs g a (i + 1)
  else none
/-- Why these modifiers of a declaration may not stand in a file. -/
partial def attributesGate (g : Grammar) (stx : Syntax) : Option String :=
  match stx with
  | .node _ k args =>
    if k == ``Parser.Term.attrInstance then
      let name := attributeText (stx.getArg 1)
      if memString name fileAttributes then gate g false (stx.getArg 1)
      else some s!"the attribute `{name}` is not supported here"
    else attributesArgs g args 0
  | .atom _ val =>
    if memString val ["unsafe", "meta"] then some s!"`{val}` declarations are not supported here"
    else none
  | _ => none
end

partial def gateParts (g : Grammar) (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    let found := match a[i] with
      | .atom .. => none  -- the command's own keyword
      | part => gate g true part
    match found with
    | some r => some r
    | none => gateParts g a (i + 1)
  else none

/-- Commands that only declare or arrange: anything else may run code while it elaborates. -/
def plainCommands : List Name :=
  [``Parser.Command.open, ``Parser.Command.namespace, ``Parser.Command.section,
   ``Parser.Command.end, ``Parser.Command.variable, ``Parser.Command.universe,
   ``Parser.Command.moduleDoc, ``Parser.Command.notation, ``Parser.Command.mixfix,
   ``Parser.Command.include, ``Parser.Command.omit, ``Parser.Command.export,
   ``Parser.Command.check, ``Parser.Command.print, ``Parser.Command.printAxioms]

mutual
partial def refusals (g : Grammar) (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match refusal g a[i] with
    | some r => some r
    | none => refusals g a (i + 1)
  else none
/-- Why a command may not stand in a file; `none` if it may. Theorems are gated one by one. -/
partial def refusal (g : Grammar) (cmd : Syntax) : Option String :=
  let k := cmd.getKind
  if k == ``Parser.Command.in then
    match refusal g (cmd.getArg 0) with
    | some r => some r
    | none => refusal g (cmd.getArg 2)
  else if k == ``Parser.Command.set_option then
    let name := (cmd.getArg 1).getId
    if fileOption name then none else some s!"`set_option {nameText name}` is not supported here"
  else if k == ``Parser.Command.mutual then refusals g (cmd.getArg 1).getArgs 0
  else if k == ``Parser.Command.declaration then
    match attributesGate g (cmd.getArg 0) with
    | some r => some r
    | none => if isTheorem cmd then none else gateParts g (cmd.getArg 1).getArgs 0
  else if memName k plainCommands then gateParts g cmd.getArgs 0
  else some s!"the command `{nameText k}` is not supported here"
end

mutual
partial def declaresIn (a : Array Syntax) (i : Nat) : Bool :=
  if h : i < a.size then declares a[i] || declaresIn a (i + 1) else false
/-- The command declares something that is no theorem. -/
partial def declares (cmd : Syntax) : Bool :=
  if cmd.getKind == ``Parser.Command.in then declares (cmd.getArg 2)
  else if cmd.getKind == ``Parser.Command.mutual then declaresIn (cmd.getArg 1).getArgs 0
  else cmd.getKind == ``Parser.Command.declaration && !isTheorem cmd
end

mutual
partial def theoremsIn (a : Array Syntax) (i : Nat) : List Syntax :=
  if h : i < a.size then appendSyntax (theoremsOf a[i]) (theoremsIn a (i + 1)) else []
/-- The theorems that a command declares: itself, or those under `open ... in` and `mutual`. -/
partial def theoremsOf (cmd : Syntax) : List Syntax :=
  if cmd.getKind == ``Parser.Command.in then theoremsOf (cmd.getArg 2)
  else if cmd.getKind == ``Parser.Command.mutual then theoremsIn (cmd.getArg 1).getArgs 0
  else if isTheorem cmd then [cmd] else []
partial def appendSyntax : List Syntax → List Syntax → List Syntax
  | [], b => b
  | x :: xs, b => x :: appendSyntax xs b
end

def lineOf (ictx : Parser.InputContext) (cmd : Syntax) : Nat :=
  match cmd.getPos? true with
  | some p => (ictx.fileMap.toPosition p).line
  | none => 0

/-- Why one of these theorems may not be elaborated at all. -/
partial def gateTheorems (g : Grammar) : List Syntax → Option Judgement
  | [] => none
  | t :: ts => match gate g true (t.getArg 1) with
    | some why => some (rejected "gate" why)
    | none => gateTheorems g ts

partial def meetAll (ictx : Parser.InputContext) (st : Command.State) (failed : Option Judgement)
    (theorems : List Syntax) (acc : List Met) : List Met :=
  match theorems with
  | [] => acc
  | t :: ts =>
    let m : Met := { name := declaredName st t, line := lineOf ictx t, failed }
    meetAll ictx st failed ts (m :: acc)

/-- A command that may stand in a file; its theorems, if it is not the problem's own. -/
def runCommand (g : Grammar) (ictx : Parser.InputContext) (cmd : Syntax) (own : Bool)
    (parseErrors : List Message) (fs : FileState) : IO FileState := do
  let theorems := if own then theoremsOf cmd else []
  match gateTheorems g theorems with
  | some j => return { fs with met := meetAll ictx fs.state (some j) theorems fs.met }
  | none =>
    let st ← elaborate ictx (quiet fs.state) cmd
    let said := st.messages.toList
    let failed ← judgeMessages (appendMessages parseErrors said)
    return { fs with
      state := quiet st, messages := appendMessages fs.messages said
      met := meetAll ictx fs.state failed theorems fs.met }

partial def countScopes : List Scope → Nat → Nat
  | [], n => n
  | _ :: rest, n => countScopes rest (n + 1)

/-- Commands that end by byte `trusted` are the problem's own header; `scopes` must stay open. -/
partial def runFile (g : Grammar) (ictx : Parser.InputContext) (ps : Parser.ModuleParserState)
    (fs : FileState) (trusted scopes : Nat) : IO FileState := do
  let (cmd, ps, parseErrors) := parseCommandAt ictx fs.state ps
  let parseErrors := parseErrors.toList
  let fs := { fs with messages := appendMessages fs.messages parseErrors }
  if cmd.getKind == ``Parser.Command.eoi then return fs else
  -- A command that goes on beyond the header is not the header's own.
  let own := match cmd.getTailPos? true with
    | some p => !(p.byteIdx < trusted + 1)
    | none => true
  let g := { g with now := fs.state.env }
  match if own then refusal g cmd else none with
  | some why => return { fs with refused := some s!"line {lineOf ictx cmd}: {why}" }
  | none =>
    let fs ← runCommand g ictx cmd own parseErrors fs
    if countScopes fs.state.scopes 0 < scopes then
      let why := "`end` closes a scope that the file has not opened"
      return { fs with refused := some s!"line {lineOf ictx cmd}: {why}" }
    runFile { g with values := g.values && !(own && declares cmd) } ictx ps fs trusted scopes

/-- Every constant that the trusted statement rests on, beyond the imports, is the same there. -/
partial def sameConstants (trusted file base : Environment) (todo : List Name) (seen : NameSet) :
    Option Name :=
  match todo with
  | [] => none
  | n :: rest =>
    if seen.contains n || base.contains n then sameConstants trusted file base rest seen else
    match trusted.find? n, file.find? n with
    | some a, some b =>
      if sameConstant a b then
        sameConstants trusted file base (appendNames (partsOf a) rest) (seen.insert n)
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

/-- The whole file through Lean's front end at once, from its start: another path. -/
def frontEnd (ictx : Parser.InputContext) (ps : Parser.ModuleParserState) (st : Command.State) :
    IO Command.State := do
  let r ← IO.processCommands ictx ps (quiet st)
  return r.commandState

/-- What a theorem of the file is judged by. -/
structure Trial where
  /-- As the front end left it. -/
  env : Environment
  /-- The imports alone. -/
  base : Environment
  trusted : Option (Environment × Statement)
  /-- What the front end said against the file, where the commands one by one had no error. -/
  frontEnd : Option Judgement

def Trial.judge (t : Trial) (name : Name) : Judgement :=
  match t.env.toKernelEnv.find? name with
  | some (.thmInfo thm) =>
    let w := walk t.env t.base [name] {}
    match foreign w.axioms with
    | n :: _ => { rejected "axioms" s!"the proof rests on {nameText n}" with axioms := w.axioms }
    | [] =>
      let differs := match t.trusted with
        | some (env, s) => if s.name == name then sameStatement env t.env t.base s (.thmInfo thm) else none
        | none => none
      match differs, refutedByReplay t.env t.base w with
      | some why, _ => rejected "statement" why
      | none, some why => rejected "kernel" why
      | none, none => { verdict := "proved", axioms := w.axioms, uses := w.uses }
  | _ => rejected "statement" s!"{nameText name} did not become a theorem"

def judgeMet (t : Trial) (m : Met) : Judgement :=
  match m.failed with
  | some j => j
  | none => match t.frontEnd with
    | some j => j
    | none => t.judge m.name

/-- `target` is the name of the theorem that was asked for. -/
partial def metJson (target : Option Name) (judgeOne : Met → Judgement) :
    List Met → List Json → List Json
  | [], acc => acc
  | m :: ms, acc =>
    let place := [("name", Json.str (nameText m.name)), ("at", toJson m.line),
      ("target", Json.bool (target == some m.name))]
    metJson target judgeOne ms (Json.mkObj (appendTo place (judgeOne m).fields) :: acc)
where
  appendTo : List (String × Json) → List (String × Json) → List (String × Json)
    | [], b => b
    | x :: xs, b => x :: appendTo xs b

/-- The front end's objection to a file that had no error command by command. -/
def objection (fs : FileState) (st : Command.State) : IO (Option Judgement) := do
  match firstError fs.messages with
  | some _ => return none  -- said already, theorem by theorem
  | none => match ← judgeMessages st.messages.toList with
    | some j => return some { j with reason := s!"the front end: {j.reason}" }
    | none => return none

/-- Something was not elaborated because the gate refused it: the front end would run it. -/
partial def anyGated : List Met → Bool
  | [] => false
  | m :: ms => (match m.failed with | some j => j.kind == "gate" | none => false) || anyGated ms

def judgeTheorems (ictx : Parser.InputContext) (ps : Parser.ModuleParserState)
    (st : Command.State) (base : Environment) (fs : FileState)
    (trusted : Option (Environment × Statement)) : IO (List Json) := do
  let target := match trusted with | some (_, s) => some s.name | none => none
  match fs.refused with
  | some why => return metJson target (fun _ => rejected "gate" why) fs.met []
  | none =>
    let ended ← if anyGated fs.met then pure fs.state else frontEnd ictx ps st
    let trial : Trial :=
      { env := ended.env, base, trusted, frontEnd := ← objection fs ended }
    return metJson target (judgeMet trial) fs.met []

def codesJson (base : Environment) : Option (Environment × Statement) → Json
  | none => Json.null
  | some (env, s) =>
    let (type, definitions) := statementCodes env base s.levels s.type
    Json.mkObj [("type", Json.str type), ("definitions", Json.str definitions)]

/-- `start` is where the text begins: the imports alone, or the dialect on top of them. -/
def judgeFile (g : Grammar) (start : Command.State × Parser.ModuleParserState) (base : Environment)
    (text header : String) (trusted : Option (Environment × Statement)) (heartbeats : Nat) : IO Json := do
  let ictx := inputContext text
  let own := if text.startsWith header then header.utf8ByteSize else 0
  let st := withHeartbeats start.1 heartbeats
  let fs ← runFile g ictx start.2 { state := st } own (countScopes st.scopes 0)
  let theorems ← judgeTheorems ictx start.2 st base fs trusted
  let refused := match fs.refused with | some r => r | none => ""
  let target := match trusted with | some (_, s) => nameText s.name | none => ""
  return Json.mkObj [("ok", Json.bool true), ("target", Json.str target),
    ("lean", Json.str Lean.versionString), ("codes", codesJson base trusted), ("theorems", jsonArr theorems),
    ("refused", Json.str refused), ("messages", jsonArr (← messagesJson fs.messages))]

end Driver
end
