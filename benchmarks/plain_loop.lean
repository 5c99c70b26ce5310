module
public meta import Lean
public meta section

/-! What the driver is compared with: a read-eval loop without any reuse. It reads a JSON line
`{"id", "text"}`, elaborates all commands of the text on the environment that it was started in,
as Lean does with a file, and says whether there were errors. -/
open Lean Elab Command

namespace Plain

def inputContext (src : String) : Parser.InputContext :=
  { inputString := src, fileName := "<input>", fileMap := FileMap.ofString src,
    endPos := src.rawEndPos, endPos_valid := by simp }

def elaborate (ictx : Parser.InputContext) (st : Command.State) (cmd : Syntax) : IO Command.State := do
  let ctx : Command.Context :=
    { fileName := "<input>", fileMap := ictx.fileMap, cmdPos := 0, snap? := none, cancelTk? := none }
  match ← ((elabCommandTopLevel cmd).run ctx |>.run st).toBaseIO with
  | .ok (_, after) => return after
  | .error e =>
    let m : Message :=
      { fileName := "<input>", pos := ⟨1, 0⟩, severity := .error, data := e.toMessageData }
    return { st with messages := st.messages.add m }

def options (st : Command.State) : Options :=
  match st.scopes with | sc :: _ => sc.opts | [] => {}

partial def commands (ictx : Parser.InputContext) (st : Command.State)
    (ps : Parser.ModuleParserState) : IO Command.State := do
  let (cmd, ps, msgs) := Parser.parseCommand ictx { env := st.env, options := options st } ps st.messages
  let st := { st with messages := msgs }
  if Parser.isTerminalCommand cmd then return st
  commands ictx (← elaborate ictx st cmd) ps

def elaborateText (st : Command.State) (src : String) : IO Command.State :=
  commands (inputContext src) st {}

def field (j : Json) (key : String) : String :=
  match j.getObjVal? key with | .ok (.str s) => s | _ => ""

def answer (base : Command.State) (line : String) : IO Json := do
  match Json.parse line with
  | .error e => return Json.mkObj [("error", Json.str e)]
  | .ok j =>
    let st ← elaborateText base (field j "text")
    let verdict := if st.messages.hasErrors then "rejected" else "proved"
    return Json.mkObj [("id", Json.str (field j "id")), ("ok", Json.bool true),
      ("verdict", Json.str verdict)]

partial def loop (base : Command.State) (input output : IO.FS.Handle) : IO Unit := do
  let line ← input.getLine
  unless line.isEmpty do output.putStrLn (← answer base line).compress
  output.flush
  loop base input output

end Plain

run_cmd do
  let input ← IO.FS.Handle.mk "/dev/stdin" .read
  let output ← IO.FS.Handle.mk "/dev/stdout" .write
  let base ← Plain.elaborateText (Command.mkState (← Lean.getEnv) {} {}) "@[expose] public noncomputable section"
  output.putStrLn "{\"ready\":true}"
  output.flush
  Plain.loop { base with messages := {} } input output
end
