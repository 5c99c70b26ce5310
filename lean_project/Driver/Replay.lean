module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta section

/-!
Send a finished proof through the kernel once more.

What the front end left is not believed: every constant that the theorem rests on and that is no
import is given to the kernel as a fresh declaration, on top of the imports alone. A term that came
into the environment unchecked does not survive this (cf. `Lean.Environment.replay`, leanchecker).
-/
open Lean

namespace Driver

partial def sameNames : List Name → List Name → Bool
  | [], [] => true
  | a :: as, b :: bs => a == b && sameNames as bs
  | _, _ => false

partial def sameRules : List RecursorRule → List RecursorRule → Bool
  | [], [] => true
  | a :: as, b :: bs => a.ctor == b.ctor && a.nfields == b.nfields && a.rhs == b.rhs
    && sameRules as bs
  | _, _ => false

/-- What a constant is beyond its type and value. -/
def sameKind (a b : ConstantInfo) : Bool :=
  match a, b with
  | .inductInfo x, .inductInfo y =>
    sameNames x.ctors y.ctors && sameNames x.all y.all && x.numParams == y.numParams
      && x.numIndices == y.numIndices && x.isUnsafe == y.isUnsafe
  | .ctorInfo x, .ctorInfo y =>
    x.induct == y.induct && x.cidx == y.cidx && x.numParams == y.numParams
      && x.numFields == y.numFields
  | .recInfo x, .recInfo y =>
    sameNames x.all y.all && x.numParams == y.numParams && x.numIndices == y.numIndices
      && x.numMotives == y.numMotives && x.numMinors == y.numMinors && x.k == y.k
      && sameRules x.rules y.rules
  | .quotInfo _, .quotInfo _ => true
  | .axiomInfo _, .axiomInfo _ => true
  | .defnInfo _, .defnInfo _ => true
  | .thmInfo _, .thmInfo _ => true
  | .opaqueInfo _, .opaqueInfo _ => true
  | _, _ => false

/-- Two constants of one name that stand for the same, with their values. -/
def sameConstant (a b : ConstantInfo) : Bool :=
  sameKind a b && a.type == b.type && a.levelParams == b.levelParams
    && match a.value? (allowOpaque := true), b.value? (allowOpaque := true) with
      | some v, some w => v == w
      | none, none => true
      | _, _ => false

/-- The constructors of an inductive type as its declaration gives them. -/
partial def constructorsOf (env : Kernel.Environment) : List Name → List Constructor
  | [] => []
  | n :: ns => match env.find? n with
    | some ci => { name := n, type := ci.type } :: constructorsOf env ns
    | none => constructorsOf env ns

partial def familyOf (env : Kernel.Environment) : List Name → List InductiveType
  | [] => []
  | n :: ns => match env.find? n with
    | some (.inductInfo i) =>
      { name := n, type := i.type, ctors := constructorsOf env i.ctors } :: familyOf env ns
    | _ => familyOf env ns

/-- The declaration that made a constant; `none` for what comes with another declaration. -/
def declarationOf (env : Kernel.Environment) : ConstantInfo → Option Declaration
  | .thmInfo v => some (.thmDecl v)
  | .defnInfo v => some (.defnDecl v)
  | .opaqueInfo v => some (.opaqueDecl v)
  | .inductInfo v => some (.inductDecl v.levelParams v.numParams (familyOf env v.all) v.isUnsafe)
  | .axiomInfo _ | .ctorInfo _ | .recInfo _ | .quotInfo _ => none

/-- Safe code only: the kernel does not look at the bodies of the rest. -/
def isPlain : ConstantInfo → Bool
  | .defnInfo v => match v.safety with | .safe => true | _ => false
  | ci => !ci.isUnsafe && !ci.isPartial

/-- Declare `names`, each after what it rests on, as `env` has them; why not, if the kernel refuses. -/
partial def replay (env kernel : Kernel.Environment) (names : List Name) :
    Except String Kernel.Environment :=
  match names with
  | [] => .ok kernel
  | n :: rest =>
    match env.find? n with
    | none => .error s!"{nameText n} is not in the kernel's environment"
    | some ci =>
      if !isPlain ci then .error s!"{nameText n} is unsafe or partial" else
      match kernel.find? n, declarationOf env ci with
      | some _, _ => replay env kernel rest
      | none, none => replay env kernel rest  -- it comes with its type, and is compared below
      | none, some d =>
        match kernel.addDecl (maxHeartbeats.set {} 0) d with
        | .ok kernel => replay env kernel rest
        | .error _ => .error s!"the kernel does not take {nameText n} again"

/-- The first of `names` that the two environments do not have alike. -/
partial def firstChanged (a b : Kernel.Environment) : List Name → Option Name
  | [] => none
  | n :: ns => match a.find? n, b.find? n with
    | some x, some y => if sameConstant x y then firstChanged a b ns else some n
    | _, _ => some n

partial def reversed : List Name → List Name → List Name
  | [], acc => acc
  | n :: ns, acc => reversed ns (n :: acc)

/-- Why the kernel, asked anew, does not confirm what `w` walked through; `none` if it does. -/
def refutedByReplay (env base : Environment) (w : Walk) : Option String :=
  match replay env.toKernelEnv base.toKernelEnv (reversed w.own []) with
  | .error why => some why
  | .ok kernel => match firstChanged env.toKernelEnv kernel w.own with
    | some n => some s!"{nameText n} is not what the kernel makes of its declaration"
    | none => none

end Driver
end
