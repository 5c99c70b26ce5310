module
public meta import Lean
public meta import Driver.Basic
public meta import Driver.Grammar
public meta import Driver.Audit
public meta import Driver.Infos
public meta section

/-! A proof body as text: parsed and gated before anything is elaborated, or refused with its place. -/
open Lean Elab Command Meta

namespace Driver

/-- What a judgement says; `kind` is empty for an accepted proof. -/
structure Judgement where
  verdict : String
  kind : String := ""
  reason : String := ""
  line : Nat := 0
  column : Nat := 0
  axioms : List Name := []
  uses : List Name := []
  /-- Of a rejected body: the goals at its first error. -/
  failing : Option Failing := none

def rejected (kind reason : String) : Judgement := { verdict := "rejected", kind, reason }

partial def digits : List Char → Nat → Nat
  | [], n => n
  | c :: cs, n => digits cs (10 * n + (c.toNat - '0'.toNat))

/-- Line `n` of these, from 1. -/
partial def nthLine : Nat → List String → String
  | _, [] => ""
  | n, l :: ls => if n < 2 then l else nthLine (n - 1) ls

def isWordChar (c : Char) : Bool := isIdRest c || c == '.'

partial def wordFrom : List Char → String → String
  | [], acc => acc
  | c :: cs, acc => if isWordChar c then wordFrom cs (acc.push c) else acc

/-- The word that holds character `column`, and where it begins; `i` counts, `word` is begun. -/
partial def wordAt (column i : Nat) (word : Option (Nat × List Char)) :
    List Char → Option (Nat × String)
  | [] => none
  | c :: cs =>
    let word := if !isWordChar c then none else
      match word with
      | some w => some w
      | none => some (i, c :: cs)
    if i == column then match word with
      | some (k, cs) => some (k, wordFrom cs "")
      | none => none
    else wordAt column (i + 1) word cs

/-- What the parser says at this place, with the name of a tactic that does not exist, where it stands. -/
def unknownTactic (source : String) (line column : Nat) (what : String) : Nat × String :=
  if what == "unknown tactic" then
    -- Lean points at the second character of the word.
    match wordAt (column - 1) 0 none (nthLine line (source.splitOn "\n")).toList with
    | some (start, word) => (start, s!"unknown tactic `{word}`: this Lean has none of that name")
    | none => (column, what)
  else (column, what)

/-- A parser's error with its place. -/
def parseFailure (body e : String) : Judgement :=
  let first := match e.splitOn "\n<body>:" with | f :: _ => f | [] => e
  match first.splitOn ":" with
  | _ :: line :: column :: rest =>
    let (line, column) := (digits line.toList 0, digits column.toList 0)
    let what := (joinStrings ":" rest).trimAscii.toString
    let (column, what) := unknownTactic body line column what
    { rejected "parse" what with line, column }
  | _ => rejected "parse" e

/-- Parse a body as one term that consumes all of its input. -/
def parseBody (g : Grammar) (st : Command.State) (allowSorry : Bool) (body : String) :
    Except Judgement Syntax :=
  match Parser.runParserCategory st.env `term body "<body>" with
  | .error e => .error (parseFailure body e)
  | .ok stx =>
    match gate g allowSorry stx with
    | some why => .error (rejected "gate" why)
    | none => .ok stx

end Driver
end
