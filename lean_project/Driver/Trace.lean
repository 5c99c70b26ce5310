module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Infos
public meta import Driver.Statement
public meta import Driver.Judge
public meta import Driver.Sketch
public meta section

/-!
A body tactic by tactic: which goals each one met and which it left, as Lean noted while it
elaborated the whole. Nothing is proved by it: no kernel, no audit.
-/
open Lean Elab Command Meta

namespace Driver

/-- A tactic that stands in a block of its own right; `depth` counts the tactics around it. -/
structure TacticSpan where
  start : String.Pos.Raw
  stop : String.Pos.Raw
  depth : Nat

def isBlock (kind : SyntaxNodeKind) : Bool :=
  kind == ``Parser.Tactic.tacticSeq1Indented || kind == ``Parser.Tactic.tacticSeqBracketed

mutual
/-- Newest first. -/
partial def tacticsIn (stx : Syntax) (depth : Nat) (acc : List TacticSpan) : List TacticSpan :=
  match stx with
  | .node _ kind args =>
    if isBlock kind then
      let items := if kind == ``Parser.Tactic.tacticSeqBracketed then stx[1] else stx[0]
      blockFrom items.getArgs 0 depth acc
    else tacticsFrom args 0 depth acc
  | _ => acc
partial def tacticsFrom (args : Array Syntax) (i depth : Nat) (acc : List TacticSpan) :
    List TacticSpan :=
  if h : i < args.size then tacticsFrom args (i + 1) depth (tacticsIn args[i] depth acc) else acc
/-- Every other one is a separator. -/
partial def blockFrom (args : Array Syntax) (i depth : Nat) (acc : List TacticSpan) :
    List TacticSpan :=
  if h : i < args.size then
    let t := args[i]
    let acc := match t.getPos? true, t.getTailPos? true with
      | some start, some stop => { start, stop, depth } :: acc
      | _, _ => acc
    blockFrom args (i + 2) depth (tacticsIn t (depth + 1) acc)
  else acc
end

/-- The first note of a tactic in this place: run on several goals, it has several. -/
partial def infoAt (t : TacticSpan) : List Note → Option TacticInfo
  | [] => none
  | (_, .ofTacticInfo ti) :: rest =>
    match rangeOf ti with
    | some (s, e) =>
      if s == t.start.byteIdx && e == t.stop.byteIdx then some ti else infoAt t rest
    | none => infoAt t rest
  | _ :: rest => infoAt t rest

/-- Goals printed of one state of a trace at most. -/
def tracedGoals : Nat := 8

def goalsJson (st : Command.State) (mctx : MetavarContext) (goals : List MVarId) : BaseIO Json := do
  let opts := maxHeartbeats.set (currentOptions st) goalHeartbeats
  match ← runMeta st opts (printGoals tracedGoals goals) { mctx } with
  | .ok texts => return jsonArr (stringsJson texts)
  | .error _ => return Json.null

/-- In the order of the text, since the spans come newest first. -/
partial def stepsJson (st : Command.State) (body : String) (infos : List Note) :
    List TacticSpan → List Json → BaseIO (List Json)
  | [], acc => return acc
  | t :: rest, acc => do
    match infoAt t infos with
    | none => stepsJson st body infos rest acc
    | some ti =>
      let step := Json.mkObj [("start", toJson (characters body t.start)),
        ("end", toJson (characters body t.stop)), ("depth", toJson t.depth),
        ("before", ← goalsJson st ti.mctxBefore ti.goalsBefore),
        ("after", ← goalsJson st ti.mctxAfter ti.goalsAfter)]
      stepsJson st body infos rest (step :: acc)

/-- The first error, if there is one, and the tactics that Lean came to. -/
def trace (header : Header) (s : Statement) (lemmas : List (String × String)) (body : String)
    (heartbeats : Nat) : IO (Judgement × List Json) := do
  let st := withHeartbeats header.state heartbeats
  match ← tryLemmas header.grammar st lemmas with
  | .error j => return (j, [])
  | .ok st1 =>
    match parseBody header.grammar st1 false body with
    | .error j => return (j, [])
    | .ok stx =>
      let st1 := quiet st1
      let st1 := { st1 with infoState := { st1.infoState with enabled := true } }
      let made ← elaborate (inputContext body) st1 (splice s.cmd stx)
      let infos := allInfos made.infoState.trees
      let steps ← stepsJson made body infos (tacticsIn stx 0 []) []
      match ← judgeMessages made.messages.toList with
      | some j => return (j, steps)
      | none => return ({ verdict := "proved" }, steps)

end Driver
end
