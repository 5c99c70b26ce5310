"""The Lean driver on the real embedded Lean: what it accepts, what it refuses, what it says."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lean_client import Client

from prover.assembly import fill_holes
from prover.lean.verifier import Compiled, Unsupported, Verifier
from prover.types import Limits, Problem

pytestmark = [pytest.mark.lean, pytest.mark.slow]

LT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
FIB = "def fib : Nat → Nat\n  | 0 => 0\n  | 1 => 1\n  | n + 2 => fib n + fib (n + 1)\n"
TREE = (
    "inductive Tree where\n  | leaf\n  | node (l : Tree) (x : Nat) (r : Tree)\n"
    "def size : Tree → Nat\n  | .leaf => 0\n  | .node l _ r => size l + 1 + size r\n"
)


DOUBLE = "def f : Nat → Nat\n  | 0 => 0\n  | n + 1 => f n + 2\n"


@pytest.fixture(scope="module")
def lean(runner: asyncio.Runner, verifier: Verifier) -> Client:
    return Client(runner, verifier)


# -- statement ---------------------------------------------------------------------------------

LEFT = [
    ("theorem t (a b : Nat) (h : a < b) : a ≠ b", "", []),
    ("theorem t (a : Nat) : ∀ b : Nat, a < b → a ≠ b", "", ["b", "h"]),
    ("theorem t : ∀ b : Nat, b = b", "variable (a : Nat)\n", ["b"]),
    ("theorem t : ∀ b : Nat, a + b = b + a", "variable (a : Nat)\n", ["b"]),
    ("theorem t (a : Nat := 3) {p : Prop} [Decidable p] : p → p", "", ["h"]),
]


@pytest.mark.parametrize(("statement", "header", "intros"), LEFT)
def test_what_a_signature_leaves_unbound(
    lean: Client, statement: str, header: str, intros: list[str]
) -> None:
    assert list(lean.open(statement, header).intros) == intros


TRIVIAL = [
    ("theorem t : 2 + 2 = 4", "", True),
    ("theorem t (a b : Nat) (h : a < b) : a < b", "", True),
    ("theorem t : ∀ a : Nat, a < 0 → a = 7", "", True),
    ("theorem t : ∀ p : Prop, p → p", "", True),
    ("theorem t (a : Nat) : f (a + 1) = f a + 2", DOUBLE, True),
    ("theorem t (a : Nat) : f a = 2 * a", DOUBLE, False),
    ("theorem t (a : Nat) : 0 + a = a", "", False),
]


@pytest.mark.parametrize(("statement", "header", "trivial"), TRIVIAL)
def test_what_is_trivial(lean: Client, statement: str, header: str, trivial: bool) -> None:
    goal = lean.open(statement, header)
    assert lean.runner.run(lean.verifier.is_trivial(goal)) is trivial


@pytest.mark.parametrize("asked", ["f a = 2 * a", "f (a + 2000) = f (a + 1000) + 2000"])
def test_definitions_are_unfolded_after_a_trivial_question(lean: Client, asked: str) -> None:
    """Also where the question ran out of heartbeats, as the second does."""
    header = f"{DOUBLE}-- that no other test has: {asked}\n"
    goal = lean.open(f"theorem t (a : Nat) : {asked}", header)
    assert not lean.runner.run(lean.verifier.is_trivial(goal))
    body = "by induction a with | zero => rfl | succ n ih => simp only [f]; omega"
    assert lean.judge(body, "theorem t (a : Nat) : f a = 2 * a", header).proved


# -- judge -------------------------------------------------------------------------------------

ACCEPTED = [
    ("h", LT),
    ("by omega", LT),
    ("by\n  exact h", LT),
    ("by\n    -- columns need not be two\n    have g := h\n    exact g", LT),
    ("Nat.succ_le_of_lt h", LT),
    ("by exact (open Nat in succ_le_of_lt h) -- a comment", LT),
    ("by set_option maxRecDepth 1000 in omega", LT),
    ("by first | fail | omega", LT),
    ("fun h => h", "theorem t (p : Prop) : p → p"),
    ("fun\n  | .inl h => .inr h\n  | .inr h => .inl h", "theorem t (p q : Prop) : p ∨ q → q ∨ p"),
    ("by\n  intro x\n  cases x <;> rfl", "theorem t : ∀ x : Bool, (!!x) = x"),
    ("by induction n <;> grind", "theorem t (n : Nat) : 0 + n = n"),
    ("by decide", "theorem t : ∀ x : Fin 8, (x * x) % 8 = x * x"),
    ("by decide +kernel", "theorem t : 2 ^ 100 % 7 = 2"),
    ("Classical.em p", "theorem t (p : Prop) : p ∨ ¬p"),
    ("by funext x; exact Nat.add_comm _ _", "theorem t (a : Nat) : (fun x => x + a) = (a + ·)"),
    ("⟨fun h => h.symm, fun h => h.symm⟩", "theorem t.{u} {α : Type u} (a b : α) : a = b ↔ b = a"),
]


@pytest.mark.parametrize(("body", "statement"), ACCEPTED)
def test_a_proof_is_accepted(lean: Client, body: str, statement: str) -> None:
    verdict = lean.judge(body, statement)
    assert (verdict.status, verdict.kind, verdict.line) == ("proved", "", 0), verdict
    assert set(verdict.axioms) <= {"propext", "Classical.choice", "Quot.sound"}


REJECTED = [
    ("by simp", "elaboration"),
    ("fun _ => h", "elaboration"),
    ("by exact t a b h", "elaboration"),
    ("no_such_lemma h", "elaboration"),
    ("by nonsense", "parse"),
    ("", "parse"),
    ("by", "parse"),
    ("by omega)", "parse"),
    ("by omega garbage", "parse"),
    ("by omega /- never closed", "parse"),
    ("by omega\ntheorem x : True := trivial", "parse"),
    ("by omega\n#eval 1", "parse"),
    ("by omega\nend\naxiom x : False", "parse"),
    ("h where x := 1", "parse"),
    ("sorry", "gate"),
    ("by sorry", "gate"),
    ("by first | omega | sorry", "gate"),
    ("by admit", "gate"),
    ("by stop omega", "gate"),
    ("by native_decide", "gate"),
    ("by decide +native", "gate"),
    ("by decide (config := {native := true})", "gate"),
    ("by bv_decide", "gate"),
    ("by run_tac pure ()", "gate"),
    ("by_elab do return .const ``True []", "gate"),
    ("by simp (config := unsafeBaseIO (pure {})); omega", "gate"),
    ("by first | (simp (config := unsafeCast 5)); omega", "gate"),
    ("by set_option debug.skipKernelTC true in omega", "gate"),
    ("set_option debug.skipKernelTC true in h", "gate"),
    ("by set_option maxHeartbeats 0 in omega", "gate"),
]


@pytest.mark.parametrize(("body", "kind"), REJECTED)
def test_what_is_no_proof_is_rejected(lean: Client, body: str, kind: str) -> None:
    verdict = lean.judge(body, LT)
    assert (verdict.status, verdict.kind) == ("rejected", kind), verdict
    assert verdict.reason


@pytest.mark.parametrize(
    "body", ["sorryAx _ true", "by exact sorryAx _ false", "Lean.ofReduceBool (a.ble b) true rfl"]
)
def test_no_way_around_the_axiom_audit(lean: Client, body: str) -> None:
    assert lean.judge(body, LT).status == "rejected"


@pytest.mark.parametrize(
    ("lemma", "body"),
    [("sorryAx False true", "by exact (bad).elim"), ("trivial", "by exact (bad).elim")],
)
def test_axioms_are_found_below_lemmas(lean: Client, lemma: str, body: str) -> None:
    verdict = lean.judge(body, LT, lemmas=(("theorem bad : False", lemma),))
    assert verdict.status == "rejected" and verdict.kind in ("axioms", "elaboration")


def test_a_false_statement_has_no_proof(lean: Client) -> None:
    statement = "theorem t (n : Nat) : n < 5"
    for body in ("by omega", "by simp", "by decide", "by grind", "by exact absurd rfl nofun"):
        assert lean.judge(body, statement).status == "rejected"


def test_where_the_error_is(lean: Client) -> None:
    verdict = lean.judge("by\n  have g := h\n  have : False := by omega\n  omega", LT)
    assert (verdict.line, verdict.column) == (3, 21)


def test_what_a_proof_uses(lean: Client) -> None:
    verdict = lean.judge("Nat.succ_le_of_lt h", LT)
    assert "Nat.succ_le_of_lt" in verdict.uses and verdict.heartbeats >= 0
    assert lean.judge("Classical.em p", "theorem t (p : Prop) : p ∨ ¬p").status == "proved"
    own = lean.judge("Classical.byContradiction h", "theorem t (p : Prop) (h : ¬¬p) : p")
    assert own.status == "proved" and "Classical.byContradiction" in own.uses


def test_lemmas_come_before_the_body_that_uses_them(lean: Client) -> None:
    lemmas = (
        ("theorem one (x : Nat) : x ≤ x + 1", "by omega"),
        ("theorem two (x : Nat) : x ≤ x + 2", "Nat.le_trans (one x) (one (x + 1))"),
    )
    assert lean.judge("two n", "theorem t (n : Nat) : n ≤ n + 2", lemmas=lemmas).proved
    alone = lean.judge("two n", "theorem t (n : Nat) : n ≤ n + 2")
    assert alone.status == "rejected", "lemmas of one candidate are gone at the next"


@pytest.mark.parametrize(
    "lemma",
    [
        ("theorem bad : False", "by sorry"),
        ("theorem bad : False", "by omega"),
        ("theorem bad : False", "bad"),
        ("theorem bad : False", "by first | done | native_decide"),
        ("def bad : Nat", "1"),
        ("axiom bad : False", "trivial"),
        ("theorem bad : False := sorry", "trivial"),
        ("theorem bad : True := trivial where x : True := by native_decide", "trivial"),
        ("theorem bad : True := trivial )", "trivial"),
        ("theorem bad : (by run_tac pure (); exact True)", "trivial"),
        ("@[simp] theorem bad : True", "trivial"),
        ("@[implemented_by Nat.add] theorem bad : True", "trivial"),
        ("set_option debug.skipKernelTC true in theorem bad : True", "trivial"),
        ('theorem bad : True\nmacro "x" : term => `(1)', "trivial"),
        ("theorem bad", "trivial"),
    ],
)
def test_a_bad_lemma_spoils_its_candidate(lean: Client, lemma: tuple[str, str]) -> None:
    verdict = lean.judge("by omega", LT, lemmas=(lemma,))
    assert verdict.status == "rejected", verdict
    assert verdict.kind in ("parse", "gate", "elaboration", "statement", "axioms")


@pytest.mark.parametrize("name", ["t", "_root_.t"])
def test_a_lemma_may_not_take_the_theorems_name(lean: Client, name: str) -> None:
    lemma = (f"theorem {name} : True", "trivial")
    verdict = lean.judge("by omega", LT, lemmas=(lemma,))
    assert verdict.status == "rejected" and "t" in verdict.reason
    same = (LT, "by omega")
    assert lean.judge("by omega", LT, lemmas=(same,)).status == "rejected"


# -- statements and headers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("theorem t : 1 =", "statement"),
        ("theorem t : ∑ x = 1", "statement"),
        ("theorem t : Nat", "not a proposition"),
        ("theorem t (x : Nat) : x = true", "statement"),
        ("theorem t (n : Nat) : Prime n", "statement"),
        ("theorem Nat.add_comm : True", "taken"),
        ("def t : Nat", "one `theorem"),
        ("theorem t : True := trivial", "follows"),
        ("theorem t : True := trivial\ntheorem u : True", "follows"),
        ("theorem t : True\ntheorem u : True", "statement"),
        ("", "statement"),
    ],
)
def test_a_statement_that_is_not_supported(lean: Client, statement: str, reason: str) -> None:
    result = lean.try_open(statement)
    assert isinstance(result, Unsupported) and reason in result.reason, result


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("def x : Nat := y", "y"),
        ("open Nonsense", "Nonsense"),
        ("def x : Nat :=", "header"),
        ("def a := 1\ndef x : Nat := true +", "line 2"),
        ("garbage", "header"),
        ("import Mathlib\ndef x := 1", "import"),
        ("#exit\ndef x := 1", "exit"),
    ],
)
def test_a_header_that_does_not_elaborate(lean: Client, header: str, reason: str) -> None:
    result = lean.try_open("theorem t : True", header)
    assert isinstance(result, Unsupported), result
    assert result.reason.startswith("header") and reason in result.reason, result


def test_headers_do_not_leak_into_one_another(lean: Client) -> None:
    assert lean.judge("rfl", "theorem t : two = 2", "def two := 2").proved
    assert lean.judge("rfl", "theorem t : two = 3", "def two := 3").proved
    assert lean.judge("rfl", "theorem t : two = 2", "def three := 3").status == "rejected"
    for i in range(12):  # more than the driver keeps
        assert lean.judge("rfl", f"theorem t : x = {i}", f"def x := {i}").proved
    assert lean.judge("rfl", "theorem t : two = 2", "def two := 2").proved


@pytest.mark.parametrize(
    ("body", "statement"),
    [
        ("by simp [fib]", "theorem t : fib 3 = 2"),
        ("by simp [fib]", "theorem t (n : Nat) : fib (n + 2) = fib n + fib (n + 1)"),
        ("by grind [fib]", "theorem t : fib 4 = 3"),
        ("by rw [fib]", "theorem t (n : Nat) : fib (n + 2) = fib n + fib (n + 1)"),
        ("by unfold fib; split <;> omega", "theorem t (n : Nat) : 0 ≤ fib n"),
        ("by delta fib; simp", "theorem t (n : Nat) : 0 ≤ fib n"),
        ("by fun_induction fib n <;> grind [fib]", "theorem t (n : Nat) : fib (n + 1) ≤ 2 ^ n"),
        ("by\n  induction n using fib.induct <;> grind [fib]", "theorem t (n : Nat) : fib n ≤ 2^n"),
        ("by decide", "theorem t : fib 10 = 55"),
        ("rfl", "theorem t : fib 10 = 55"),
    ],
)
def test_definitions_of_the_header_unfold(lean: Client, body: str, statement: str) -> None:
    """Equation lemmas are made on demand; an asynchronous task once waited for itself here."""
    verdict = lean.judge(body, statement, FIB)
    assert verdict.proved, verdict


def test_well_founded_and_mutual_definitions(lean: Client) -> None:
    half = "def half (n : Nat) : Nat := if h : n < 2 then 0 else half (n - 2) + 1\n"
    assert lean.judge("by simp [half]", "theorem t : half 5 = 2", half).proved
    body = "by fun_induction half n <;> grind [half]"
    assert lean.judge(body, "theorem t (n : Nat) : half n ≤ n", half).proved
    mutual = (
        "mutual\ndef ev : Nat → Bool\n  | 0 => true\n  | n + 1 => od n\n"
        "def od : Nat → Bool\n  | 0 => false\n  | n + 1 => ev n\nend\n"
    )
    assert lean.judge("by simp [ev, od]", "theorem t : ev 2 = true", mutual).proved


# -- limits, traps, sizes ----------------------------------------------------------------------


def test_heartbeats_run_out(lean: Client) -> None:
    verdict = lean.judge("by omega", LT, limits=Limits(1, 20.0))
    assert (verdict.status, verdict.kind) == ("inconclusive", "heartbeats")
    again = lean.judge("by omega", LT)
    assert again.proved, "a limit is that of its own request"


DEEP = "theorem t : (List.range 4000).foldl (· + ·) 0 = 7998000"
DEEP_BODY = "by\n  set_option maxRecDepth 100000000 in\n  decide"


def test_a_stack_overflow_costs_one_request(lean: Client) -> None:
    started = lean.pool.stats.started
    for _ in range(3):
        verdict = lean.judge(DEEP_BODY, DEEP, limits=Limits(0, 60.0))
        assert (verdict.status, verdict.kind) == ("inconclusive", "crash")
        assert lean.judge("by omega", LT).proved
        assert lean.judge("by simp", LT).status == "rejected"
        assert lean.judge("by simp [fib]", "theorem t : fib 3 = 2", FIB).proved
    assert lean.pool.stats.started == started, "the process itself lives on"


def test_a_long_proof(lean: Client) -> None:
    steps = "\n".join(f"  have h{i} : a < b := h" for i in range(400))
    body = "by\n" + steps + "\n  -- " + "é" * 99_000 + "\n  exact h399"
    assert len(body.encode()) > 200_000
    assert lean.judge(body, LT).proved
    assert lean.judge(body.replace("exact h399", "exact h400"), LT).status == "rejected"


def test_ids_are_echoed_and_requests_are_checked(lean: Client) -> None:
    assert "4.28" in lean.ask("ping")["lean"]  # the process drops replies with another id
    unknown = lean.ask("no such op")
    assert unknown["ok"] is False and unknown["kind"] == "request"
    assert lean.ask("judge")["ok"] is False
    assert lean.ask("judge", statement=LT, body=7, lemmas="x")["verdict"] == "rejected"


# -- sketches ----------------------------------------------------------------------------------

Case = tuple[str, str, str, int]
SKETCHES: list[Case] = [
    ("by sorry", LT, "", 1),
    ("sorry", LT, "", 1),
    ("by\n  have h1 : a ≤ b := sorry\n  have h2 : a ≠ b := by sorry\n  omega", LT, "", 2),
    ("by\n  intro x y hxy\n  sorry", "theorem t : ∀ x y : Nat, x < y → x ≠ y", "", 1),
    ("fun x => sorry", "theorem t : ∀ x : Nat, x + 0 = x", "", 1),
    ("by\n  intros\n  sorry", "theorem t : ∀ x y : Nat, x < y → x ≠ y", "", 1),
    (
        "by\n  induction n with\n  | zero => sorry\n  | succ k ih => sorry",
        "theorem t (n m : Nat) : n + m = m + n",
        "",
        2,
    ),
    (
        "by\n  induction n generalizing m with\n  | zero => sorry\n  | succ k ih => sorry",
        "theorem t (n m : Nat) (h : n ≤ m) : n * n ≤ m * m",
        "",
        2,
    ),
    ("by\n  induction n\n  · sorry\n  · sorry", "theorem t (n : Nat) : n ≤ n * n", "", 2),
    ("by\n  cases x\n  · sorry\n  · sorry", "theorem t (x : Option Nat) : x = x.map id", "", 2),
    (
        "by\n  match xs with\n  | [] => sorry\n  | y :: ys => sorry",
        "theorem t (xs : List Nat) : xs.length = xs.reverse.length",
        "",
        2,
    ),
    (
        "by\n  rcases h with ⟨x, hx, _⟩ | ⟨_, _⟩\n  · sorry\n  · sorry",
        "theorem t (p q : Nat → Prop) (h : (∃ x, p x ∧ q x) ∨ (∃ y, q y)) : ∃ z, q z",
        "",
        2,
    ),
    (
        "by\n  induction tr with\n  | leaf => sorry\n  | node l x r ihl ihr => sorry",
        "theorem t (tr : Tree) : 0 ≤ size tr",
        TREE,
        2,
    ),
    (
        "by\n  fun_induction fib n\n  · sorry\n  · sorry\n  · sorry",
        "theorem t (n : Nat) : fib n ≤ 2 ^ n",
        FIB,
        3,
    ),
    ("by\n  let k := a + 1\n  have hk : k = a + 1 := rfl\n  sorry", LT, "", 1),
    ("by\n  let k : Nat := a + 1\n  have hk : k ≤ b := sorry\n  exact hk", LT, "", 1),
    ("by\n  obtain ⟨k, hk⟩ : ∃ k, b = a + k + 1 := sorry\n  sorry", LT, "", 2),
    (
        "by\n  intro h\n  sorry",
        "theorem t.{u, v} {α : Type u} {β : Type v} [Inhabited β] (f : α → β) (a : α) :"
        " (∀ b, f a = b) → f a = default",
        "",
        1,
    ),
    (
        "by\n  constructor\n  · sorry\n  · sorry",
        "theorem t.{u} {α : Type u} [DecidableEq α] (a b : α) (xs : List α) :"
        " (a ∈ b :: xs → a = b ∨ a ∈ xs) ∧ (a = b → a ∈ b :: xs)",
        "",
        2,
    ),
    ("by\n  have : (2 : Int) ∣ 4 := sorry\n  omega", "theorem t (x : Int) : x - x = 0", "", 1),
    ("by\n  have key : (3 : Int) - 5 = -2 := by sorry\n  omega", LT, "", 1),
    ("by\n  have key : ((a : Int) - b) < 0 := by sorry\n  omega", LT, "", 1),
    ("by\n  have : (1 : Fin 3) + 2 = 0 := sorry\n  sorry", LT, "", 2),
    ("by\n  have h := Nat.le_of_lt h\n  sorry", LT, "", 1),
    ("by\n  have a := a + 1\n  sorry", LT, "", 1),
    ("by\n  intro n n hn\n  sorry", "theorem t : ∀ n n : Nat, n = n → n ≤ n", "", 1),
    ("by\n  have : ∀ x ∈ [1, 2, 3], x < 4 := by\n    intro x hx\n    sorry\n  omega", LT, "", 1),
    ("by\n  have f : ∀ n : Nat, ∃ m, m > n := fun n => ⟨n + 1, by sorry⟩\n  sorry", LT, "", 2),
    ("by\n  by_cases hc : a = 0\n  · sorry\n  · sorry", LT, "", 2),
    ("by\n  calc a + 1 ≤ a + 1 := by sorry\n    _ ≤ b := sorry", LT, "", 2),
    ("by\n  suffices hs : a < b by omega\n  sorry", LT, "", 1),
    ("by\n  refine ⟨1, ?_⟩\n  sorry", "theorem t : ∃ x : Nat, x * x = x", "", 1),
    ("⟨1, sorry⟩", "theorem t : ∃ x : Nat, x * x = x", "", 1),
    ("by\n  -- é𝔸⟨⟩\n  have «odd name» : a ≤ b := sorry\n  omega", LT, "", 1),
    ("by omega", LT, "", 0),
    (
        "by\n  rw [show xs.length = ys.length from sorry]\n  sorry",
        "theorem t (xs ys : List Nat) : xs.length + ys.length = 2 * ys.length",
        "",
        2,
    ),
]


def theorem(statement: str, body: str) -> str:
    return f"{statement} :=\n{body}\n"


def filled(compiled: Compiled, statement: str, body: str, header: str) -> str:
    """The file that the sketch becomes once its lemmas are proved, which `sorry` stands for."""
    lemmas = [theorem(goal.statement, "sorry") for goal in compiled.goals]
    return "\n".join([header, *lemmas, theorem(statement, fill_holes(body, compiled.holes))])


def names(verdict: Any) -> list[str]:
    return [theorem.name for theorem in verdict.theorems]


@pytest.mark.parametrize(("body", "statement", "header", "count"), SKETCHES)
def test_holes_become_closed_goals_that_fill_them(
    lean: Client, body: str, statement: str, header: str, count: int
) -> None:
    compiled = lean.sketch(body, statement, header)
    assert compiled.verdict.proved, compiled.verdict
    assert len(compiled.goals) == count
    assert [body[h.start : h.end] for h in compiled.holes] == ["sorry"] * count
    for goal in compiled.goals:
        alone = lean.open(goal.statement, header)
        assert alone.key == goal.key and alone.target == goal.target
        assert not alone.intros, "a hole's statement binds all of its variables"
    result = lean.check(filled(compiled, statement, body, header))
    assert result.errors == (), (result.errors, [g.statement for g in compiled.goals])
    assert names(result) == [*(f"t_1_{i}" for i in range(1, count + 1)), "t"]


def test_a_hole_gets_what_it_needs_and_says_its_shape(lean: Client) -> None:
    body = "by\n  induction n with\n  | zero => sorry\n  | succ k ih => sorry"
    compiled = lean.sketch(body, "theorem t (n : Nat) (b : Bool) : n ≤ n * n ∧ b = b")
    zero, step = compiled.goals
    assert zero.head == "And" and step.head == "And" and step.depth == 1
    shapes = {b.name: (b.type, b.prop, b.head) for b in step.binders}
    assert shapes["k"] == ("Nat", False, "Nat") and shapes["ih"][1:] == (True, "And")
    (k,) = [b for b in step.binders if b.name == "k"]
    assert k.constructors == (("zero", 0, 0), ("succ", 1, 1))
    assert [g.id for g in compiled.goals] == ["t/1.1", "t/1.2"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("by\n  refine ⟨?_, ?_⟩\n  · exact sorry\n  · sorry", "elaboration"),
        ("by\n  have h : _ := sorry\n  exact ⟨0, h⟩", "elaboration"),
        ("by\n  constructor\n  · sorry\n  · exact 0", "elaboration"),
        ("by\n  all_goals sorry\n  omega", "elaboration"),
        ("by\n  exact ⟨0, by rfl⟩ <;> sorry)", "parse"),
        ("by\n  run_tac pure ()\n  sorry", "gate"),
        ("by\n  admit", "gate"),
        ("by\n  nonsense\n  sorry", "parse"),
    ],
)
def test_a_sketch_that_is_refused(lean: Client, body: str, kind: str) -> None:
    compiled = lean.sketch(body, "theorem t : ∃ x : Nat, x * x = x + x")
    assert (compiled.verdict.status, compiled.verdict.kind) == ("rejected", kind)
    assert not compiled.goals and not compiled.holes


def test_one_sorry_for_several_goals_is_refused(lean: Client) -> None:
    compiled = lean.sketch("by\n  constructor <;> sorry", "theorem t (p q : Prop) : p ∧ q")
    assert compiled.verdict.status == "rejected", compiled


# -- canonical keys ----------------------------------------------------------------------------

FIXED = [
    (["a b c : Nat", "h1 : a < b", "h2 : b < c"], "a < c"),
    (["x y : Int", "h1 : x + y = 3", "h2 : x - y = 1", "h3 : 0 < x"], "x * y = 2"),
    (["p q r : Prop", "hp : p", "hq : p → q", "hr : q → r"], "r ∧ p"),
    (["f : Nat → Nat", "h1 : ∀ n, f n ≤ f (n + 1)", "h2 : f 0 = 5", "m : Nat"], "5 ≤ f m"),
    (["xs ys : List Nat", "h1 : xs.length = 2", "h2 : ys = xs ++ xs"], "ys.length = 4"),
    (["b c : Bool", "h1 : (b && c) = true", "h2 : b = c"], "(b || c) = true"),
    # All variables are alike here, and the hypotheses until one variable has a number.
    (["a b : Nat", "h1 : a < b", "h2 : b < a"], "False"),
    (["a b c x : Nat", "h1 : a < b", "h2 : b < c", "h3 : c < x", "h4 : x < a"], "False"),
]
RENAMED = {"a": "u", "b": "v", "x": "y1", "p": "s", "h1": "hyp", "h2": "k2", "xs": "zs", "f": "g"}


def statement_of(binders: list[str], target: str) -> str:
    return f"theorem t {' '.join(f'({b})' for b in binders)} : {target}"


def rename(text: str) -> str:
    return re.sub(r"\b\w+\b", lambda m: RENAMED.get(m[0], m[0]), text)


def depends(binder: str, earlier: str) -> bool:
    words = set(re.findall(r"\w+", binder.split(":", 1)[1]))
    return bool(words & set(earlier.split(":")[0].split()))


def shuffled(binders: list[str], seed: int) -> list[str]:
    """A random order in which every binder still comes after those it mentions."""
    chance, todo, done = random.Random(seed), list(binders), list[str]()
    while todo:
        ready = [b for b in todo if not any(depends(b, o) for o in todo if o != b)]
        done.append(chance.choice(ready))
        todo.remove(done[-1])
    return done


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    which=st.sampled_from(FIXED),
    seed=st.integers(0, 10_000),
    renaming=st.booleans(),
    unused=st.booleans(),
    twice=st.booleans(),
)
def test_keys_see_through_names_order_and_what_is_unused(
    lean: Client,
    which: tuple[list[str], str],
    seed: int,
    renaming: bool,
    unused: bool,
    twice: bool,
) -> None:
    binders, target = which
    other = shuffled(binders, seed)
    if unused:
        other.insert(seed % (len(other) + 1), "spare : Nat")
    if twice:
        last = [b for b in binders if b.startswith("h")][-1]
        other.append("again :" + last.split(":", 1)[1])
    changed = statement_of(other, target)
    changed = rename(changed) if renaming else changed
    assert lean.open(changed).key == lean.open(statement_of(binders, target)).key


def test_keys_tell_different_goals_apart(lean: Client) -> None:
    statements = [statement_of(*case) for case in FIXED]
    statements += [
        "theorem t (a b c : Nat) (h1 : a < b) (h2 : b < c) : c < a",
        "theorem t (a b c : Nat) (h1 : a < b) (h2 : c < b) : a < c",
        "theorem t (a b c : Nat) (h1 : b < a) (h2 : b < c) : a < c",
        "theorem t (a b c : Nat) (h1 : a < b) : a < c",
        "theorem t (a b c : Int) (h1 : a < b) (h2 : b < c) : a < c",
        "theorem t (a b : Nat) : a + b = b + a",
        "theorem t (a b : Nat) : a + b = a + b",
        "theorem t (a : Nat) : a + a = a + a",
        "theorem t : (2 : Int) ∣ 4",
        "theorem t : (2 : Nat) ∣ 4",
        "theorem t : (2 : Nat) ∣ 5",
        "theorem t (f : Nat → Nat → Nat) : ∀ x y, f x y = f y x",
        "theorem t (f : Nat → Nat → Nat) : ∀ x y, f x y = f x y",
    ]
    keys = [lean.open(s).key for s in statements]
    assert len(set(keys)) == len(keys)


def test_universes_count_by_their_place_only(lean: Client) -> None:
    one = lean.open("theorem t.{u, v} (α : Type u) (β : Type v) (f : α → β) : f = f")
    other = lean.open("theorem t.{b, a} (γ : Type b) (δ : Type a) (g : γ → δ) : g = g")
    single = lean.open("theorem t.{u} (α : Type u) (β : Type u) (f : α → β) : f = f")
    assert one.key == other.key != single.key


def test_goals_that_differ_in_hypotheses_have_one_conclusion(lean: Client) -> None:
    one = lean.open("theorem t (a b c : Nat) (h1 : a < b) (h2 : b < c) : a < c")
    other = lean.open("theorem t (z y x w : Nat) (q : y = w) : (h : z < y) → z < x")
    assert one.key != other.key and one.conclusion == other.conclusion == lean.open(
        "theorem t (p q : Nat) : p < q"
    ).key  # fmt: skip
    assert one.conclusion != lean.open("theorem t (a b : Nat) (h : a < b) : a ≤ b").conclusion
    assert one.conclusion != lean.open("theorem t (a : Nat) (h : a < 0) : a < a").conclusion
    shape = {b.name: b.shape for g in (one, other) for b in g.binders}
    assert shape["h1"] == shape["h2"] == shape["h"] != shape["q"] and shape["a"] == ""


@pytest.mark.parametrize(
    ("statement", "scoped"),
    [
        ("theorem t (n : Nat) : n + 0 = n", False),
        ("theorem t (x : Tree) : x = x", True),
        ("theorem t (x : Tree) : size x = size x", True),
        ("theorem t (xs : List Nat) (h : xs ≠ []) : 0 < xs.length", False),
    ],
)
def test_it_is_known_what_rests_on_the_header(lean: Client, statement: str, scoped: bool) -> None:
    assert lean.open(statement, TREE).scoped == scoped


def test_a_holes_goal_has_all_that_a_statements_has(lean: Client) -> None:
    body = "by\n  cases x with\n  | leaf => sorry\n  | node l n r => exact sorry"
    compiled = lean.sketch(body, "theorem t (x : Tree) (h : 0 < size x) : x ≠ .leaf", TREE)
    for goal in compiled.goals:
        alone = lean.open(goal.statement, TREE)
        assert (alone.conclusion, alone.scoped) == (goal.conclusion, goal.scoped) and goal.scoped
        assert [b.shape for b in alone.binders] == [b.shape for b in goal.binders]


# -- proof states ------------------------------------------------------------------------------


def test_states_are_stepped_and_freed(lean: Client) -> None:
    first = lean.ask("goal.start", statement="theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q")
    assert len(first["goals"]) == 1 and "⊢ p ∧ q" in first["goals"][0]
    split = lean.ask("goal.step", state=first["state"], tactic="constructor")
    assert len(split["goals"]) == 2
    one = lean.ask("goal.step", state=split["state"], tactic="exact hp")
    assert len(one["goals"]) == 1 and "⊢ q" in one["goals"][0]
    other = lean.ask("goal.step", state=split["state"], tactic="assumption")
    assert len(other["goals"]) == 1, "an earlier state can be stepped again"
    done = lean.ask("goal.step", state=one["state"], tactic="assumption")
    assert done["goals"] == []
    after = lean.ask("goal.step", state=done["state"], tactic="skip")
    assert after["verdict"] == "rejected"
    for tactic, kind in (("nonsense", "parse"), ("rfl", "elaboration"), ("sorry", "gate")):
        wrong = lean.ask("goal.step", state=split["state"], tactic=tactic)
        assert (wrong["verdict"], wrong["kind"]) == ("rejected", kind)
    all_states = [s["state"] for s in (first, split, one, other, done)]
    assert len(set(all_states)) == len(all_states)
    assert lean.ask("goal.free", states=all_states[:2])["freed"] == 2
    assert lean.ask("goal.free", states=all_states[:3])["freed"] == 1
    gone = lean.ask("goal.step", state=first["state"], tactic="skip")
    assert gone["ok"] is False and gone["kind"] == "state"
    assert lean.ask("goal.free", states=[*all_states, 10**6])["freed"] == 2


def test_a_state_of_a_statement_that_binds_and_quantifies(lean: Client) -> None:
    first = lean.ask("goal.start", statement="theorem t (a : Nat) : ∀ b, a < b → a ≠ b")
    assert "a : Nat" in first["goals"][0] and "∀" in first["goals"][0]
    step = lean.ask("goal.step", state=first["state"], tactic="(intro b h; omega)")
    assert step.get("goals") == [], step
    lean.ask("goal.free", states=[first["state"], step["state"]])


# -- whole files -------------------------------------------------------------------------------


def verdicts(result: Any) -> dict[str, str]:
    return {t.name: t.verdict.status for t in result.theorems}


def test_theorems_of_a_file_are_judged_one_by_one(lean: Client) -> None:
    text = (
        "def two := 2\n"
        "theorem good : two = 2 := rfl\n"
        "theorem wrong : two = 3 := by decide\n"
        "theorem open_ : two = 2 := by sorry\n"
        "theorem rests : two = 2 ∧ True := ⟨open_, trivial⟩\n"
        "namespace N\ntheorem inner (a : Nat) : a ≤ a := by\n  omega\nend N\n"
        "theorem uses : two = 2 := good\n"
        "theorem broken : := rfl\n"
        "theorem last : True := trivial\n"
    )
    result = lean.check(text)
    got = verdicts(result)
    assert got["good"] == got["N.inner"] == got["uses"] == got["last"] == "proved"
    assert got["wrong"] == got["open_"] == got["rests"] == "rejected"
    rests = next(t for t in result.theorems if t.name == "rests")
    assert rests.verdict.kind == "axioms" and "sorryAx" in rests.verdict.axioms
    assert [t.line for t in result.theorems if t.name in ("good", "N.inner")] == [2, 7]
    assert any(error.startswith("3:") for error in result.errors)
    assert any(error.startswith("11:") for error in result.errors)


TRICKS = [
    "#exit\n",
    "axiom bad : False\n",
    'macro "m" : term => `(True)\n',
    "macro_rules | `(True) => `(False)\n",
    'elab "m" : tactic => pure ()\n',
    "run_cmd pure ()\n",
    "#eval 1\n",
    'syntax "m" : term\n',
    "initialize pure ()\n",
    "import Lean\n",
    ") run_cmd pure ()\n",
    "set_option debug.skipKernelTC true\n",
    "set_option debug.skipKernelTC true in\n",
    'notation "m" => (by run_tac pure ())\n',
    "def x : Nat := by run_tac pure ()\n",
    "@[macro Lean.Parser.Term.app] def x : Lean.Macro := fun s => pure s\n",
    "@[implemented_by Nat.mul] def x (a b : Nat) := a + b\n",
    "attribute [simp] Nat.add_comm\n",
    "mutual\ndef x : Nat := by run_tac pure ()\nend\n",
    "#check (by run_tac pure () : Nat)\n",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_commands_that_could_cheat_make_no_proof(lean: Client, trick: str) -> None:
    text = trick + "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := by omega\n"
    if trick.startswith("axiom"):
        text = trick + "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := bad.elim\n"
    problem = Problem("t", LT)
    assert not lean.certify(text, problem).proved
    result = lean.check(text, problem)
    assert "proved" not in verdicts(result).values()
    if not trick.startswith("axiom"):
        assert result.errors and "line" in result.errors[0], result


@pytest.mark.parametrize(
    ("text", "header", "statement"),
    [
        ("theorem t (n : Nat) : n < n + 2 := by omega", "", "theorem t (n : Nat) : n < n + 1"),
        ("theorem t (n : Int) : n < n + 1 := by omega", "", "theorem t (n : Nat) : n < n + 1"),
        ("theorem u (n : Nat) : n < n + 1 := by omega", "", "theorem t (n : Nat) : n < n + 1"),
        (
            "theorem t (n : Nat) (h : n = 0) : n < 1 := by omega",
            "",
            "theorem t (n : Nat) : n < 1",
        ),
        ("theorem t (n : Nat) (h : 5 < n) : 5 < n := h", "", "theorem t (n : Nat) : 5 < n"),
        (
            "def f (n : Nat) := n\ntheorem t : f 3 = 3 := rfl",
            "def f (n : Nat) := n + 1",
            "theorem t : f 3 = 3",
        ),
        (
            "def g := 3\ndef f (n : Nat) := g\ntheorem t : f 3 = 3 := rfl",
            "def g := 4\ndef f (n : Nat) := g",
            "theorem t : f 3 = 3",
        ),
        (
            "def f (n : Nat) : Int := n\ntheorem t : f 3 = 3 := rfl",
            "def f (n : Nat) := n",
            "theorem t : f 3 = 3",
        ),
        (
            "inductive C where\n  | a\ntheorem t (x y : C) : x = y := by cases x; cases y; rfl",
            "inductive C where\n  | a\n  | b",
            "theorem t (x y : C) : x = y",
        ),
        (
            "structure P where\n  x : Nat\n  h : x = 3\ntheorem t (p : P) : p.x = 3 := p.h",
            "structure P where\n  x : Nat",
            "theorem t (p : P) : p.x = 3",
        ),
        (
            'local notation "five" => 4\ntheorem t : five = 4 := rfl',
            'notation "five" => 5',
            "theorem t : five = 4",
        ),
        (
            'local notation:50 a " < " b => Nat.le a b\n'
            "theorem t (n : Nat) : n < n := Nat.le_refl n",
            "",
            "theorem t (n : Nat) : n < n",
        ),
        (
            "namespace A\ndef f := 4\nend A\nopen A\ntheorem t : f = 4 := rfl",
            "namespace B\ndef f := 5\nend B\nopen B",
            "theorem t : f = 4",
        ),
        (
            "instance (priority := high) : LT Nat := ⟨fun _ _ => True⟩\n"
            "theorem t (n : Nat) : n < n := trivial",
            "",
            "theorem t (n : Nat) : n < n",
        ),
        (
            "variable (h : False)\ninclude h\ntheorem t : 1 = 2 := h.elim",
            "",
            "theorem t : 1 = 2",
        ),
        (
            "namespace X\ntheorem t : 1 = 1 := rfl\nend X",
            "",
            "theorem t : 1 = 1",
        ),
        (
            "theorem t {α : Type} (a : α) : a = a := rfl",
            "",
            "theorem t.{u} {α : Type u} (a : α) : a = a",
        ),
        ("set_option debug.skipKernelTC true\ntheorem t : 1 = 2 := sorry", "", "theorem t : 1 = 2"),
        ("theorem t : 1 = 2 := by native_decide", "", "theorem t : 1 = 2"),
        ("def t : Nat := 1", "", "theorem t : 1 = 1"),
        ("theorem t : 1 = 1 := rfl\ntheorem u : 1 = 2 := sorry", "", "theorem t : 1 = 1"),
        ("theorem t : 1 = 1 := rfl\ndef x : Nat := true", "", "theorem t : 1 = 1"),
        (
            "set_option debug.skipKernelTC true\ntheorem t : 1 = 2 := by decide +kernel",
            "",
            "theorem t : 1 = 2",
        ),
        (
            "mutual\ninductive A where\n  | a : B → A\ninductive B where\n  | b\nend\n"
            "theorem t (x y : A) : x = y := by\n"
            "  cases x; cases y; rename_i u v; cases u; cases v; rfl",
            "mutual\ninductive A where\n  | a : B → A\ninductive B where\n  | b\n  | c\nend",
            "theorem t (x y : A) : x = y",
        ),
        ("", "", "theorem t : 1 = 1"),
    ],
)
def test_a_file_that_proves_something_else_is_refused(
    lean: Client, text: str, header: str, statement: str
) -> None:
    verdict = lean.certify(text, Problem("t", statement, header))
    assert verdict.status == "rejected", verdict


def test_honest_files_are_certified(lean: Client) -> None:
    step = "theorem step (n : Nat) : fib n ≤ fib n + 1 := by omega\n"
    main = "theorem t (n : Nat) : fib n ≤ fib n + 2 :=\n  Nat.le_trans (step n) (by omega)\n"
    verdict = lean.certify(FIB + step + main, Problem("t", main.split(" :=")[0], FIB))
    assert verdict.proved, verdict
    # Names of bound variables and printed form may differ: statements are compared as Expr.
    other = "theorem t (k : Nat) :\n    (k : Nat) + 0 = k := by rfl"
    assert lean.certify(other, Problem("t", "theorem t (n : Nat) : n + 0 = n")).proved
    generic = "theorem t.{u} {α : Type u} (a : α) : a = a"
    assert lean.certify(f"universe v\n{generic} := rfl", Problem("t", generic)).proved
    spaced = "open Nat in\ntheorem t (a b : Nat) (h : a < b) : a + 1 ≤ b := succ_le_of_lt h"
    assert lean.certify(spaced, Problem("t", LT)).proved


def test_a_header_may_do_what_a_file_may_not(lean: Client) -> None:
    """It is the problem's own text, and the same words stand at the file's beginning."""
    header = (
        "def f (n : Nat) := n + 1\n@[simp] theorem f_zero : f 0 = 1 := rfl\n"
        'attribute [simp] f\nmacro "one" : term => `(1)\n\n'
    )
    problem = Problem("t", "theorem t : f 0 = one", header)
    assert lean.certify(header.strip() + "\n\ntheorem t : f 0 = one := by simp\n", problem).proved
    changed = header.replace("`(1)", "`( 1)")
    assert not lean.certify(changed + "theorem t : f 0 = one := by simp\n", problem).proved


def test_what_a_file_may_do(lean: Client) -> None:
    text = (
        "universe u\nopen Nat List\nnamespace N\nsection\nvariable {α : Type u} (x : α)\n"
        "set_option maxHeartbeats 400000 in\nset_option pp.all true in\n"
        '@[simp, grind =] theorem a : [x].length = 1 := rfl\nend\nnotation "♯" => 7\n'
        'infixl:65 " ⊞ " => Nat.add\n'
        "structure P where\n  l : Nat\n  r : Nat\n  deriving Repr, DecidableEq\n"
        "instance : Add P := ⟨fun a b => ⟨a.l + b.l, a.r + b.r⟩⟩\n"
        "@[reducible] def k : Nat := ♯\nexample : k = 7 := rfl\n"
        "protected theorem b : 1 ⊞ 2 = 3 := rfl\nend N\n#print N.a\n"
    )
    result = lean.check(text)
    assert verdicts(result) == {"N.a": "proved", "N.b": "proved"}, result


def test_a_file_leaves_nothing_behind(lean: Client) -> None:
    assert verdicts(lean.check("theorem mine : 1 = 1 := rfl")) == {"mine": "proved"}
    assert lean.judge("mine", "theorem t : 1 = 1").status == "rejected"
    assert verdicts(lean.check("theorem t : 1 = 1 := mine")) == {"t": "rejected"}
