module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Audit
public meta section

/-!
A statement as a text that is equal exactly for equal statements: what certificates hash.

Prefix notation over the elaborated `Expr`, names with their lengths. Names of bound variables, binder
kinds and annotations are left out, since the kernel does not look at them.
-/
open Lean

namespace Driver

def nameCode : Name → String
  | .anonymous => "_"
  | .str p s => s!"{nameCode p}.s{s.utf8ByteSize}:{s}"
  | .num p n => s!"{nameCode p}.n{n}:"

def levelCode : Level → String
  | .zero => "0"
  | .succ l => "+" ++ levelCode l
  | .max a b => "M" ++ levelCode a ++ levelCode b
  | .imax a b => "I" ++ levelCode a ++ levelCode b
  | .param n => "P" ++ nameCode n
  | .mvar _ => "?"

partial def levelsCode : List Level → String
  | [] => ";"
  | l :: ls => levelCode l ++ levelsCode ls

partial def exprCode : Expr → String
  | .bvar i => s!"#{i};"
  | .fvar _ => "?"
  | .mvar _ => "?"
  | .sort l => "S" ++ levelCode l
  | .const n ls => "C" ++ nameCode n ++ levelsCode ls
  | .app f a => "A" ++ exprCode f ++ exprCode a
  | .lam _ t b _ => "L" ++ exprCode t ++ exprCode b
  | .forallE _ t b _ => "F" ++ exprCode t ++ exprCode b
  | .letE _ t v b _ => "T" ++ exprCode t ++ exprCode v ++ exprCode b
  | .lit (.natVal n) => s!"N{n};"
  | .lit (.strVal s) => s!"\"{s.utf8ByteSize}:{s}"
  | .mdata _ e => exprCode e
  | .proj n i e => s!"J{nameCode n}{i};" ++ exprCode e

partial def namesCode : List Name → String
  | [] => ";"
  | n :: ns => nameCode n ++ namesCode ns

def kindCode : ConstantInfo → String
  | .axiomInfo _ => "axiom"
  | .defnInfo _ => "def"
  | .thmInfo _ => "theorem"
  | .opaqueInfo _ => "opaque"
  | .quotInfo _ => "quot"
  | .inductInfo i => s!"inductive {i.numParams}"
  | .ctorInfo c => s!"constructor {c.cidx}"
  | .recInfo _ => "recursor"

/-- A constant with all that it is; a proof's own term does not matter to what it states. -/
def constantCode (n : Name) (ci : ConstantInfo) : String :=
  let value := match ci with
    | .thmInfo _ => ""
    | _ => match ci.value? (allowOpaque := true) with
      | some v => exprCode v
      | none => ""
  s!"{kindCode ci} {nameCode n} {namesCode ci.levelParams} {exprCode ci.type} {value}\n"

partial def constantsCode (env : Environment) : List Name → String
  | [] => ""
  | n :: ns => match env.find? n with
    | some ci => constantCode n ci ++ constantsCode env ns
    | none => constantsCode env ns

/-- The header's constants that a statement rests on, each after what it rests on itself. -/
def restsOn (env base : Environment) (type : Expr) : List Name :=
  (walk env base type.getUsedConstants.toList {}).own

/-- Texts longer than this many steps are not written out: sharing may make them huge. -/
def codeMost : Nat := 2000000

partial def tooLong (env : Environment) (names : List Name) (size : Nat) : Bool :=
  size > codeMost || match names with
    | [] => false
    | n :: ns =>
      let more := match env.find? n with
        | some ci => ci.type.sizeWithoutSharing + match ci.value? (allowOpaque := true) with
          | some v => v.sizeWithoutSharing
          | none => 0
        | none => 0
      tooLong env ns (size + more)

/-- What a statement says and what it rests on, as two texts; empty if they would be too long. -/
def statementCodes (env base : Environment) (levels : List Name) (type : Expr) : String × String :=
  let own := restsOn env base type
  if tooLong env own type.sizeWithoutSharing then ("", "") else
  (namesCode levels ++ exprCode type, constantsCode env own)

end Driver
end
