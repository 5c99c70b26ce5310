module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Grammar
public meta import Driver.Audit
public meta import Driver.Reuse
public meta section

/-! Headers and statements: text that is trusted, elaborated once and before any candidate. -/
open Lean Elab Command Meta

namespace Driver

/-- A theorem's statement: its syntax to splice bodies into, and what it elaborated to. -/
structure Statement where
  cmd : Syntax
  name : Name
  type : Expr
  levels : List Name
  /-- How many variables the signature binds: what a body's first tactic finds in its context. -/
  bound : Nat
  /-- Elaborations of it with other bodies, newest first. -/
  earlier : IO.Ref (List Earlier)

/-- A header's state, and the statements met under it (newest first). -/
structure Header where
  text : String
  grammar : Grammar
  state : Command.State
  statements : List (String × Statement)
  /-- The state that files are parsed in, and what a `lemma` is there; made when it is first needed. -/
  parsing : IO.Ref (Option (Command.State × Name))
  /-- Definitions whose equation lemmas nobody has derived yet. -/
  owed : IO.Ref (List Name)

structure Store where
  base : Command.State
  grammar : Grammar
  headers : List Header
  /-- What the dialect's text (lean_project/Dialect.lean) comes to; made when it is first needed. -/
  dialect : Option Command.State := none

/-- What went wrong with a request: which part of it, and Lean's words. -/
structure Failure where
  kind : String
  error : String

partial def hasKind (kind : Name) (a : Array Syntax) (i : Nat) : Bool :=
  if h : i < a.size then a[i].getKind == kind || hasKind kind a[i].getArgs 0 || hasKind kind a (i + 1)
  else false

/-- The name that a theorem or definition command declares. -/
def declaredName (st : Command.State) (cmd : Syntax) : Name :=
  let id := (((cmd.getArg 1).getArg 1).getArg 0).getId
  let name := if (`_root_).isPrefixOf id then id.replacePrefix `_root_ .anonymous
    else currentNamespace st ++ id
  if hasKind ``Parser.Command.private (cmd.getArg 0).getArgs 0 then mkPrivateName st.env name else name

def isDefinition (cmd : Syntax) : Bool :=
  cmd.getKind == ``Parser.Command.declaration
    && memName (cmd.getArg 1).getKind [``Parser.Command.definition, ``Parser.Command.abbrev]

/-- The state after a header's commands, and the definitions among them. -/
partial def runHeader (ictx : Parser.InputContext) (st : Command.State) (ps : Parser.ModuleParserState)
    (defined : List Name) : IO (Except Failure (Command.State × List Name)) := do
  let (cmd, ps, parseErrors) := parseCommandAt ictx st ps
  match firstError parseErrors.toList with
  | some m => return .error ⟨"header", s!"line {m.pos.line}: {← m.data.toString}"⟩
  | none =>
    if cmd.getKind == ``Parser.Command.eoi then return .ok (quiet st, defined) else
    if Parser.isTerminalCommand cmd then
      return .error ⟨"header", s!"`{nameText cmd.getKind}` may not stand in a header"⟩
    else
    let defined := if isDefinition cmd then declaredName st cmd :: defined else defined
    let st ← elaborate ictx (quiet st) cmd
    match firstError st.messages.toList with
    | some m => return .error ⟨"header", s!"line {m.pos.line}: {← m.data.toString}"⟩
    | none => runHeader ictx st ps defined

partial def findHeader (text : String) : List Header → Option Header
  | [] => none
  | h :: hs => if h.text == text then some h else findHeader text hs

partial def takeHeaders : Nat → List Header → List Header
  | 0, _ => []
  | _, [] => []
  | n + 1, h :: hs => h :: takeHeaders n hs

partial def dropHeader (text : String) : List Header → List Header
  | [] => []
  | h :: hs => if h.text == text then hs else h :: dropHeader text hs

/-- Headers kept at a time; the oldest goes first. -/
def headersKept : Nat := 8

def putHeader (ref : IO.Ref Store) (h : Header) : BaseIO Unit := do
  let s ← ref.get
  ref.set { s with headers := h :: takeHeaders (headersKept - 1) (dropHeader h.text s.headers) }

/--
Forget a header. Lean keeps what it derives from a definition (equation lemmas, say), and keeps
its failure too: one that came from a candidate's limits must not meet the next candidate.
-/
def forgetHeader (ref : IO.Ref Store) (text : String) : BaseIO Unit := do
  let s ← ref.get
  ref.set { s with headers := dropHeader text s.headers }

/-- Heartbeats for deriving the equation lemmas of one definition, in thousands. -/
def equationHeartbeats : Nat := 400000

partial def deriveEquations (st : Command.State) (commands : List Name) : BaseIO Unit := do
  match commands with
  | [] => return ()
  | n :: ns => do
    let opts := maxHeartbeats.set (currentOptions st) equationHeartbeats
    let act : MetaM Unit := do
      let _ ← Meta.getEqnsFor? n
      let _ ← Meta.getUnfoldEqnFor? n (nonRec := true)
    -- A definition without equation lemmas is no fault of the header.
    let _ ← runMeta st opts act
    deriveEquations st ns

/--
The equation lemmas of a header's definitions, before the first candidate that may need them: it
takes as long as the header itself, and a statement that is only opened needs none.
-/
def deriveOwed (h : Header) : BaseIO Unit := do
  let owed ← h.owed.get
  h.owed.set []
  deriveEquations h.state owed

/-- Behind the blanks and comments at `p`: with nothing else there the parser would miss a command. -/
def pastBlanks (text : String) (st : Command.State) (p : String.Pos.Raw) : Parser.ModuleParserState :=
  let s := (Parser.mkParserState text).setPos p
  let context : Parser.ParserModuleContext := { env := st.env, options := {} }
  { pos := (Parser.whitespace.run (inputContext text) context (Parser.getTokenTable st.env) s).pos }

/--
Where a text begins: behind the dialect, if it starts with that, else at its first character. The
dialect is the driver's own, like the driver trusted, and elaborated once. It ends in a comment, so
that nothing behind it can change what its last command is.
-/
def startOf (ref : IO.Ref Store) (text : String) :
    IO (Except Failure (Command.State × Parser.ModuleParserState)) := do
  let s ← ref.get
  if dialectText == "" || !text.startsWith dialectText then
    return .ok (s.base, pastBlanks text s.base 0)
  else
  let behind : String.Pos.Raw := ⟨dialectText.utf8ByteSize⟩
  match s.dialect with
  | some st => return .ok (st, pastBlanks text st behind)
  | none => match ← runHeader (inputContext dialectText) s.base {} [] with
    | .error e => return .error e
    | .ok (st, _) =>
      ref.set { (← ref.get) with dialect := some st }
      return .ok (st, pastBlanks text st behind)

/-- The state after a header's commands, from the store or elaborated now. -/
def openHeader (ref : IO.Ref Store) (text : String) : IO (Except Failure Header) := do
  let s ← ref.get
  match findHeader text s.headers with
  | some h => return .ok h
  | none =>
    match ← startOf ref text with
    | .error e => return .error e
    | .ok (start, ps) =>
    match ← runHeader (inputContext text) start ps [] with
    | .error e => return .error e
    | .ok (st, defined) =>
      let grammar := { s.grammar with now := st.env }
      let h : Header := { text, grammar, state := quiet st, statements := [],
                          parsing := ← IO.mkRef none, owed := ← IO.mkRef defined }
      putHeader ref h
      return .ok h

def isTheorem (cmd : Syntax) : Bool :=
  cmd.getKind == ``Parser.Command.declaration
    && (cmd.getArg 1).getKind == ``Parser.Command.theorem

mutual
partial def spliceArgs (a : Array Syntax) (body : Syntax) (i : Nat) (acc : Array Syntax) : Array Syntax :=
  if h : i < a.size then spliceArgs a body (i + 1) (acc.push (splice a[i] body)) else acc
/-- Put a body in place of a declaration's value. -/
partial def splice (stx : Syntax) (body : Syntax) : Syntax :=
  match stx with
  | .node i k args =>
    if k == ``Parser.Command.declValSimple then .node i k (args.set! 1 body)
    else .node i k (spliceArgs args body 0 #[])
  | s => s
end

/-- Parse `theorem NAME binders : type` alone, all of it. -/
def parseStatement (st : Command.State) (text : String) : IO (Except Failure Syntax) := do
  let src := text ++ "\n:= sorry"
  let ictx := inputContext src
  let (cmd, ps, errors) := parseCommandAt ictx st {}
  match firstError errors.toList with
  | some m => return .error ⟨"statement", s!"line {m.pos.line}: {← m.data.toString}"⟩
  | none =>
    if !isTheorem cmd then return .error ⟨"statement", "a statement is one `theorem NAME : TYPE`"⟩
    let (next, _, errors) := parseCommandAt ictx st ps
    match firstError errors.toList with
    | some _ => return .error ⟨"statement", "something follows the theorem's type"⟩
    | none =>
      if next.getKind == ``Parser.Command.eoi then return .ok cmd
      else return .error ⟨"statement", "something follows the theorem"⟩

/-- Of a proof that was left out: what is bound before it. -/
partial def lambdas : Expr → Nat
  | .lam _ _ b _ => lambdas b + 1
  | .mdata _ e => lambdas e
  | _ => 0

def elaborateStatement (st : Command.State) (text : String) : IO (Except Failure Statement) := do
  match ← parseStatement st text with
  | .error e => return .error e
  | .ok cmd =>
    let name := declaredName st cmd
    if st.env.contains name then
      return .error ⟨"statement", s!"the name {nameText name} is taken: rename the theorem"⟩
    let made ← elaborateLike [] text (withHeartbeats (quiet st) 200000) cmd
    match firstError made.state.messages.toList with
    | some m => return .error ⟨"statement", s!"line {m.pos.line}: {← m.data.toString}"⟩
    | none =>
      match made.state.env.find? name with
      | some (.thmInfo t) =>
        let earlier ← IO.mkRef []
        remember earlier made.earlier
        return .ok ⟨cmd, name, t.type, t.levelParams, lambdas t.value, earlier⟩
      | _ => return .error ⟨"statement", s!"{nameText name} did not become a theorem"⟩

partial def findStatement (text : String) : List (String × Statement) → Option Statement
  | [] => none
  | (t, s) :: rest => if t == text then some s else findStatement text rest

partial def takeStatements : Nat → List (String × Statement) → List (String × Statement)
  | 0, _ => []
  | _, [] => []
  | n + 1, s :: ss => s :: takeStatements n ss

/-- Statements kept for one header. -/
def statementsKept : Nat := 32

def openStatement (ref : IO.Ref Store) (header : Header) (text : String) :
    IO (Except Failure Statement) := do
  match findStatement text header.statements with
  | some s => return .ok s
  | none =>
    match ← elaborateStatement header.state text with
    | .error e => return .error e
    | .ok s =>
      let kept := (text, s) :: takeStatements (statementsKept - 1) header.statements
      putHeader ref { header with statements := kept }
      return .ok s

end Driver
end
