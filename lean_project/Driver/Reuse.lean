module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Infos
public meta section

/-!
One statement elaborated with many bodies. Lean's own incremental elaboration takes over what two
elaborations of a command have in common: the statement itself, and the tactics at the beginning
of the body that are the same text. All else is elaborated as if it were the first.
-/
open Lean Elab Command Meta Language

namespace Driver

/-- An elaboration that another one may begin like. -/
structure Earlier where
  /-- The body's lines. -/
  lines : List String
  snapshot : SyntaxGuarded (SnapshotTask DynamicSnapshot)

/-- What an elaboration came to. -/
structure Elaborated where
  /-- With every message, those that were taken over too. -/
  state : Command.State
  /-- What was taken over, or may be. -/
  snapshots : List Snapshot
  earlier : Option Earlier

mutual
partial def snapshotsOf (t : SnapshotTree) (acc : List Snapshot) : List Snapshot :=
  match t with
  | .mk element children => element :: snapshotsAt children 0 acc
partial def snapshotsAt (a : Array (SnapshotTask SnapshotTree)) (i : Nat) (acc : List Snapshot) :
    List Snapshot :=
  if h : i < a.size then snapshotsOf a[i].task.get (snapshotsAt a (i + 1) acc) else acc
end

partial def messagesOf : List Snapshot → MessageLog → MessageLog
  | [], acc => acc
  | s :: ss, acc => messagesOf ss (acc ++ s.diagnostics.msgLog)

partial def sameLines : List String → List String → Nat → Nat
  | a :: as, b :: bs, n => if a == b then sameLines as bs (n + 1) else n
  | _, _, n => n

/-- The one that begins most like `lines`; the newest of equals. -/
partial def mostAlike (lines : List String) :
    List Earlier → Option (Nat × Earlier) → Option Earlier
  | [], best => match best with | some (_, e) => some e | none => none
  | e :: es, best =>
    let n := sameLines lines e.lines 0
    match best with
    | some (m, _) => mostAlike lines es (if m < n then some (n, e) else best)
    | none => mostAlike lines es (some (n, e))

partial def takeEarlier : Nat → List Earlier → List Earlier
  | 0, _ => []
  | _, [] => []
  | n + 1, e :: es => e :: takeEarlier n es

/-- Elaborations kept for one statement. Each holds the states between its tactics. -/
def earlierKept : Nat := 4

/-- `elaborate` for a theorem with this body, taking over from `old` what the two share. -/
def elaborateLike (old : List Earlier) (body : String) (st : Command.State) (cmd : Syntax) :
    IO Elaborated := do
  let lines := body.splitOn "\n"
  let old? := match mostAlike lines old none with | some e => some e.snapshot | none => none
  let new : IO.Promise DynamicSnapshot ← IO.Promise.new
  let st' ← elaborateIn (some { old?, new }) (inputContext body) st cmd
  -- Nothing runs beside us: a promise that is not kept by now never will be.
  if (← IO.getTaskState new.result?) matches .finished then
    match new.result?.get with
    | none => return { state := st', snapshots := [], earlier := none }
    | some made =>
      let all := snapshotsOf made.tree.get []
      let task : SnapshotTask DynamicSnapshot :=
        { stx? := some cmd, reportingRange := .skip, cancelTk? := none, task := .pure made }
      let messages := messagesOf all {} ++ st'.messages
      return { state := { st' with messages }, snapshots := all,
               earlier := some { lines, snapshot := { stx := cmd, val := task } } }
  else return { state := st', snapshots := [], earlier := none }

partial def infosIn (enter : Info → Bool) (ss : List Snapshot) (acc : List Note) : List Note :=
  match ss with
  | [] => acc
  | s :: ss => match s.infoTree? with
    | some t => infosIn enter ss (infosInTree enter t none acc)
    | none => infosIn enter ss acc

/-- What Lean noted around byte `p` of the body, where the state asked for notes. -/
def Elaborated.infosAround (made : Elaborated) (p : Nat) : List Note :=
  let trees := made.state.infoState.trees
  let own := infosInTrees (around p) trees.tail 0 none (infosInNode (around p) trees.root none [])
  infosIn (around p) made.snapshots own

def remember (ref : IO.Ref (List Earlier)) (e : Option Earlier) : BaseIO Unit := do
  match e with
  | none => return ()
  | some e => ref.set (e :: takeEarlier (earlierKept - 1) (← ref.get))

end Driver
end
