module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Statement
public meta import Driver.Body
public meta import Driver.Goal
public meta import Driver.File
public meta section

/-!
A whole file as somebody wrote it, taken apart by Lean's parser: its theorems, each as a statement
and the text of one term. Nothing is elaborated but `open`, `namespace`, `section` and `end`, whose
names and notations the parser needs.
-/
open Lean Elab Command Meta

namespace Driver

/-- `lemma` as Mathlib has it; core Lean's parser does not know the word. -/
def lemmaSyntax : String :=
  "syntax (name := lemma) declModifiers group(\"lemma \" declId ppIndent(declSig) declVal) : command"

/-- One theorem of the text; `error` says where the parser lost it, or why it is no single term. -/
structure Piece where
  /-- As written, and with the namespace that it stands in. -/
  name : String := ""
  full : Name := .anonymous
  statement : String := ""
  body : String := ""
  line : Nat := 0
  column : Nat := 0
  sorries : Bool := false
  error : Option Json := none

/-- A command that is passed over, or may not stand in a candidate. -/
structure Aside where
  line : Nat
  column : Nat
  kind : String
  text : String

structure Parts where
  state : Command.State
  /-- `variable`s are in scope as long as so many scopes are open; 0 if there are none. -/
  variables : Nat := 0
  /-- These three newest first. -/
  pieces : List Piece := []
  skipped : List Aside := []
  refused : List Aside := []
  error : Option Json := none

/-- What stays the same throughout a text. -/
structure Source where
  ictx : Parser.InputContext
  header : String
  /-- The trusted theorem's full name, and the kind of a `lemma`. -/
  target : Name
  lemmaKind : Name

def textBetween (src : Source) (b e : String.Pos.Raw) : String :=
  String.Pos.Raw.extract src.ictx.inputString b e

def textOf (src : Source) (stx : Syntax) : String :=
  match stx.getPos? true, stx.getTailPos? true with
  | some b, some e => textBetween src b e
  | _, _ => ""

def placeOf (src : Source) (stx : Syntax) : Position :=
  match stx.getPos? true with
  | some p => src.ictx.fileMap.toPosition p
  | none => ⟨0, 0⟩

def isThere (stx : Syntax) : Bool :=
  match stx.getPos? true with
  | some _ => true
  | none => false

partial def blanks : Nat → String → String
  | 0, s => s
  | n + 1, s => blanks n (" " ++ s)

/--
A term's text. Its lines keep their columns, which Lean's parser compares: unless the first is a
bare `by`, it begins where it began.
-/
def bodyText (src : Source) (stx : Syntax) : String :=
  let text := textOf src stx
  match text.splitOn "\n" with
  | first :: _ :: _ =>
    if first.trimAscii.toString == "by" then text else blanks (placeOf src stx).column text
  | _ => text

mutual
partial def anyIn (p : Syntax → Bool) (a : Array Syntax) (i : Nat) : Bool :=
  if h : i < a.size then anySyntax p a[i] || anyIn p a (i + 1) else false
partial def anySyntax (p : Syntax → Bool) (stx : Syntax) : Bool :=
  p stx || match stx with
    | .node _ _ args => anyIn p args 0
    | _ => false
end

def isSorry (stx : Syntax) : Bool :=
  memName stx.getKind
    [``Parser.Term.sorry, ``Parser.Tactic.tacticSorry, ``Parser.Tactic.tacticAdmit]

/-- The declaration's value as one term, or why it is none. -/
def valueText (src : Source) (name : Name) (val : Syntax) : Except String String :=
  if val.getKind == ``Parser.Command.declValSimple then
    if isThere (val.getArg 3) || isThere (val.getArg 2) then .error "`where` and termination hints"
    else .ok (bodyText src (val.getArg 1))
  else if val.getKind == ``Parser.Command.declValEqns then
    let eqns := val.getArg 0
    if isThere (eqns.getArg 1) || isThere (eqns.getArg 2) then .error "`where` and termination hints"
    else if anySyntax (fun s => name.isPrefixOf s.getId) eqns then
      .error "equations that use the theorem itself"
    else
      let text := textOf src (eqns.getArg 0)
      .ok ("fun\n" ++ blanks (placeOf src eqns).column text)
  else .error "a structure's fields"

def asideAt (src : Source) (cmd : Syntax) (kind text : String) : Aside :=
  let p := placeOf src cmd
  { line := p.line, column := p.column, kind, text }

def firstLine (text : String) : String :=
  match text.splitOn "\n" with
  | l :: _ => l
  | [] => ""

def Parts.skip (parts : Parts) (src : Source) (cmd : Syntax) : Parts :=
  let aside := asideAt src cmd (lastPart cmd.getKind) (firstLine (textOf src cmd))
  { parts with skipped := aside :: parts.skipped }

def Parts.refuse (parts : Parts) (src : Source) (cmd : Syntax) (kind why : String) : Parts :=
  { parts with refused := asideAt src cmd kind why :: parts.refused }

/-- The theorem, `lemma` or `example` that a command is, as `keyword declId declSig declVal`. -/
def theoremNode (src : Source) (cmd : Syntax) : Option Syntax :=
  let decl := cmd.getArg 1
  if cmd.getKind == src.lemmaKind then some decl
  else if cmd.getKind == ``Parser.Command.declaration
    && memName decl.getKind [``Parser.Command.theorem, ``Parser.Command.example] then some decl
  else none

/-- `theorem NAME binders : type`, if the parser came as far as what is behind it. -/
def statementOf (src : Source) (decl sig val : Syntax) : String :=
  match (decl.getArg 0).getTailPos? true, sig.getTailPos? true, val.getPos? true with
  | some b, some e, some _ => "theorem" ++ textBetween src b e
  | _, _, _ => ""

/-- A theorem; `error` is set where it was not parsed to its end. -/
def addTheorem (src : Source) (cmd decl : Syntax) (error : Option Json) (parts : Parts) : Parts :=
  let isExample := decl.getKind == ``Parser.Command.example
  let id := (decl.getArg 1).getArg 0
  let (sig, val) := if isExample then (decl.getArg 1, decl.getArg 2) else (decl.getArg 2, decl.getArg 3)
  let name := if isExample then .anonymous else id.getId
  let full := if (`_root_).isPrefixOf name then name.replacePrefix `_root_ .anonymous
    else if isExample then .anonymous else currentNamespace parts.state ++ name
  let written := if isExample then "" else textOf src id
  let statement := statementOf src decl sig val
  match error with
  | some _ =>
    let p := placeOf src cmd
    let piece : Piece :=
      { name := written, full, statement, error, line := p.line, column := p.column }
    { parts with pieces := piece :: parts.pieces }
  | none =>
    match valueText src name val with
    | .error why =>
      let p := placeOf src val
      let why := s!"the proof of {written} is no single term: {why}"
      let error := Json.mkObj
        [("line", toJson p.line), ("column", toJson p.column), ("text", Json.str why)]
      let piece : Piece :=
        { name := written, full, error := some error, line := p.line, column := p.column }
      { parts.refuse src cmd "theorem" why with pieces := piece :: parts.pieces }
    | .ok body =>
      if 0 < parts.variables && !(full == src.target) then
        parts.refuse src cmd "theorem" s!"{written} may use a `variable`: a lemma states all it needs"
      else
        let value := if val.getKind == ``Parser.Command.declValSimple then val.getArg 1 else val
        let p := placeOf src value
        let piece : Piece :=
          { name := written, full, statement, body, line := p.line, column := p.column,
            sorries := anySyntax isSorry val }
        { parts with pieces := piece :: parts.pieces }

/-- Commands that change nothing of what a body means here, or whose effect on it is lost. -/
def skippedCommands : List Name :=
  [``Parser.Command.set_option, ``Parser.Command.universe, ``Parser.Command.moduleDoc,
   ``Parser.Command.import, ``Parser.Command.include, ``Parser.Command.omit,
   ``Parser.Command.check, ``Parser.Command.print, ``Parser.Command.printAxioms]

/-- Commands that the parser has to know of: none of them holds a term. -/
def scopeCommands : List Name :=
  [``Parser.Command.open, ``Parser.Command.namespace, ``Parser.Command.section, ``Parser.Command.end]

def enterScope (src : Source) (cmd : Syntax) (parts : Parts) : IO Parts := do
  let before := countScopes parts.state.scopes 0
  let st ← elaborate src.ictx (quiet parts.state) cmd
  let after := countScopes st.scopes 0
  -- One that the text has not opened stays open.
  let state := if after == 0 then parts.state else quiet st
  let variables := if after < before && after < parts.variables then 0 else parts.variables
  return ({ parts with state, variables } : Parts).skip src cmd

/-- What a command that may not stand in a candidate is called. -/
def refusedKind (cmd : Syntax) : String :=
  if cmd.getKind == ``Parser.Command.declaration then
    match (cmd.getArg 1).getArg 0 with
    | .atom _ word => word
    | other => match other.getArg 0 with
      | .atom _ word => word
      | _ => lastPart (cmd.getArg 1).getKind
  else lastPart cmd.getKind

def inHeader (src : Source) (cmd : Syntax) : Bool :=
  match src.header.splitOn (textOf src cmd) with
  | _ :: _ :: _ => true
  | _ => false

partial def addCommand (src : Source) (cmd : Syntax) (error : Option Json) (parts : Parts) :
    IO Parts := do
  let k := cmd.getKind
  if k == ``Parser.Command.in then
    addCommand src (cmd.getArg 2) error (parts.skip src (cmd.getArg 0))
  else match theoremNode src cmd with
    | some decl => return addTheorem src cmd decl error parts
    | none =>
      if memName k scopeCommands then enterScope src cmd parts
      else if inHeader src cmd then return parts.skip src cmd
      else if k == ``Parser.Command.variable then
        let outermost := if 0 < parts.variables then parts.variables else countScopes parts.state.scopes 0
        return ({ parts with variables := outermost } : Parts).skip src cmd
      else if memName k skippedCommands then return parts.skip src cmd
      else match error with
        -- What the parser lost may be anything.
        | some _ => return parts
        | none => return parts.refuse src cmd (refusedKind cmd) "a candidate holds theorems only"

/-- A message of the parser as JSON, the name of a tactic that does not exist in it. -/
def errorJson (src : Source) (m : Message) : IO Json := do
  let (column, text) := unknownTactic src.ictx.inputString m.pos.line m.pos.column (← m.data.toString)
  return Json.mkObj [("line", toJson m.pos.line), ("column", toJson column), ("text", Json.str text)]

def noLater (p q : Position) : Bool := p.line < q.line || (p.line == q.line && p.column < q.column + 1)

/-- The first message at or behind `p`. -/
partial def messageFrom (p : Position) : List Message → Option Message
  | [] => none
  | m :: ms => if noLater p m.pos then some m else messageFrom p ms

def noteError (src : Source) (messages : List Message) (parts : Parts) : IO Parts := do
  match parts.error, messages with
  | none, m :: _ => return { parts with error := some (← errorJson src m) }
  | _, _ => return parts

partial def splitFrom (src : Source) (ps : Parser.ModuleParserState) (parts : Parts) : IO Parts := do
  let (cmd, ps, said) := parseCommandAt src.ictx parts.state ps
  let said := said.toList
  let parts ← noteError src said parts
  if cmd.getKind == ``Parser.Command.eoi then return parts else
  if Parser.isTerminalCommand cmd && !memName cmd.getKind skippedCommands then
    return parts.refuse src cmd (lastPart cmd.getKind) "nothing behind it counts"
  -- What the parser passed over before the command is no fault of the command's.
  let error ← match messageFrom (placeOf src cmd) said with
    | some m => pure (some (← errorJson src m))
    | none => pure none
  splitFrom src ps (← addCommand src cmd error parts)

partial def reversePieces : List Piece → List Piece → List Piece
  | [], acc => acc
  | x :: xs, acc => reversePieces xs (x :: acc)

/-- 2 for the trusted full name, 1 for that name as it is written, 0 for another. -/
def nameRank (target : Name) (p : Piece) : Nat :=
  if p.full == target then 2 else if p.name == nameText target then 1 else 0

def Piece.usable (p : Piece) : Bool :=
  match p.error with
  | none => !p.sorries
  | some _ => false

/--
The theorem to take for the problem's: one of its name, those that can be used first; else the last
one. Of equals the last.
-/
partial def targetOf (target : Name) (pieces : List Piece) (i : Nat) (best : Option (Nat × Nat)) :
    Option (Nat × Nat) :=
  match pieces with
  | [] => best
  | p :: ps =>
    let rank := nameRank target p
    let rank := if rank == 0 then 0 else 2 * rank + (if p.usable then 1 else 0)
    let best := match best with
      | some (r, j) => if rank < r then some (r, j) else some (rank, i)
      | none => some (rank, i)
    targetOf target ps (i + 1) best

def Piece.isExample (p : Piece) : Bool :=
  match p.error with
  | none => p.name == ""
  | some _ => false

partial def withoutExamples : List Piece → List Piece
  | [] => []
  | p :: ps => if p.isExample then withoutExamples ps else p :: withoutExamples ps

partial def piecesJson : List Piece → List Json
  | [] => []
  | p :: ps => Json.mkObj [("name", Json.str p.name), ("statement", Json.str p.statement),
      ("body", Json.str p.body), ("line", toJson p.line), ("column", toJson p.column),
      ("sorry", Json.bool p.sorries),
      ("error", match p.error with | some e => e | none => Json.null)] :: piecesJson ps

partial def asidesJson (key : String) : List Aside → List Json → List Json
  | [], acc => acc
  | a :: as, acc => asidesJson key as (Json.mkObj [("line", toJson a.line),
      ("column", toJson a.column), ("kind", Json.str a.kind), (key, Json.str a.text)] :: acc)

def partsJson (target : Name) (parts : Parts) : Json :=
  let all := reversePieces parts.pieces []
  let named := withoutExamples all
  -- An `example` counts where there is nothing else.
  let pieces := match named with | [] => all | _ => named
  let index := match targetOf target pieces 0 none with
    | some (_, i) => toJson i
    | none => Json.null
  Json.mkObj [("ok", Json.bool true), ("theorems", jsonArr (piecesJson pieces)), ("target", index),
    ("refused", jsonArr (asidesJson "why" parts.refused [])),
    ("skipped", jsonArr (asidesJson "text" parts.skipped [])),
    ("error", match parts.error with | some e => e | none => Json.null)]

/-- The state to parse in, and the kind that a `lemma` has there. -/
def knowingLemma (st : Command.State) : IO (Command.State × Name) := do
  if st.env.contains `lemma then return (st, `lemma)
  let ictx := inputContext lemmaSyntax
  let (cmd, _, _) := parseCommandAt ictx st {}
  return (quiet (← elaborate ictx (quiet st) cmd), currentNamespace st ++ `lemma)

def Header.forParsing (h : Header) : IO (Command.State × Name) := do
  match ← h.parsing.get with
  | some known => return known
  | none =>
    let known ← knowingLemma h.state
    h.parsing.set (some known)
    return known

def split (h : Header) (statement text : String) : IO (Except Failure Json) := do
  match ← parseStatement h.state statement with
  | .error f => return .error f
  | .ok trusted =>
    let target := declaredName h.state trusted
    let (state, lemmaKind) ← h.forParsing
    let src : Source := { ictx := inputContext text, header := h.text, target, lemmaKind }
    let (imports, ps, said) ← Parser.parseHeader src.ictx
    let parts ← noteError src said.toList { state }
    let parts := if isThere imports then parts.skip src imports else parts
    return .ok (partsJson target (← splitFrom src ps parts))

end Driver
end
