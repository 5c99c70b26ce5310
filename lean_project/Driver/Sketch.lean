module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Infos
public meta import Driver.Statement
public meta import Driver.Judge
public meta import Driver.Goal
public meta section

/-! A body with `sorry` holes: elaborated once, each hole turned into a closed goal. -/
open Lean Elab Command Meta

namespace Driver

/-- A `sorry` as the info tree has it: where, and the goal that it was to close. -/
structure Hole where
  start : String.Pos.Raw
  stop : String.Pos.Raw
  term : Bool
  lctx : LocalContext
  target : Expr
  mctx : MetavarContext

partial def holeSeen (p : String.Pos.Raw) (term : Bool) : List Hole → Bool
  | [] => false
  | h :: hs => (h.start == p && (term || !h.term)) || holeSeen p term hs

def tacticHole (ti : TacticInfo) : Option Hole :=
  if ti.stx.getKind != ``Parser.Tactic.tacticSorry then none else
  match ti.stx.getPos? true, ti.stx.getTailPos? true, ti.goalsBefore with
  | some s, some e, g :: _ =>
    match ti.mctxBefore.findDecl? g with
    | some d => some { start := s, stop := e, term := false, lctx := d.lctx, target := d.type,
                       mctx := ti.mctxBefore }
    | none => none
  | _, _, _ => none

def termHole (mctx : MetavarContext) (ti : TermInfo) : Option Hole :=
  if ti.stx.getKind != ``Parser.Term.sorry then none else
  match ti.stx.getPos? true, ti.stx.getTailPos? true, ti.expectedType? with
  | some s, some e, some t => some { start := s, stop := e, term := true, lctx := ti.lctx,
                                     target := t, mctx }
  | _, _, _ => none

def addHole (h : Option Hole) (acc : List Hole) : List Hole :=
  match h with
  | none => acc
  | some h => if h.term && holeSeen h.start true acc then acc else h :: acc

partial def holesOf (infos : List Note) (acc : List Hole) : List Hole :=
  match infos with
  | [] => acc
  | (_, .ofTacticInfo ti) :: rest => holesOf rest (addHole (tacticHole ti) acc)
  | (some c, .ofTermInfo ti) :: rest => holesOf rest (addHole (termHole c.mctx ti) acc)
  | _ :: rest => holesOf rest acc

partial def insertHole (h : Hole) : List Hole → List Hole
  | [] => [h]
  | g :: gs => if h.start.byteIdx < g.start.byteIdx then h :: g :: gs else g :: insertHole h gs

partial def sortHoles : List Hole → List Hole → List Hole
  | [], acc => acc
  | h :: hs, acc => sortHoles hs (insertHole h acc)

partial def repeated : List Hole → Bool
  | a :: b :: rest => a.start == b.start || repeated (b :: rest)
  | _ => false

/-- The visible hypotheses of a hole in order, each with the name a filler can call it by. -/
structure Local where
  fvar : FVarId
  name : String
  renamed : Bool
  value : Bool

partial def laterNames (decls : List LocalDecl) : List Name :=
  match decls with
  | [] => []
  | d :: ds => d.userName :: laterNames ds

partial def visibleFrom (lctx : LocalContext) (fvars : Array Expr) (i : Nat) : List LocalDecl :=
  if h : i < fvars.size then
    match lctx.find? fvars[i].fvarId! with
    | some d =>
      if d.isImplementationDetail then visibleFrom lctx fvars (i + 1)
      else d :: visibleFrom lctx fvars (i + 1)
    | none => visibleFrom lctx fvars (i + 1)
  else []

def visibleDecls (lctx : LocalContext) : List LocalDecl :=
  visibleFrom lctx lctx.getFVars 0

partial def plainNames : List LocalDecl → List String
  | [] => []
  | d :: ds => if d.userName.hasMacroScopes then plainNames ds
    else nameText d.userName :: plainNames ds

partial def nameLocals (used : List String) : List LocalDecl → List Local
  | [] => []
  | d :: ds =>
    let hidden := d.userName.hasMacroScopes || memName d.userName (laterNames ds)
    -- A `have` leaves a declaration with a value that nothing may depend on: a hypothesis.
    let value := match d with | .ldecl _ _ _ _ _ nondep _ => !nondep | _ => false
    if hidden then
      let n := freshName (if value then "v" else "r") used 1
      { fvar := d.fvarId, name := n, renamed := true, value } :: nameLocals (n :: used) ds
    else
      { fvar := d.fvarId, name := nameText d.userName, renamed := false, value } ::
        nameLocals used ds

partial def renames : List Local → List String
  | [] => []
  | l :: ls => if l.renamed then l.name :: renames ls else renames ls

partial def arguments : List Local → List String
  | [] => []
  | l :: ls => if l.value then arguments ls else l.name :: arguments ls

partial def localFVars : List Local → Array Expr → Array Expr
  | [], acc => acc
  | l :: ls, acc => localFVars ls (acc.push (.fvar l.fvar))

def fillText (name : String) (term : Bool) (ls : List Local) : String :=
  let use := joinStrings " " (s!"exact @{name}" :: arguments ls)
  let body := match renames ls with
    | [] => use
    | rs => s!"rename_i {joinStrings " " rs}; {use}"
  if term then s!"(by {body})" else s!"({body})"

/-- The hole's goal, closed over its local context; local definitions are unfolded. -/
def closeHole (st : Command.State) (h : Hole) (ls : List Local) : BaseIO (Except Exception Expr) := do
  let start ← IO.getNumHeartbeats
  let cctx : Core.Context :=
    { fileName := "<input>", fileMap := FileMap.ofString "", options := describeOptions st,
      initHeartbeats := start }
  let cst ← IO.mkRef ({ env := st.env, ngen := st.ngen } : Core.State)
  let mst ← IO.mkRef ({ mctx := h.mctx } : Meta.State)
  let act : MetaM Expr := do
    let t ← instantiateMVars h.target
    let e ← mkForallFVars (localFVars ls #[]) t (usedLetOnly := true)
    let e ← instantiateMVars e
    zetaReduce e
  (act { lctx := h.lctx } mst cctx cst).toBaseIO

def characters (body : String) (p : String.Pos.Raw) : Nat :=
  (body.toRawSubstring.extract 0 p).toString.length

def holeJson (st : Command.State) (body prefix_ : String) (h : Hole) (i : Nat) :
    IO (Except String Json) := do
  let decls := visibleDecls h.lctx
  let ls := nameLocals (plainNames decls) decls
  match ← closeHole st h ls with
  | .error e => return .error s!"hole {i}: {← e.toMessageData.toString}"
  | .ok e =>
    if e.hasExprMVar || e.hasLevelMVar then
      return .error s!"hole {i}: its goal is not determined where it stands (metavariables)"
    if e.hasSorry then return .error s!"hole {i}: its goal rests on another hole"
    let e := withoutMData e
    let levels := (collectLevelParams {} e).params.toList
    let name := s!"{prefix_}{i}"
    let o ← openForalls st e #[] {} [] []
    match ← faithfulText st name levels o e (printings (describeOptions st)) with
    | none => return .error s!"hole {i}: its goal has no text that elaborates to it again"
    | some text =>
      let fields ← goalFields st o e
      let place := [("start", toJson (characters body h.start)), ("end", toJson (characters body h.stop)),
        ("fill", Json.str (fillText name h.term ls)), ("statement", Json.str text)]
      return .ok (Json.mkObj (appendFields place fields))
where
  appendFields : List (String × Json) → List (String × Json) → List (String × Json)
    | [], b => b
    | x :: xs, b => x :: appendFields xs b

partial def holesJson (st : Command.State) (body prefix_ : String) (i : Nat) :
    List Hole → IO (Except String (List Json))
  | [] => return .ok []
  | h :: hs => do
    match ← holeJson st body prefix_ h i with
    | .error e => return .error e
    | .ok j =>
      match ← holesJson st body prefix_ (i + 1) hs with
      | .error e => return .error e
      | .ok js => return .ok (j :: js)

/-- Elaborate a theorem whose body has holes; its holes in order of position. -/
def findHoles (g : Grammar) (st : Command.State) (cmd : Syntax) (body : String) :
    IO (Except Judgement (List Hole)) := do
  match parseBody g st true body with
  | .error j => return .error j
  | .ok stx =>
    let st := quiet st
    let st := { st with infoState := { st.infoState with enabled := true } }
    let st' ← elaborate (inputContext body) st (splice cmd stx)
    let said := st'.messages.toList
    match ← judgeMessages said with
    | some j =>
      let made : Elaborated := { state := st', snapshots := [], earlier := none }
      return .error (← withFailing j made (inputContext body) said)
    | none =>
      let found := sortHoles (holesOf (allInfos st'.infoState.trees) []) []
      if repeated found then
        return .error (rejected "elaboration" "a hole is reached with more than one goal")
      return .ok found

def sketch (header : Header) (s : Statement) (body prefix_ : String) (heartbeats : Nat) :
    IO (Except Judgement (List Json)) := do
  match ← findHoles header.grammar (withHeartbeats header.state heartbeats) s.cmd body with
  | .error j => return .error j
  | .ok found =>
    match ← holesJson header.state body prefix_ 1 found with
    | .error e => return .error (rejected "elaboration" e)
    | .ok js => return .ok js

end Driver
end
