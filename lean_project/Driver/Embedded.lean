module
public meta import Lean
public meta import Driver.Serve
public meta section

/-! The embedded Lean: hand the host a closure that answers requests, and stop (see docs/embedded.md). -/
open Lean

namespace Driver

unsafe def addressOfImpl (f : String → BaseIO String) : USize := ptrAddrUnsafe f
@[implemented_by addressOfImpl] opaque addressOf (f : String → BaseIO String) : USize

end Driver

run_cmd do
  -- This library has no code for some of its own functions, so that a definition which uses one
  -- could not be compiled; and nothing here ever runs what a header defines.
  let session ← Driver.newSession (← Lean.getEnv) "@[expose] public noncomputable section"
  -- The dialect lies in the image, so that it costs nothing later.
  match ← Driver.startOf session.store Driver.dialectText with
  | .ok _ => pure ()
  | .error e => throw (Exception.error .missing (.ofFormat (.text e.error)))
  let f := Driver.handle session
  let out ← IO.FS.Handle.mk "/dev/stdout" .write
  out.putStrLn s!"CLOSURE {Driver.addressOf f}"
  out.flush
  -- Answer once, so that what is set up lazily lies in the image.
  let r ← IO.mkRef f
  let g ← r.get
  let reply ← g "{\"id\":\"0\",\"op\":\"judge\",\"statement\":\"theorem warm (a : Nat) (h : a < 2) : a < 3\",\"body\":\"by omega\",\"heartbeats\":20000}"
  out.putStrLn s!"WARM {reply}"
  out.flush
end
