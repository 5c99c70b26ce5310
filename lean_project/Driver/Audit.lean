module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Grammar
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

/-- Constants that a declaration rests on; an inductive type on all of its family. -/
def partsOf (ci : ConstantInfo) : List Name :=
  match ci with
  | .inductInfo i => appendNames i.all (appendNames i.ctors (constantsOf ci))
  | .ctorInfo c => c.induct :: constantsOf ci
  | .recInfo r => appendNames r.all (constantsOf ci)
  | _ => constantsOf ci

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

/--
Constants of core Lean by which compiled code decides what the kernel believes. They are opaque,
and what they rest on does not show through the import.
-/
def distrusted : List Name :=
  [``Lean.reduceBool, ``Lean.reduceNat, ``Lean.ofReduceBool, ``Lean.ofReduceNat, ``Lean.trustCompiler,
   ``sorryAx]

structure Walk where
  axioms : List Name := []
  uses : List Name := []
  /-- What stands on top of the base, each after what it rests on. -/
  own : List Name := []
  seen : NameSet := {}

/-- Note a constant of the base: an import, or the header. -/
def Walk.note (w : Walk) (env : Environment) (n : Name) (ci : ConstantInfo) : Walk :=
  let w := { w with uses := n :: w.uses }
  if isAxiom env n ci || memName n distrusted then { w with axioms := n :: w.axioms } else w

mutual
/--
Walk through what `todo` rests on, down to the constants of `base` (imports or header). Those are
noted in `uses`; their own proofs are trusted, since no candidate was there when they came in. The
constants are read as the kernel has them. A name that is nowhere counts as an axiom.
-/
partial def walk (env base : Environment) (todo : List Name) (w : Walk) : Walk :=
  match todo with
  | [] => w
  | n :: rest =>
    if w.seen.contains n then walk env base rest w else
    let w := { w with seen := w.seen.insert n }
    match base.find? n with
    | some ci => walk env base rest (w.note env n ci)
    | none => walk env base rest (walkOwn env base n w)

partial def walkOwn (env base : Environment) (n : Name) (w : Walk) : Walk :=
  match env.toKernelEnv.find? n with
  | none => { w with axioms := n :: w.axioms }
  | some ci =>
    let w := if isAxiom env n ci then { w with axioms := n :: w.axioms } else w
    let w := walk env base (partsOf ci) w
    { w with own := n :: w.own }
end

/-- Axioms outside the allowed three. -/
partial def foreign : List Name → List Name
  | [] => []
  | n :: ns => if memName n allowedAxioms then foreign ns else n :: foreign ns

/-- Tokens that no proof may hold, whoever declared them: a second net below the grammar. -/
def forbiddenTokens : List String :=
  ["run_tac", "run_cmd", "run_elab", "run_meta", "by_elab", "native_decide", "unsafe", "elab",
   "macro", "macro_rules", "elab_rules", "syntax", "notation", "initialize", "builtin_initialize",
   "#eval", "#eval!", "#reduce", "@[", "attribute", "include_str", "bv_decide", "axiom", "opaque",
   "extern", "meta", "eval%", "sorry", "admit", "stop"]

/-- Options that a body may set for itself: none of them weakens a check or lifts a limit. -/
def allowedOptions : List Name :=
  [`maxRecDepth, `exponentiation.threshold]

/-- What the source calls a piece of syntax: its first word, or else its kind. -/
partial def calledBy (stx : Syntax) (kind : Name) : String :=
  match stx with
  | .atom _ val => val
  | .ident _ _ n _ => nameText n
  | .node _ _ args => match args[0]? with
    | some first => calledBy first kind
    | none => nameText kind
  | .missing => nameText kind

/-- Kinds that a tactic's configuration may consist of. It is evaluated: plain values only. -/
def configKinds : List Name :=
  [`null, `num, `str, `char, ``Parser.Tactic.posConfigItem, ``Parser.Tactic.negConfigItem,
   ``Parser.Tactic.valConfigItem, ``Parser.Term.structInst, ``Parser.Term.structInstFields,
   ``Parser.Term.structInstField, ``Parser.Term.structInstLVal, ``Parser.Term.structInstFieldDef,
   ``Parser.Term.optEllipsis, ``Parser.Term.paren, ``Parser.Term.hygienicLParen,
   ``Parser.Term.dotIdent, .mkSimple "term[_]"]

/-- How many first parts of a kind may name an option; elsewhere an identifier is a value. -/
def namingParts (k : Name) : Nat :=
  if k == ``Parser.Tactic.valConfigItem then 2
  else if memName k [``Parser.Tactic.posConfigItem, ``Parser.Tactic.negConfigItem,
    ``Parser.Term.structInstLVal, ``Parser.Term.dotIdent] then 100
  else 0

def lastIs (word : String) : Name → Bool
  | .str _ s => s == word
  | _ => false

mutual
partial def configArgs (naming : Nat) (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match configGate (i < naming) a[i] with
    | some r => some r
    | none => configArgs naming a (i + 1)
  else none
/--
Why this part of a tactic's configuration may not stand there; `none` if it may. `naming`: an
identifier right here names an option.
-/
partial def configGate (naming : Bool) (stx : Syntax) : Option String :=
  match stx with
  | .atom _ val =>
    if memString val forbiddenTokens then some s!"`{val}` is not allowed in a proof" else none
  | .ident _ _ n _ =>
    if lastIs "native" n then some "`native` is not allowed in a proof"
    else if naming || memName n [`true, `false, `none] then none
    else some s!"`{nameText n}` is not allowed in a tactic's configuration: plain values only"
  | .node _ k args =>
    if k == `hygieneInfo then none
    else if k == ``Parser.Term.app && (stx.getArg 0).getKind != ``Parser.Term.dotIdent then
      some s!"`{calledBy stx k}` is not allowed in a tactic's configuration: plain values only"
    else if k == ``Parser.Term.app || memName k configKinds then configArgs (namingParts k) args 0
    else some s!"`{calledBy stx k}` is not allowed in a tactic's configuration: plain values only"
  | .missing => none
end

mutual
partial def gateArgs (g : Grammar) (allowSorry : Bool) (a : Array Syntax) (i : Nat) : Option String :=
  if h : i < a.size then
    match gate g allowSorry a[i] with
    | some r => some r
    | none => gateArgs g allowSorry a (i + 1)
  else none

/-- Why this syntax may not stand in a proof body; `none` if it may. -/
partial def gate (g : Grammar) (allowSorry : Bool) (stx : Syntax) : Option String :=
  match stx with
  | .atom _ val =>
    if allowSorry && val == "sorry" then none
    else if memString val forbiddenTokens then some s!"`{val}` is not allowed in a proof" else none
  | .node _ k args =>
    if k == ``Parser.Term.set_option || k == ``Parser.Tactic.set_option then
      let name := (stx.getArg 1).getId
      if memName name allowedOptions then gateArgs g allowSorry args 0
      else some s!"`set_option {nameText name}` is not allowed in a proof"
    else if k == ``Parser.Tactic.valConfigItem && !g.values then
      some "a tactic's configuration may hold no values below a definition of the file's own: \
        write +option or -option"
    else if memName k [``Parser.Tactic.posConfigItem, ``Parser.Tactic.negConfigItem,
        ``Parser.Tactic.valConfigItem] then configArgs (namingParts k) args 0
    else if g.allows k then gateArgs g allowSorry args 0
    else some s!"`{calledBy stx k}` is not allowed in a proof"
  | .ident _ _ n _ =>
    -- The syntax that it names is run as a tactic wherever its argument is left out.
    if lastIs "autoParam" n then some "`autoParam` is not allowed: write `(h : T := by ...)`" else none
  | .missing => none
end

end Driver
end
