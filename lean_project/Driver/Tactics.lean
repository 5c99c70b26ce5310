module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta import Driver.Statement
public meta section

/-!
Tactic states with handles, for search over proof states. A finished state proposes a proof; only
`judge` on the whole body says whether it is one.
-/
open Lean Elab Command Meta

namespace Driver

structure TacticState where
  id : Nat
  scope : Command.State
  core : Core.State
  metaState : Meta.State
  goals : List MVarId

structure States where
  next : Nat
  all : List TacticState

partial def findState (id : Nat) : List TacticState → Option TacticState
  | [] => none
  | s :: ss => if s.id == id then some s else findState id ss

partial def dropStates (ids : List Nat) : List TacticState → List TacticState
  | [] => []
  | s :: ss => if memNat s.id ids then dropStates ids ss else s :: dropStates ids ss
where
  memNat (n : Nat) : List Nat → Bool
    | [] => false
    | x :: xs => x == n || memNat n xs

partial def countStates : List TacticState → Nat → Nat
  | [], n => n
  | _ :: ss, n => countStates ss (n + 1)

def coreContext (st : Command.State) (heartbeats : Nat) (src : String) : BaseIO Core.Context := do
  let start ← IO.getNumHeartbeats
  let (ns, od) := match st.scopes with
    | sc :: _ => (sc.currNamespace, sc.openDecls) | [] => (.anonymous, [])
  let opts := maxHeartbeats.set (currentOptions st) heartbeats
  return { fileName := "<input>", fileMap := FileMap.ofString src, options := opts,
           currNamespace := ns, openDecls := od, initHeartbeats := start,
           maxHeartbeats := heartbeats * 1000 }

partial def goalTexts : List MVarId → MetaM (List String)
  | [] => return []
  | g :: gs => do
    let f ← Meta.ppGoal g
    return f.pretty :: (← goalTexts gs)

/-- Run a `MetaM` action on a stored state's references. -/
def onState {α : Type} (cctx : Core.Context) (core : Core.State) (ms : Meta.State)
    (act : MetaM α) : BaseIO (Except Exception (α × Core.State × Meta.State)) := do
  let cst ← IO.mkRef core
  let mst ← IO.mkRef ms
  match ← (act {} mst cctx cst).toBaseIO with
  | .ok a => return .ok (a, ← cst.get, ← mst.get)
  | .error e => return .error e

def startGoal (s : Statement) (intros : Nat) : MetaM MVarId := do
  let m ← mkFreshExprMVar (some s.type) .syntheticOpaque
  let (_, g) ← m.mvarId!.introNP intros
  return g

def runTactic (stx : Syntax) (g : MVarId) : MetaM (List MVarId) := do
  let (gs, _) ← Lean.Elab.runTactic g stx
  return gs

partial def appendGoals : List MVarId → List MVarId → List MVarId
  | [], b => b
  | x :: xs, b => x :: appendGoals xs b

end Driver
end
