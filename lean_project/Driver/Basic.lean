module
public meta import Lean
public meta section

/-!
Running Lean from inside Lean: parse a command, elaborate it on a state, read the messages.

The embedded Lean interprets this code and its library carries no code of generic helpers, so
recursions are written out over concrete types and `MetaM` actions are run by applying them.
-/
open Lean Elab Command Meta

namespace Driver

def inputContext (src : String) : Parser.InputContext :=
  { inputString := src, fileName := "<input>", fileMap := FileMap.ofString src,
    endPos := src.rawEndPos, endPos_valid := by simp }

partial def appendNames : List Name → List Name → List Name
  | [], b => b
  | x :: xs, b => x :: appendNames xs b

partial def appendMessages : List Message → List Message → List Message
  | [], b => b
  | x :: xs, b => x :: appendMessages xs b

partial def joinStrings (sep : String) : List String → String
  | [] => ""
  | [x] => x
  | x :: xs => x ++ sep ++ joinStrings sep xs

partial def memName (n : Name) : List Name → Bool
  | [] => false
  | x :: xs => n == x || memName n xs

partial def memString (s : String) : List String → Bool
  | [] => false
  | x :: xs => s == x || memString s xs

partial def isPlainRest : List Char → Bool
  | [] => true
  | c :: cs => isIdRest c && isPlainRest cs

/-- One part of a name as Lean's syntax has it: in guillemets unless it is an identifier. -/
def partText (s : String) : String :=
  match s.toList with
  | c :: cs => if isIdFirst c && isPlainRest cs then s else "«" ++ s ++ "»"
  | [] => "«»"

/--
A name as text, different for different names; `Name.toString` itself cannot be compiled from
here.
-/
partial def nameText : Name → String
  | .anonymous => ""
  | .str .anonymous s => partText s
  | .str p s => nameText p ++ "." ++ partText s
  | .num p n => nameText p ++ "." ++ toString n

partial def namesJson : List Name → List Json
  | [] => []
  | x :: xs => Json.str (nameText (privateToUserName x)) :: namesJson xs

partial def stringsJson : List String → List Json
  | [] => []
  | x :: xs => Json.str x :: stringsJson xs

partial def jsonToArray : List Json → Array Json → Array Json
  | [], acc => acc
  | x :: xs, acc => jsonToArray xs (acc.push x)

def jsonArr (l : List Json) : Json := Json.arr (jsonToArray l #[])

/-- One command parsed on its own: its syntax, the parser's state after it, and its errors. -/
def parseCommandAt (ictx : Parser.InputContext) (st : Command.State) (ps : Parser.ModuleParserState) :
    Syntax × Parser.ModuleParserState × MessageLog :=
  match st.scopes with
  | sc :: _ => Parser.parseCommand ictx
      { env := st.env, options := sc.opts, currNamespace := sc.currNamespace,
        openDecls := sc.openDecls } ps {}
  | [] => Parser.parseCommand ictx { env := st.env, options := {} } ps {}

/-- A state to branch from: what the last command said and did on the side is forgotten. -/
def quiet (st : Command.State) : Command.State :=
  { st with messages := {}, infoState := {}, traceState := {}, snapshotTasks := #[] }

/-- `elaborate`, with a place for Lean's incremental elaboration to read and leave snapshots. -/
def elaborateIn (snap? : Option (Language.SnapshotBundle Language.DynamicSnapshot))
    (ictx : Parser.InputContext) (st : Command.State) (cmd : Syntax) : IO Command.State := do
  let ctx : Command.Context :=
    { fileName := "<input>", fileMap := ictx.fileMap, cmdPos := 0, snap?, cancelTk? := none }
  let r ← ((elabCommandTopLevel cmd).run ctx |>.run st).toBaseIO
  match r with
  | .ok (_, st') => return st'
  | .error e =>
    let m : Message :=
      { fileName := "<input>", pos := ⟨1, 0⟩, severity := .error, data := e.toMessageData }
    return { st with messages := st.messages.add m }

/-- Elaborate one command as Lean's own command loop does; an exception becomes a message. -/
def elaborate (ictx : Parser.InputContext) (st : Command.State) (cmd : Syntax) : IO Command.State :=
  elaborateIn none ictx st cmd

def isError (m : Message) : Bool := match m.severity with | .error => true | _ => false

partial def firstError : List Message → Option Message
  | [] => none
  | m :: ms => if isError m then some m else firstError ms

def isHeartbeat (m : Message) : Bool :=
  m.data.hasTag fun n => n == `runtime.maxHeartbeats

partial def anyHeartbeat : List Message → Bool
  | [] => false
  | m :: ms => isHeartbeat m || anyHeartbeat ms

partial def messagesJson : List Message → IO (List Json)
  | [] => return []
  | m :: ms => do
    let text ← m.data.toString
    let severity := match m.severity with
      | .error => "error" | .warning => "warning" | .information => "information"
    let j := Json.mkObj [("severity", severity), ("line", toJson m.pos.line),
      ("column", toJson m.pos.column), ("text", Json.str text)]
    return j :: (← messagesJson ms)

/-- Set an option of the innermost scope, which every later command sees. -/
def withOptions (st : Command.State) (f : Options → Options) : Command.State :=
  match st.scopes with
  | sc :: rest => { st with scopes := { sc with opts := f sc.opts } :: rest }
  | [] => st

/-- `maxHeartbeats` for what follows; 0 is no limit. -/
def withHeartbeats (st : Command.State) (n : Nat) : Command.State :=
  withOptions st fun o => maxHeartbeats.set o n

/--
What every header starts from: nothing asynchronous, no linters, no variables bound by accident
(`∀ x : Real, x = x` must not hold because `Real` is unknown), and declarations public with their
bodies exposed, which is how Lean treats a file that is no module. `scope` is the section command
that says so.
-/
def baseState (env : Environment) (scope : String) : IO Command.State := do
  let st := withOptions (Command.mkState env {} {}) fun o =>
    ((Elab.async.set o false).setBool `linter.all false).setBool `autoImplicit false
  let ictx := inputContext scope
  let (cmd, _, _) := parseCommandAt ictx st {}
  return quiet (← elaborate ictx st cmd)

def currentNamespace (st : Command.State) : Name :=
  match st.scopes with | sc :: _ => sc.currNamespace | [] => .anonymous

def currentOptions (st : Command.State) : Options :=
  match st.scopes with | sc :: _ => sc.opts | [] => {}

/-- Run a `MetaM` action on a state, by hand. -/
def runMeta {α : Type} (st : Command.State) (opts : Options) (act : MetaM α)
    (metaState : Meta.State := {}) : BaseIO (Except Exception α) := do
  let start ← IO.getNumHeartbeats
  let (ns, od) := match st.scopes with
    | sc :: _ => (sc.currNamespace, sc.openDecls) | [] => (.anonymous, [])
  let cctx : Core.Context :=
    { fileName := "<input>", fileMap := FileMap.ofString "", options := opts, currNamespace := ns,
      openDecls := od, initHeartbeats := start }
  let cst ← IO.mkRef ({ env := st.env, ngen := st.ngen } : Core.State)
  let mst ← IO.mkRef metaState
  (act {} mst cctx cst).toBaseIO

end Driver
end
