/-!
Names that Mathlib's users write, for core Lean: notations, a few definitions and lemmas, and
tactics that are macros over core Lean's own. They prove what those prove and nothing else;
docs/dialect.md says what each does and what is missing.
-/
notation "ℕ" => Nat
notation "ℤ" => Int
notation "ℚ" => Rat

theorem not_imp_not {a b : Prop} : (¬a → ¬b) ↔ (b → a) :=
  ⟨fun h hb => Classical.byContradiction fun ha => h ha hb, fun h ha hb => ha (h hb)⟩

section
open Lean.Grind
variable {R : Type _}

theorem add_comm [Semiring R] (a b : R) : a + b = b + a := Semiring.add_comm a b
theorem add_assoc [Semiring R] (a b c : R) : a + b + c = a + (b + c) := Semiring.add_assoc a b c
theorem mul_comm [CommSemiring R] (a b : R) : a * b = b * a := CommSemiring.mul_comm a b
theorem mul_assoc [Semiring R] (a b c : R) : a * b * c = a * (b * c) := Semiring.mul_assoc a b c
theorem mul_add [Semiring R] (a b c : R) : a * (b + c) = a * b + a * c :=
  Semiring.left_distrib a b c
theorem add_mul [Semiring R] (a b c : R) : (a + b) * c = a * c + b * c :=
  Semiring.right_distrib a b c
theorem pow_zero [Semiring R] (a : R) : a ^ 0 = 1 := Semiring.pow_zero a
theorem pow_succ [Semiring R] (a : R) (n : ℕ) : a ^ (n + 1) = a ^ n * a := Semiring.pow_succ a n
theorem pow_two [Semiring R] (a : R) : a ^ 2 = a * a := Semiring.pow_two a
theorem sq [Semiring R] (a : R) : a ^ 2 = a * a := Semiring.pow_two a

theorem mul_pos [Semiring R] [LE R] [LT R] [Std.IsPreorder R] [OrderedRing R] {a b : R}
    (ha : 0 < a) (hb : 0 < b) : 0 < a * b := by
  have h := OrderedRing.mul_lt_mul_of_pos_left hb ha
  rwa [Semiring.mul_zero] at h
theorem pow_pos [Semiring R] [LE R] [LT R] [Std.IsPreorder R] [OrderedRing R] {a : R}
    (h : 0 < a) (n : ℕ) : 0 < a ^ n := by
  induction n with
  | zero => rw [Semiring.pow_zero]; exact OrderedRing.zero_lt_one
  | succ n ih => rw [Semiring.pow_succ]; exact mul_pos ih h

theorem add_pos [Semiring R] [LE R] [LT R] [Std.LawfulOrderLT R] [Std.IsPreorder R] [OrderedRing R]
    {a b : R} (ha : 0 < a) (hb : 0 < b) : 0 < a + b := by
  have h := (OrderedAdd.add_lt_left_iff b).mp ha
  rw [Semiring.add_comm, Semiring.add_zero] at h
  exact Std.lt_trans hb h

variable [Ring R] [LE R] [LT R] [Std.LawfulOrderLT R] [Std.IsLinearOrder R] [OrderedRing R]

theorem sq_nonneg (a : R) : 0 ≤ a ^ 2 := OrderedRing.sq_nonneg
theorem mul_self_nonneg (a : R) : 0 ≤ a * a := Semiring.pow_two a ▸ OrderedRing.sq_nonneg
theorem mul_nonneg {a b : R} (ha : 0 ≤ a) (hb : 0 ≤ b) : 0 ≤ a * b :=
  OrderedRing.mul_nonneg ha hb
end

section
open Lean Lean.Parser.Tactic

/-! Arithmetic. No goal left is no error: what stands before may have done more than Mathlib's. -/

declare_syntax_cat hints
syntax term ("," hints)? : hints
syntax (name := linarith) (&"linarith" <|> &"nlinarith") (&" only")? (" [" (hints)? "]")? : tactic
macro_rules (kind := linarith)
  | stx => do
    let given := stx.getArg 2
    let hints := given.getArg 1
    if hints.isNone then `(tactic| first | done | omega | grind) else
    -- The first hint becomes a hypothesis, the others are the next round's.
    let e : Term := ⟨(hints.getArg 0).getArg 0⟩
    let rest := (hints.getArg 0).getArg 1
    let more := if rest.isNone then mkNullNode else mkNullNode #[rest.getArg 1]
    let again : TSyntax `tactic := ⟨stx.setArg 2 (given.setArg 1 more)⟩
    `(tactic| first | done | (have := $e; $again:tactic))

syntax (name := ring) (&"ring1" <|> &"ring" <|> (&"linear_combination" (ppSpace colGt term)?)) : tactic
macro_rules (kind := ring)
  | _stx => `(tactic| first | done | grobner | omega | grind)

syntax (name := ringNF) (&"ring_nf" <|> (&"field_simp" (simpArgs)?)) (location)? : tactic
macro_rules (kind := ringNF)
  | stx => if (stx.getArg 1).isNone then `(tactic| first | done | grobner | skip) else `(tactic| skip)

syntax (name := normNum) "norm_num" optConfig (discharger)? (&" only")? (simpArgs)? (location)? :
  tactic
macro_rules (kind := normNum)
  | stx => do
    let s : TSyntax `tactic := ⟨(stx.setKind ``simp).setArg 0 (mkAtom "simp")⟩
    if (stx.getArg 5).isNone then
      `(tactic| first | done | omega | ($s:tactic; done) | decide | grind | $s:tactic)
    else
      `(tactic| first | done | $s:tactic | skip)

macro "positivity" : tactic => `(tactic| (
  first
  | done
  | omega
  | grind
  | repeat' first
    | assumption
    | apply add_pos
    | apply mul_pos
    | apply pow_pos
    | apply sq_nonneg
    | apply mul_self_nonneg
    | apply mul_nonneg
    | omega
    | grind))

macro "gcongr" : tactic => `(tactic| (
  first
  | done
  | omega
  | ((first | apply Nat.mul_le_mul | apply Nat.pow_le_pow_left | apply Nat.add_le_add) <;>
      (first | assumption | omega | grind))
  | grind))

/-! Logic. -/

syntax (name := tauto) (&"tauto" <|> &"aesop") : tactic
macro_rules (kind := tauto)
  | _stx => `(tactic| first | done | (simp_all; done) | grind)

syntax (name := pushNeg) "push_neg" (location)? : tactic
macro_rules (kind := pushNeg)
  | stx => do
    let s ← `(tactic| simp only [Classical.not_forall, not_exists, not_and, not_or,
      Classical.not_imp, Classical.not_not, ne_eq, Classical.not_iff, ge_iff_le, gt_iff_lt,
      Nat.not_le, Nat.not_lt, Int.not_le, Int.not_lt, Rat.not_le, Rat.not_lt])
    return s.raw.setArg 5 (stx.getArg 1)

syntax "by_contra" (ppSpace colGt ident)? : tactic
macro_rules
  | `(tactic| by_contra $h:ident) => `(tactic| first
      | with_reducible refine Not.intro fun $h => ?_
      | with_reducible refine Ne.intro fun $h => ?_
      | refine Classical.byContradiction fun $h => ?_)
  | `(tactic| by_contra) => do
    let h := mkIdent `this
    `(tactic| by_contra $h:ident)

syntax "by_contra!" (ppSpace colGt ident)? : tactic
macro_rules
  | `(tactic| by_contra! $h:ident) =>
    `(tactic| (refine Classical.byContradiction fun $h => ?_; try push_neg at $h:ident))
  | `(tactic| by_contra!) => do
    let h := mkIdent `this
    `(tactic| by_contra! $h:ident)

syntax "contrapose" (ppSpace colGt ident)? : tactic
macro_rules
  | `(tactic| contrapose $h:ident) =>
    `(tactic| (revert $h:ident; refine not_imp_not.mp ?_; intro $h:ident))
  | `(tactic| contrapose) => `(tactic| refine not_imp_not.mp ?_)

syntax "contrapose!" (ppSpace colGt ident)? : tactic
macro_rules
  | `(tactic| contrapose! $h:ident) =>
    `(tactic| (contrapose $h:ident; try push_neg at $h:ident; try push_neg))
  | `(tactic| contrapose!) => `(tactic| (contrapose; try push_neg))

/-! Data. -/

syntax (name := use) "use " term,+ : tactic
macro_rules (kind := use)
  | stx => do
    let hole ← `(?_)
    let given := stx.getArg 1
    let more := mkNullNode ((given.getArgs.push (mkAtom ",")).push hole)
    let all : Term := ⟨mkNode ``Lean.Parser.Term.anonymousCtor #[mkAtom "⟨", given, mkAtom "⟩"]⟩
    let some : Term := ⟨mkNode ``Lean.Parser.Term.anonymousCtor #[mkAtom "⟨", more, mkAtom "⟩"]⟩
    `(tactic| first
      | exact $all | (refine $some; try (first | with_reducible rfl | assumption)))

syntax "set " ident (" : " term)? " := " term (" with " ident)? : tactic
macro_rules
  | `(tactic| set $x:ident := $e) => `(tactic| generalize $e = $x:ident at *)
  | `(tactic| set $x:ident := $e with $h) =>
    `(tactic| (generalize $h : $e = $x:ident at *; replace $h := Eq.symm $h))
  | `(tactic| set $x:ident : $t := $e) => `(tactic| set $x:ident := ($e : $t))
  | `(tactic| set $x:ident : $t := $e with $h) => `(tactic| set $x:ident := ($e : $t) with $h)

macro "choose " f:ident ppSpace h:ident " using " e:term : tactic =>
  `(tactic| obtain ⟨$f, $h⟩ := Classical.axiomOfChoice $e)

syntax (name := nthRw) (&"nth_rw " <|> &"nth_rewrite ") num rwRuleSeq (location)? : tactic
macro_rules (kind := nthRw)
  | stx => do
    let n : TSyntax `num := ⟨stx.getArg 1⟩
    let r ← `(tactic| rewrite (occs := .pos [$n]) [rfl])
    let r : TSyntax `tactic := ⟨(r.raw.setArg 2 (stx.getArg 2)).setArg 3 (stx.getArg 3)⟩
    `(tactic| ($r:tactic; try with_reducible rfl))

macro "conv_lhs" " => " s:Lean.Parser.Tactic.Conv.convSeq : tactic =>
  `(tactic| conv => lhs; ($s:convSeq))
macro "conv_rhs" " => " s:Lean.Parser.Tactic.Conv.convSeq : tactic =>
  `(tactic| conv => rhs; ($s:convSeq))

syntax (name := cases') "cases' " term " with" ppSpace colGt binderIdent
  (ppSpace colGt binderIdent)? : tactic
macro_rules (kind := cases')
  | stx => do
    let e : Term := ⟨stx.getArg 1⟩
    let a : Ident := ⟨(stx.getArg 3).getArg 0⟩
    let b : Ident := ⟨((stx.getArg 4).getArg 0).getArg 0⟩
    if (stx.getArg 4).isNone then
      `(tactic| cases $e:term with
        | zero => ?_
        | succ $a => ?_)
    else
      `(tactic| first
        | (cases $e:term with
          | inl $a => ?_
          | inr $b => ?_)
        | (cases $e:term with
          | intro $a $b => ?_))

syntax (name := induction') "induction' " ident (" using " ident)? " with" ppSpace colGt ident ppSpace
  colGt ident (" generalizing" (ppSpace colGt ident)+)? : tactic
macro_rules
  | `(tactic| induction' $x:ident with $n $ih) => `(tactic| induction $x:ident with
      | zero => ?_
      | succ $n $ih => ?_)
  | `(tactic| induction' $x:ident using $_ with $n $ih) =>
    `(tactic| induction $x:ident using Nat.strongRecOn with
      | ind $n $ih => ?_)

syntax "split_ifs" (" with" ppSpace colGt ident (ppSpace colGt ident)?)? : tactic
macro_rules
  | `(tactic| split_ifs) => `(tactic| (split; all_goals repeat' split))
  | `(tactic| split_ifs with $h:ident) => `(tactic| (split <;> rename_i $h:ident))
  | `(tactic| split_ifs with $h:ident $g:ident) =>
    `(tactic| ((split <;> rename_i $h:ident); all_goals try (split <;> rename_i $g:ident)))

theorem lt_succ_cases {x n : ℕ} (h : x < n + 1) : x < n ∨ x = n := by omega

syntax "dialect_below " ident : tactic
macro_rules
  | `(tactic| dialect_below $h) => `(tactic| (
    repeat' (replace $h:ident := lt_succ_cases $h; cases $h:ident <;> rename_i $h:ident)
    all_goals try exact absurd $h (Nat.not_lt_zero _)))

syntax "interval_cases " ident : tactic
macro_rules
  | `(tactic| interval_cases $x) => `(tactic| (
    first
    | (have h : ($x : ℕ) < 4 := by omega)
    | (have h : ($x : ℕ) < 12 := by omega)
    | (have h : ($x : ℕ) < 32 := by omega)
    | (have h : ($x : ℕ) < 101 := by omega)
    | (obtain ⟨k, e⟩ : ∃ k : ℕ, ($x : ℤ) = k - 10 := ⟨Int.toNat ($x + 10), by omega⟩
       have h : k < 21 := by omega)
    | (obtain ⟨k, e⟩ : ∃ k : ℕ, ($x : ℤ) = k := ⟨Int.toNat $x, by omega⟩
       have h : k < 101 := by omega)
    dialect_below h
    all_goals (
      subst h
      try (simp at e; subst e)
      try contradiction)))
end

/-! The problem's own header follows. -/
