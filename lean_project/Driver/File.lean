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

/-- Options that a file may set: none switches a check off. -/
def fileOption (name : Name) : Bool :=
  memName name allowedOptions
    || memName name [`maxHeartbeats, `synthInstance.maxHeartbeats, `synthInstance.maxSize]
    || memName name.getRoot [`pp, `linter, `trace, `grind, `warningAsError]

/-- Attributes that a file may give its declarations: none runs code of the file's own. -/
def fileAttributes : List String :=
  ["simp", "grind", "ext", "reducible", "irreducible", "inline", "noinline", "specialize", "refl",
   "symm", "trans", "congr", "elab_as_elim", "induction_eliminator", "cases_eliminator", "instance",
   "default_instance", "always_inline", "expose", "inherit_doc", "csimp", "local", "scoped",
   "defaultInstance"]

def attributeText (attr : Syntax) : String :=
  if attr.getKind == ``Parser.Attr.simple then nameText (attr.getArg 0).getId
  else lastString attr.getKind
where
  lastString : Name → String
    | .str _ s => s
    | _ => ""

mutual
partial def attributesArgs (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match attributesGate a[i] with
    | some r => some r
    | none => attributesArgs a (i + 1)
  else none
/-- Why these modifiers of a declaration may not stand in a file. -/
partial def attributesGate (stx : Syntax) : Option String :=
  match stx with
  | .node _ k args =>
    if k == ``Parser.Term.attrInstance then
      let name := attributeText (stx.getArg 1)
      if memString name fileAttributes then gate false (stx.getArg 1)
      else some s!"the attribute `{name}` is not supported here"
    else attributesArgs args 0
  | _ => none
end

partial def gateParts (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    let found := match a[i] with
      | .atom .. => none  -- the command's own keyword
      | part => gate true part
    match found with
    | some r => some r
    | none => gateParts a (i + 1)
  else none

/-- Commands that only declare or arrange: anything else may run code while it elaborates. -/
def plainCommands : List Name :=
  [``Parser.Command.open, ``Parser.Command.namespace, ``Parser.Command.section,
   ``Parser.Command.end, ``Parser.Command.variable, ``Parser.Command.universe,
   ``Parser.Command.moduleDoc, ``Parser.Command.notation, ``Parser.Command.mixfix,
   ``Parser.Command.include, ``Parser.Command.omit, ``Parser.Command.export,
   ``Parser.Command.check, ``Parser.Command.print, ``Parser.Command.printAxioms]

mutual
partial def refusals (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match refusal a[i] with
    | some r => some r
    | none => refusals a (i + 1)
  else none
/-- Why a command may not stand in a file; `none` if it may. Theorems are gated one by one. -/
partial def refusal (cmd : Syntax) : Option String :=
  let k := cmd.getKind
  if k == ``Parser.Command.in then
    match refusal (cmd.getArg 0) with
    | some r => some r
    | none => refusal (cmd.getArg 2)
  else if k == ``Parser.Command.set_option then
    let name := (cmd.getArg 1).getId
    if fileOption name then none else some s!"`set_option {nameText name}` is not supported here"
  else if k == ``Parser.Command.mutual then refusals (cmd.getArg 1).getArgs 0
  else if k == ``Parser.Command.declaration then
    match attributesGate (cmd.getArg 0) with
    | some r => some r
    | none => if isTheorem cmd then none else gateParts (cmd.getArg 1).getArgs 0
  else if memName k plainCommands then gateParts cmd.getArgs 0
  else some s!"the command `{nameText k}` is not supported here"
end

/-- The declaration under `open ... in` and its like. -/
partial def innerCommand (cmd : Syntax) : Syntax :=
  if cmd.getKind == ``Parser.Command.in then innerCommand (cmd.getArg 2) else cmd

def lineOf (ictx : Parser.InputContext) (cmd : Syntax) : Nat :=
  match cmd.getPos? true with
  | some p => (ictx.fileMap.toPosition p).line
  | none => 0

def met (ictx : Parser.InputContext) (st : Command.State) (cmd : Syntax) (errors : List Message) :
    IO Met := do
  let failed ← judgeMessages errors
  let failed := match failed with
    | some j => some j
    | none => match gate true (cmd.getArg 1) with
      | some why => some (rejected "gate" why)
      | none => none
  return { name := declaredName st cmd, line := lineOf ictx cmd, text := "", failed }

/-- Commands that begin before byte `trusted` are the problem's own header. -/
partial def runFile (ictx : Parser.InputContext) (ps : Parser.ModuleParserState) (fs : FileState)
    (trusted : Nat) : IO FileState := do
  let (cmd, ps, parseErrors) := parseCommandAt ictx fs.state ps
  let parseErrors := parseErrors.toList
  let fs := { fs with messages := appendMessages fs.messages parseErrors }
  if cmd.getKind == ``Parser.Command.eoi then return fs else
  let own := match cmd.getPos? true with
    | some p => !(p.byteIdx < trusted)
    | none => true
  let refused := if own then refusal cmd else none
  match refused with
  | some why => return { fs with refused := some s!"line {lineOf ictx cmd}: {why}" }
  | none =>
  let st := fs.state
  let st' ← elaborate ictx (quiet st) cmd
  let errors := appendMessages parseErrors st'.messages.toList
  let fs := { fs with state := quiet st', messages := appendMessages fs.messages st'.messages.toList }
  let thm := innerCommand cmd
  let fs ← if own && isTheorem thm then do
      let m ← met ictx st thm errors
      pure { fs with met := m :: fs.met }
    else pure fs
  runFile ictx ps fs trusted

partial def sameNames : List Name → List Name → Bool
  | [], [] => true
  | a :: as, b :: bs => a == b && sameNames as bs
  | _, _ => false

/-- What a constant is beyond its type and value. -/
def sameKind (a b : ConstantInfo) : Bool :=
  match a, b with
  | .inductInfo x, .inductInfo y =>
    sameNames x.ctors y.ctors && sameNames x.all y.all && x.numParams == y.numParams
      && x.numIndices == y.numIndices && x.isUnsafe == y.isUnsafe
  | .ctorInfo x, .ctorInfo y => x.induct == y.induct && x.cidx == y.cidx
  | .recInfo _, .recInfo _ => true
  | .quotInfo _, .quotInfo _ => true
  | .axiomInfo _, .axiomInfo _ => true
  | .defnInfo _, .defnInfo _ => true
  | .thmInfo _, .thmInfo _ => true
  | .opaqueInfo _, .opaqueInfo _ => true
  | _, _ => false

/-- Constants that a declaration rests on; an inductive type on its constructors too. -/
def partsOf (ci : ConstantInfo) : List Name :=
  match ci with
  | .inductInfo i => appendNames i.ctors (constantsOf ci)
  | _ => constantsOf ci

/-- Every constant that the trusted statement rests on, beyond the imports, is the same there. -/
partial def sameConstants (trusted file base : Environment) (todo : List Name) (seen : NameSet) :
    Option Name :=
  match todo with
  | [] => none
  | n :: rest =>
    if seen.contains n || base.contains n then sameConstants trusted file base rest seen else
    match trusted.find? n, file.find? n with
    | some a, some b =>
      let same := sameKind a b && a.type == b.type && a.levelParams == b.levelParams
        && (match a.value? (allowOpaque := true), b.value? (allowOpaque := true) with
            | some v, some w => v == w
            | none, none => true
            | _, _ => false)
      if same then
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

def judgeFile (base : Command.State) (text header : String)
    (trusted : Option (Environment × Statement)) (heartbeats : Nat) : IO Json := do
  let ictx := inputContext text
  let own := if text.startsWith header then header.utf8ByteSize else 0
  let fs ← runFile ictx {} { state := withHeartbeats base heartbeats } own
  let theorems := metJson fs base.env trusted fs.met []
  let refused := match fs.refused with | some r => r | none => ""
  let target := match trusted with | some (_, s) => nameText s.name | none => ""
  return Json.mkObj [("ok", Json.bool true), ("target", Json.str target),
    ("theorems", jsonArr theorems),
    ("refused", Json.str refused), ("messages", jsonArr (← messagesJson fs.messages))]

end Driver
end
