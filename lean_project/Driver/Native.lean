module
public meta import Lean
public meta import Driver.Serve
public meta section

/-! A native Lean: one request a line over stdin, one reply a line on stdout, until stdin ends. -/
open Lean

namespace Driver

partial def loop (s : Session) (input output : IO.FS.Handle) : IO Unit := do
  let line ← input.getLine
  if line.isEmpty then return ()
  -- A request may ask for a Lean that has seen no candidate: this one then starts over.
  let fresh := match Json.parse line with
    | .ok j => match j.getObjVal? "fresh" with | .ok (.bool true) => true | _ => false
    | .error _ => false
  if fresh then
    s.store.set { (← s.store.get) with headers := [] }
    s.states.set { next := 1, all := [] }
  output.putStrLn (← handle s line)
  output.flush
  loop s input output

end Driver

run_cmd do
  let session ← Driver.newSession (← Lean.getEnv) "@[expose] public section"
  let input ← IO.FS.Handle.mk "/dev/stdin" .read
  let output ← IO.FS.Handle.mk "/dev/stdout" .write
  output.putStrLn "{\"ready\":true}"
  output.flush
  Driver.loop session input output
end
