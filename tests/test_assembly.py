"""Assembled files: order, layout, holes, and names that would clash."""

from __future__ import annotations

import pytest
from run_events import PROVED, Writer, demo_events

from prover.assembly import (
    assemble,
    fill_holes,
    parts,
    replace_name,
    theorem_name,
    theorem_text,
)
from prover.errors import ProverError, UserError
from prover.graph import ProofGraph
from prover.types import Hole, Lemma

WHOLE = """\
-- a header

theorem sum_odd_is_square_2_0 : sumOdd 0 = 0 ^ 2 := rfl

theorem sum_odd_is_square_2_1_0_0 (n : Nat) : sumOdd (n + 1) = sumOdd n + 2 * n + 1 := by
  simp only [sumOdd]
  omega

theorem aux (a : Nat) : a ^ 2 = a * a := by simp [Nat.pow_two]

theorem sum_odd_is_square_2_1_0_1 (n : Nat) : n ^ 2 + 2 * n + 1 = (n + 1) ^ 2 := by simp [aux]; \
omega

theorem sum_odd_is_square_2_1 (n : Nat) (ih : sumOdd n = n ^ 2) : sumOdd (n + 1) = (n + 1) ^ 2 := \
by
  apply Eq.trans
  · exact sum_odd_is_square_2_1_0_0 ..
  · exact sum_odd_is_square_2_1_0_1 ..

theorem sum_odd_is_square (n : Nat) : sumOdd n = n ^ 2 := by
  induction n with
  | zero => exact sum_odd_is_square_2_0 ..
  | succ n ih => exact sum_odd_is_square_2_1 ..
"""


def test_a_decomposed_proof_is_one_file_children_first() -> None:
    graph = ProofGraph.of(demo_events())
    assert assemble(graph, "sum_odd_is_square") == WHOLE
    names = [part.goal.id for part in parts(graph, "sum_odd_is_square")]
    assert names[-1] == "sum_odd_is_square" and "sum_odd_is_square/0.0" not in names


def test_a_direct_proof_needs_no_lemma() -> None:
    text = assemble(ProofGraph.of(demo_events()), "odd_one_out")
    assert text.endswith(": p ∧ q → q ∧ p := by\n  rintro ⟨hp, hq⟩\n  exact ⟨hq, hp⟩\n")


def test_what_is_not_proved_is_not_assembled() -> None:
    graph = ProofGraph.of(demo_events())
    with pytest.raises(UserError, match="goldbach_small has no proof to take apart: it is open"):
        assemble(graph, "goldbach_small")
    with pytest.raises(UserError, match="needs_reals has no goal yet"):
        assemble(graph, "needs_reals")


def test_the_problem_is_stated_in_its_own_words() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.events[-1].data["goal"]["statement"] = "theorem p : False"
    run.attempt(goal, "portfolio:trivial", PROVED)
    assert assemble(ProofGraph.of(run.events), "p").endswith("theorem p : True := by trivial\n")


def test_names_of_brought_lemmas_never_clash() -> None:
    run = Writer()
    goal = run.root("p", ": True ∧ True")
    body = "by\n  constructor\n  · sorry\n  · sorry"
    ids = run.sketch(goal, 0, "structural:constructor", body, [": True", ": True"])
    for number, id in enumerate(ids):
        lemma = Lemma("theorem aux : True", f"by trivial -- {number}")
        again = Lemma("theorem aux' : True", "aux")
        run.attempt(id, "model:x", PROVED, "by exact (aux) |> fun _ => aux'", (lemma, again))
    text = assemble(ProofGraph.of(run.events), "p")
    assert "theorem aux : True := by trivial -- 0\n\ntheorem aux' : True := aux\n" in text
    assert "theorem aux_2 : True := by trivial -- 1\n\ntheorem aux'_2 : True := aux_2\n" in text
    assert "theorem p_0_1 : True := by exact (aux_2) |> fun _ => aux'_2\n" in text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("by omega", "theorem x : T := by omega"),
        ("by\n  a\n  b\n", "theorem x : T := by\n  a\n  b"),
        ("by a\n   b", "theorem x : T :=\nby a\n   b"),
        ("fun h => by\n  a", "theorem x : T :=\nfun h => by\n  a"),
    ],
)
def test_a_body_keeps_its_columns(body: str, text: str) -> None:
    assert theorem_text(Lemma("theorem x : T", body)) == text


def test_holes_are_filled_by_character_span_in_any_order() -> None:
    body = "by\n  have h : ℕ := sorry\n  exact sorry"
    first = body.index("sorry")
    second = body.rindex("sorry")
    holes = (Hole("b", second, second + 5, "(b h)"), Hole("a", first, first + 5, "a"))
    assert fill_holes(body, holes) == "by\n  have h : ℕ := a\n  exact (b h)"


@pytest.mark.parametrize("spans", [[(0, 5), (4, 9)], [(-1, 3)], [(3, 3)], [(5, 99)]])
def test_holes_that_cannot_be_are_refused(spans: list[tuple[int, int]]) -> None:
    holes = tuple(Hole("g", start, end, "x") for start, end in spans)
    with pytest.raises(ProverError, match="the hole of g lies outside"):
        fill_holes("sorry sorry", holes)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("aux aux.1 (aux)", "new new.1 (new)"),
        ("aux' auxx x.aux aux₁ aux_2 «aux»", "aux' auxx x.aux aux₁ aux_2 «aux»"),
        ("[aux, ←aux]", "[new, ←new]"),
    ],
)
def test_only_whole_identifiers_are_renamed(text: str, after: str) -> None:
    assert replace_name(text, "aux", "new") == after


def test_names_are_found_in_statements() -> None:
    assert theorem_name("theorem foo(a : Nat) : a = a") == "foo"
    assert theorem_name("@[simp] private theorem «a b».c: True") == "«a b».c"
    assert theorem_name("theorem Nat.foo' {α : Type} : True") == "Nat.foo'"
    assert theorem_name("example : True") == ""
