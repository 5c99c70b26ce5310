module
public meta import Lean
public meta import Driver.Basic
public meta section

/-! What Lean notes while it elaborates: which goals each tactic met, where each term stood. -/
open Lean Elab Command Meta

namespace Driver

abbrev Note := Option ContextInfo × Info

mutual
partial def infosInNode (enter : Info → Bool) (n : PersistentArrayNode InfoTree)
    (ctx? : Option ContextInfo) (acc : List Note) : List Note :=
  match n with
  | .leaf vs => infosInTrees enter vs 0 ctx? acc
  | .node cs => infosInNodes enter cs 0 ctx? acc
partial def infosInNodes (enter : Info → Bool) (cs : Array (PersistentArrayNode InfoTree)) (i : Nat)
    (ctx? : Option ContextInfo)
    (acc : List Note) : List Note :=
  if h : i < cs.size then infosInNodes enter cs (i + 1) ctx? (infosInNode enter cs[i] ctx? acc)
  else acc
partial def infosInTrees (enter : Info → Bool) (a : Array InfoTree) (i : Nat) (ctx? : Option ContextInfo)
    (acc : List Note) : List Note :=
  if h : i < a.size then infosInTrees enter a (i + 1) ctx? (infosInTree enter a[i] ctx? acc)
  else acc
partial def infosInTree (enter : Info → Bool) (t : InfoTree) (ctx? : Option ContextInfo)
    (acc : List Note) : List Note :=
  match t with
  | .context c t => infosInTree enter t (c.mergeIntoOuter? ctx?) acc
  | .node i ts =>
    if enter i then
      infosInTrees enter ts.tail 0 ctx? (infosInNode enter ts.root ctx? ((ctx?, i) :: acc))
    else acc
  | .hole _ => acc
end

partial def reverseInfos : List Note → List Note → List Note
  | [], acc => acc
  | x :: xs, acc => reverseInfos xs (x :: acc)

def everything (_ : Info) : Bool := true

/-- Every note of these trees with its context, in order. -/
def allInfos (trees : PersistentArray InfoTree) : List Note :=
  let root := infosInNode everything trees.root none []
  reverseInfos (infosInTrees everything trees.tail 0 none root) []

/-- First and last byte of a tactic in the text. -/
def rangeOf (i : TacticInfo) : Option (Nat × Nat) :=
  match i.stx.getPos? true, i.stx.getTailPos? true with
  | some s, some e => some (s.byteIdx, e.byteIdx)
  | _, _ => none

/--
False for what begins behind byte `p`. What ends before it may still have the tactic that we look
for below it: a whole block is noted under its token `by`. Terms say nothing, since a statement's
count from another text.
-/
def around (p : Nat) : Info → Bool
  | .ofTacticInfo i => match rangeOf i with
    | some (s, _) => s < p + 1
    | none => true
  | _ => true

/-- A tactic in the text. -/
structure TacticAt where
  start : Nat
  stop : Nat
  info : TacticInfo

/-- The smallest tactic around byte `p`, and the end of the largest that begins where it does. -/
partial def smallest (p : Nat) (best : Option TacticAt) (stop : Nat) :
    List Note → Option (TacticAt × Nat)
  | [] => match best with | some b => some (b, stop) | none => none
  | (_, .ofTacticInfo ti) :: rest =>
    match rangeOf ti with
    | none => smallest p best stop rest
    | some (s, e) =>
      if e < p then smallest p best stop rest else
      match best with
      | none => smallest p (some ⟨s, e, ti⟩) e rest
      | some b =>
        let better := e - s < b.stop - b.start
        let stop := if s == b.start then max stop e else if better then e else stop
        smallest p (if better then some ⟨s, e, ti⟩ else best) stop rest
  | _ :: rest => smallest p best stop rest

/-- The goals in which something failed, and from where on. -/
structure Failing where
  line : Nat
  column : Nat
  goals : List String

/-- Goals printed of one state at most. -/
def goalsPrinted : Nat := 3

/-- Heartbeats that printing them may take, in thousands. -/
def goalHeartbeats : Nat := 20000

partial def printGoals : Nat → List MVarId → MetaM (List String)
  | 0, _ => return []
  | _, [] => return []
  | n + 1, g :: gs => do
    let f ← Meta.ppGoal g
    return f.pretty :: (← printGoals n gs)

/-- The goals that were there where this error arose; of unsolved goals, those.
`infos` are the notes around its byte `p`. -/
def failingAt (st : Command.State) (ictx : Parser.InputContext) (text : String)
    (p : Nat) (infos : List Note) : BaseIO (Option Failing) := do
  match smallest p none 0 infos with
  | none => return none
  | some (t, stop) =>
    let left := text.startsWith "unsolved goals"
    let (goals, mctx, place) := if left then (t.info.goalsAfter, t.info.mctxAfter, stop)
      else (t.info.goalsBefore, t.info.mctxBefore, t.start)
    let opts := maxHeartbeats.set (currentOptions st) goalHeartbeats
    let pos := ictx.fileMap.toPosition ⟨place⟩
    match ← runMeta st opts (printGoals goalsPrinted goals) { mctx } with
    | .ok texts => return some ⟨pos.line, pos.column, texts⟩
    | .error _ => return none

end Driver
end
