module
public meta import Lean
public meta import Driver.Basic
public meta section

/-! What a theorem rests on, by exact name; and which syntax may stand in a proof body. -/
open Lean Elab Command Meta

namespace Driver

def allowedAxioms : List Name := [``propext, ``Classical.choice, ``Quot.sound]

/-- Constants that occur in a declaration, its value included. -/
def constantsOf (ci : ConstantInfo) : List Name :=
  let fromType := ci.type.getUsedConstants.toList
  match ci.value? (allowOpaque := true) with
  | some v => appendNames v.getUsedConstants.toList fromType
  | none => fromType

/--
A true axiom. Under the module system an imported theorem or definition comes without its body
and looks like an axiom; Lean keeps what it was.
-/
def isAxiom (env : Environment) (n : Name) : ConstantInfo → Bool
  | .axiomInfo _ => match getOriginalConstKind? env n with
    | some .thm => false
    | some .defn => false
    | some .opaque => false
    | _ => true
  | _ => false

structure Walk where
  axioms : List Name := []
  uses : List Name := []
  seen : NameSet := {}

/--
Walk from `todo` through what stands on top of `base`. Constants of `base` are imports or header:
they are noted in `uses`, and in `axioms` if they are axioms; their own proofs are trusted, since
no candidate was there when they came in. A name that is nowhere counts as an axiom.
-/
partial def walk (env base : Environment) (todo : List Name) (acc : Walk) : Walk :=
  match todo with
  | [] => acc
  | n :: rest =>
    if acc.seen.contains n then walk env base rest acc else
    let acc := { acc with seen := acc.seen.insert n }
    match env.find? n with
    | none => walk env base rest { acc with axioms := n :: acc.axioms }
    | some ci =>
      let acc := if isAxiom env n ci then { acc with axioms := n :: acc.axioms } else acc
      if base.contains n then walk env base rest { acc with uses := n :: acc.uses }
      else walk env base (appendNames (constantsOf ci) rest) acc

/-- Axioms outside the allowed three. -/
partial def foreign : List Name → List Name
  | [] => []
  | n :: ns => if memName n allowedAxioms then foreign ns else n :: foreign ns

/-- Tokens that run code, leave the logic or switch checks off. -/
def forbiddenTokens : List String :=
  ["run_tac", "run_cmd", "run_elab", "run_meta", "by_elab", "native_decide", "unsafe", "elab",
   "macro", "macro_rules", "elab_rules", "syntax", "notation", "initialize", "builtin_initialize",
   "#eval", "#eval!", "#reduce", "@[", "attribute", "include_str", "bv_decide", "axiom", "opaque",
   "extern", "eval%", "sorry", "admit", "stop"]

/-- Options that a body may set for itself: none of them weakens a check or lifts a limit. -/
def allowedOptions : List Name :=
  [`maxRecDepth, `exponentiation.threshold]

/-- A name by which safe code could run unsafe code (tactic configurations are evaluated). -/
partial def isUnsafeName : Name → Bool
  | .str p s => s.startsWith "unsafe" || hasPart "Unsafe" s || isUnsafeName p
  | .num p _ => isUnsafeName p
  | .anonymous => false
where
  hasPart (part s : String) : Bool := match s.splitOn part with | [_] => false | _ => true

mutual
partial def gateArgs (allowSorry : Bool) (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match gate allowSorry a[i] with
    | some r => some r
    | none => gateArgs allowSorry a (i + 1)
  else none

/-- Why this syntax may not stand in a proof body; `none` if it may. -/
partial def gate (allowSorry : Bool) (stx : Syntax) : Option String :=
  match stx with
  | .atom _ val =>
    if allowSorry && val == "sorry" then none
    else if memString val forbiddenTokens then some s!"`{val}` is not allowed in a proof" else none
  | .ident _ _ n _ =>
    if n == `native || isUnsafeName n then some s!"`{nameText n}` is not allowed in a proof"
    else none
  | .node _ k args =>
    if k == ``Parser.Term.set_option || k == ``Parser.Tactic.set_option then
      let name := (stx.getArg 1).getId
      if memName name allowedOptions then gateArgs allowSorry args 0
      else some s!"`set_option {nameText name}` is not allowed in a proof"
    else gateArgs allowSorry args 0
  | .missing => none
end

end Driver
end
