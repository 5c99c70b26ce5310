"""Whole files taken apart by the real Lean's parser, and what candidates come of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lean_client import LIMITS, Client

from prover.assembly import render
from prover.config import ProblemsConfig
from prover.lean.split import candidate_of
from prover.lean.verifier import Verifier
from prover.problems import load
from prover.types import Candidate, Goal, Lemma, Split, Verdict

pytestmark = pytest.mark.lean

ROOT = Path(__file__).parents[2]
LT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
GOAL = Goal("t", "t", LT)
PREAMBLE = """import Mathlib
import Aesop

set_option maxHeartbeats 400000

open BigOperators Real Nat Topology Rat

"""


@pytest.fixture(scope="module")
def lean(runner: asyncio.Runner, verifier: Verifier) -> Client:
    return Client(runner, verifier)


def taken(lean: Client, text: str, statement: str = LT, header: str = "") -> Candidate | Verdict:
    return candidate_of(lean.split(text, statement, header), Goal("t", "t", statement, header), "m")


def proves(lean: Client, text: str, statement: str = LT, header: str = "") -> Candidate:
    """The candidate of a text, which Lean accepts."""
    found = taken(lean, text, statement, header)
    assert isinstance(found, Candidate), found
    lemmas = tuple((x.statement, x.body) for x in found.lemmas)
    verdict = lean.judge(found.body, statement, header, lemmas)
    assert verdict.proved, verdict
    return found


def rejected(lean: Client, text: str, statement: str = LT, header: str = "") -> Verdict:
    found = taken(lean, text, statement, header)
    assert isinstance(found, Verdict) and found.status == "rejected", found
    return found


BODY = "by\n  omega"


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (f"{LT} := by omega", "by omega"),
        (f"{LT} := h", "h"),
        (f"{LT}\n  := h", "h"),
        (f"{LT} := {BODY}", BODY),
        (f"{PREAMBLE}{LT} := {BODY}\n", BODY),
        (f"{PREAMBLE}{LT} := {BODY}\n".replace("\n", "\r\n"), BODY),
        (f"/-- The theorem t. -/\n@[simp] private {LT} := h", "h"),
        (f"/- theorem t : False := by sorry -/\n-- theorem t : False\n{LT} := h", "h"),
        ("theorem t (a b : ℕ) (h : a < b) : b ≥ a + 1 := h", "h"),
        ("theorem other (a b : Nat) (h : a < b) : a < b := h", "h"),
        ("example (a b : Nat) (h : a < b) : a < b := h", "h"),
        ("lemma t (a b : Nat) (h : a < b) : a < b := h", "h"),
        ("protected lemma t (a b : Nat) (h : a < b) : a < b := h", "h"),
        (f"namespace X\n{LT} := h\nend X", "h"),
        (f"open Nat in\nset_option maxRecDepth 200 in\n{LT} := h", "h"),
        (f"{LT} := by\n  have «theorem» := h -- theorem\n  exact «theorem»", None),
        (f'{LT} := by\n  have s : "theorem t := " = "theorem t := " := rfl\n  exact h', None),
        (
            f"{LT} := by have := h; exact\n       this",
            f"{' ' * 49}by have := h; exact\n       this",
        ),
        (f"{LT} := by omega\n#exit\ntheorem t : False := by\n  cut off", "by omega"),
        (f"{LT} := by\n  omega\n  -- the end", BODY),
        (f"end\nend Foo\n{LT} := h", "h"),
        (f"section\nvariable (a b : Nat) (h : a < b)\n{LT} := h\nend", "h"),
    ],
)
def test_the_proof_is_found(lean: Client, text: str, body: str | None) -> None:
    found = proves(lean, text)
    assert found.lemmas == () and (body is None or found.body == body)


def test_equations_become_a_function(lean: Client) -> None:
    statement = "theorem t : ∀ n : Nat, n < 1 → n = 0"
    found = proves(lean, f"{statement}\n  | 0, _ => rfl\n  | n + 1, h => by omega", statement)
    assert found.body == "fun\n  | 0, _ => rfl\n  | n + 1, h => by omega"


def test_lemmas_above_are_kept_in_order(lean: Client) -> None:
    text = (
        f"{PREAMBLE}lemma one (x : Nat) : x = x := rfl\n\n"
        "/-- doc -/\n@[simp] private theorem two (x : Nat) : x ≤ x + 1 := by\n  omega\n\n"
        f"{LT} := by\n  have := two a\n  have := one a\n  omega\n\n"
        "theorem below : True := trivial\n"
    )
    found = proves(lean, text)
    assert found.lemmas == (
        Lemma("theorem one (x : Nat) : x = x", "rfl"),
        Lemma("theorem two (x : Nat) : x ≤ x + 1", "by\n  omega"),
    )


def test_the_last_sound_one_of_the_name_counts(lean: Client) -> None:
    text = f"{LT} := by sorry\n\n{LT} := by omega\n\n{LT} := by\n  cut off ("
    found = proves(lean, text)
    assert found == Candidate("by omega", "m")


def test_markdown_around_it_does_no_harm(lean: Client) -> None:
    code = f"```lean4\n{PREAMBLE}{LT} := by\n  omega\n```"
    text = f"Here is the theorem:\n\n{code}\nNo `theorem` more.\n"
    split = lean.split(text, LT)
    assert split.error is not None and split.error.line == 1
    assert proves(lean, text) == Candidate(BODY, "m")


@pytest.mark.parametrize(
    ("text", "kind", "place", "piece"),
    [
        ("", "parse", (1, 0), "no theorem"),
        ("I cannot prove this.", "parse", (1, 0), "no theorem"),
        ("```lean4\n```", "parse", (1, 0), "no theorem"),
        ("-- theorem t : True := trivial", "parse", (1, 0), "no theorem"),
        ("def f := 1\naxiom x : False", "gate", (1, 0), "`def`: a candidate holds theorems only"),
        ('\nmacro "x" : tactic => `(tactic| skip)', "gate", (2, 0), "`macro`"),
        (f"{LT} := by\n", "parse", (2, 0), "unexpected end of input"),
        (f"{LT} := by\n  have g : a", "parse", (2, 12), "unexpected end of input"),
        (f"{LT} := by\n  simp [foo\n", "parse", (3, 0), "expected ']'"),
        (f"{LT} := by\n  omega /- cut", "parse", (2, 14), "unterminated comment"),
        (f"{LT} :", "parse", (1, 45), "expected"),
        ("theorem", "parse", (1, 7), "expected identifier"),
        (f"lemma x : True := trivial\n{LT} := by\n  nlinarith [h]", "parse", (3, 2), "`nlinarith`"),
        (f"{LT} := by sorry", "gate", (1, 49), "`sorry`"),
        (f"{LT} := by\n  have g : a < b := by\n    sorry\n  omega", "gate", (1, 49), "`sorry`"),
        (f"{LT} := by\n  admit", "gate", (1, 49), "`sorry`"),
        (f"theorem x : False := sorry\n{LT} := x.elim", "gate", (1, 21), "proof of x"),
        (f"{LT} := g where g := h", "parse", (1, 46), "`where`"),
        (f"{LT}\n  | _ => t a b", "parse", (2, 2), "equations that use the theorem itself"),
    ],
)  # fmt: skip
def test_nothing_to_use(
    lean: Client, text: str, kind: str, place: tuple[int, int], piece: str
) -> None:
    verdict = rejected(lean, text)
    assert (verdict.kind, verdict.line, verdict.column) == (kind, *place), verdict
    assert piece in verdict.reason


def test_what_is_passed_over_is_told(lean: Client) -> None:
    header = "def double (n : Nat) : Nat := n + n\n"
    text = (
        f"import Mathlib\nopen Nat Real\nuniverse u\n{header}namespace X\nvariable (n : Nat)\n"
        "theorem x : n = n := rfl\nend X\nlocal instance : Inhabited Nat := ⟨0⟩\n"
        f'attribute [simp] Nat.add_comm\n#eval 1\nnotation "x" => 1\n{LT} := h\n'
    )
    split = lean.split(text, LT, header)
    skipped = [(x.line, x.kind) for x in split.skipped]
    assert skipped == [
        (1, "header"), (2, "open"), (3, "universe"), (4, "declaration"),
        (5, "namespace"), (6, "variable"), (8, "end"),
    ]  # fmt: skip
    refused = [(x.line, x.kind) for x in split.refused]
    assert refused == [
        (7, "theorem"), (9, "instance"), (10, "attribute"), (11, "eval"), (12, "notation"),
    ]  # fmt: skip
    assert [x.name for x in split.theorems] == ["t"] and split.error is None


def test_nothing_of_it_is_elaborated(lean: Client) -> None:
    text = (
        'run_cmd throwError "ran"\nelab "x" : tactic => throwError "ran"\n'
        f'variable (n : by_elab throwError "ran")\n{LT} := by run_tac throwError "ran"\n'
    )
    split = lean.split(text, LT)
    assert [x.kind for x in split.refused] == ["runCmd", "elab"] and split.error is None
    assert split.theorems[0].body == 'by run_tac throwError "ran"'
    assert lean.judge(split.theorems[0].body, LT).kind == "gate"


def test_notations_of_the_header_and_of_opened_namespaces(lean: Client) -> None:
    header = 'namespace Q\nscoped notation "‡" n => n + 1\nend Q\nnotation "ℕ" => Nat'
    statement = "theorem t (a : ℕ) : a ≤ a + 1"
    found = proves(
        lean, f"{statement} := by\n  exact (Nat.le_succ a : a ≤ a + 1)", statement, header
    )
    assert found.lemmas == ()
    opened = f"open Q\nlemma x (a : ℕ) : (‡ a) = a + 1 := rfl\n{statement} := Nat.le_succ a"
    split = lean.split(opened, statement, header)
    assert [x.name for x in split.theorems] == ["x", "t"] and split.error is None
    closed = lean.split(opened.removeprefix("open Q\n"), statement, header)
    assert closed.theorems[0].error is not None


def test_names_within_namespaces(lean: Client) -> None:
    header, statement = "namespace N", "theorem t : True"
    text = "theorem t : False := sorry\nend N\nnamespace N\ntheorem t : True := trivial\nend N\n"
    split = lean.split(text + "theorem t : 1 = 1 := rfl\n", statement, header)
    assert split.target == 1 and split.theorems[1].body == "trivial"


def test_places_lead_back_to_the_text(lean: Client) -> None:
    text = f"{PREAMBLE}{LT} := by\n  have ü := h\n  omega\n"
    theorem = lean.split(text, LT).theorems[0]
    line = text.split("\n")[theorem.line - 1]
    assert line[theorem.column :] == "by" and theorem.body in text


def test_a_statement_that_is_none(lean: Client) -> None:
    result = lean.runner.run(lean.verifier.split(Goal("t", "t", "theorem t :"), f"{LT} := h"))
    assert isinstance(result, Verdict) and result.kind == "statement"


def test_too_deep_a_text_is_no_verdict_on_it(lean: Client) -> None:
    deep = "(" * 60_000
    result = lean.runner.run(lean.verifier.split(GOAL, f"{LT} := {deep}"))
    assert isinstance(result, Verdict | Split)
    assert not isinstance(result, Verdict) or result.status == "inconclusive"
    assert proves(lean, f"{LT} := h").body == "h"


LEMMAS = st.sampled_from(
    [
        ("(x : Nat) : x = x", "rfl"),
        (": ∀ x : Nat, x ≤ x + 1", "by\n  intro x\n  omega"),
        ("(p q : Prop) (h : p ∧ q) : q ∧ p", "⟨h.2,\n  h.1⟩"),
        ('(s : String) (h : s = "theorem x : y := by") : s ≠ ""', "by\n  subst h\n  decide"),
        ("{α : Type} (l : List α) : l ++ [] = l", "by simp -- theorem"),
        ("(ℓ₁ ü' : Nat) (h : ℓ₁ = ü') : ü' = ℓ₁", "fun\n  | _ => h.symm"),
        ("(n : Nat) : let m := n; m = n", "by\n    intro m\n    rfl"),
    ]
)
BETWEEN = st.sampled_from(
    ["", "-- lemma x : False := sorry\n", "/- theorem y : /- -/ False -/\n", "open Nat\n", "\n\n",
     "section\nend\n", "set_option linter.all false\n"]
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(LEMMAS, BETWEEN, st.sampled_from(["theorem", "lemma"])), max_size=4),
    LEMMAS,
    st.booleans(),
)
def test_a_text_made_of_lemmas_and_a_body_gives_them_back(
    lean: Client,
    lemmas: list[tuple[tuple[str, str], str, str]],
    last: tuple[str, str],
    more: bool,
) -> None:
    made, text = [], PREAMBLE
    for i, ((signature, body), between, word) in enumerate(lemmas):
        lemma = Lemma(f"theorem l{i} {signature}", body.removesuffix(" -- theorem"))
        shown = render("", [Lemma(lemma.statement, body)])
        text += between + shown.replace("theorem l", f"{word} l", 1)
        made.append(lemma)
    statement, body = f"theorem t {last[0]}", last[1]
    text += render("", [Lemma(statement, body)]) + ("theorem more : True := by\n  (" * more)
    found = taken(lean, text, statement)
    assert found == Candidate(body.removesuffix(" -- theorem"), "m", tuple(made))


@pytest.mark.slow
def test_every_reference_proof_comes_out_of_its_file(lean: Client) -> None:
    sets = ["one_tactic", "several_steps", "decomposition"]
    wrong, again = {}, {}
    for problem in load(ProblemsConfig(source=str(ROOT / "problems"), sets=sets)):
        path = ROOT / "tests" / "data" / "proofs" / problem.source / f"{problem.name}.lean"
        goal = Goal(problem.name, problem.name, problem.statement, problem.header)
        split = lean.runner.run(lean.verifier.split(goal, PREAMBLE + path.read_text()))
        assert isinstance(split, Split)
        found = candidate_of(split, goal, "m")
        if not isinstance(found, Candidate):
            wrong[problem.name] = found.reason
            continue
        limits = replace(LIMITS, heartbeats=200_000)
        verdict = lean.runner.run(lean.verifier.judge(goal, found, limits))
        if not verdict.proved:
            wrong[problem.name] = verdict.reason
        text = render(problem.header, [*found.lemmas, Lemma(problem.statement, found.body)])
        if taken(lean, text, problem.statement, problem.header) != found:
            again[problem.name] = text
    assert (wrong, again) == ({}, {})
