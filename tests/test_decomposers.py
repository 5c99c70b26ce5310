"""The structural decomposer: which sketches a goal's shape suggests."""

from __future__ import annotations

import asyncio
import re

import pytest
from goals_by_hand import goal, hyp, said, var

from prover.decomposers import MOST_SKETCHES, Structural
from prover.graph_nodes import GoalNode, sketch_digest
from prover.premises import Premise
from prover.types import Goal, Sketch


def proposed(about: Goal) -> list[Sketch]:
    return asyncio.run(said(Structural().propose(GoalNode(about), 0)))


def bodies(about: Goal) -> str:
    return "\n---\n".join(s.body for s in proposed(about))


LENGTH = goal(
    "len (xs ++ ys) = len xs + len ys",
    "Eq",
    var("xs", "List Nat"),
    var("ys", "List Nat"),
    definitions=("len",),
)
SHAPES = {
    "split": goal("p ∧ q", "And", var("p", "Prop"), var("q", "Prop")),
    "iff": goal("p ↔ q", "Iff", var("p", "Prop"), var("q", "Prop")),
    "or": goal("n = 0 ∨ 0 < n", "Or", var("n", "Nat")),
    "exists": goal("∃ x, n < x", "Exists", var("n", "Nat")),
    "list": LENGTH,
    "tree": goal("0 ≤ size t", "LE.le", var("t", "Tree"), definitions=("size",)),
    "hypothesis": goal("p", "", hyp("h", "q ∧ p", "And")),
    "accumulator": goal("go n 0 = f n", "Eq", var("n", "Nat"), definitions=("go", "f")),
    "intros": goal("n ≤ n * n", "LE.le", var("n", "Nat"), intros=("n",)),
    "bounded": goal("x * x ≠ 7", "Ne", var("x", "Nat"), hyp("h", "x ≤ 4", "LE.le")),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_sketches_have_holes_and_differ(shape: Goal) -> None:
    found = proposed(shape)
    assert 0 < len(found) <= MOST_SKETCHES
    assert len({sketch_digest(s) for s in found}) == len(found)
    for sketch in found:
        assert re.search(r"\bsorry\b", sketch.body) and sketch.body.startswith("by\n  ")
        assert sketch.by.startswith("structural:")
    assert found == proposed(shape), "the same goal gets the same sketches"


def test_conjunctions_and_equivalences_are_split() -> None:
    for name in ("split", "iff"):
        first = proposed(SHAPES[name])[0]
        assert "constructor" in first.body and first.body.count("sorry") == 2


def test_a_disjunction_is_proved_on_either_side() -> None:
    text = bodies(SHAPES["or"])
    assert "left\n" in text and "right\n" in text


def test_an_existential_gets_small_witnesses_and_present_ones() -> None:
    text = bodies(SHAPES["exists"])
    assert "⟨0," in text and "n + 1" in text


def test_induction_names_every_constructor_and_generalises_the_rest() -> None:
    text = bodies(LENGTH)
    assert "induction xs generalizing ys with" in text and "induction xs with" in text
    assert re.search(r"\| nil => sorry\n\s*\| cons \w+ \w+ \w+ => sorry", text)
    tree = bodies(SHAPES["tree"])
    assert re.search(r"\| leaf => sorry\n\s*\| node( \w+){5} => sorry", tree)


def test_hypotheses_are_taken_apart() -> None:
    assert "obtain ⟨" in bodies(SHAPES["hypothesis"])


def test_an_accumulator_is_generalised() -> None:
    text = bodies(SHAPES["accumulator"])
    assert "∀ acc" in text and "go n acc" in text


def test_names_are_given_to_what_the_statement_quantifies() -> None:
    assert all(s.body.startswith("by\n  intro n\n") for s in proposed(SHAPES["intros"]))


def test_a_premise_with_the_goals_head_owes_its_hypotheses() -> None:
    premises = [
        Premise("A.other_head", 1, "Eq"),
        Premise("A.no_hypothesis", 0, "LE.le"),
        Premise("A.le", 2, "LE.le"),
    ]
    decomposer = Structural(lambda goal: premises)
    found = asyncio.run(said(decomposer.propose(GoalNode(SHAPES["tree"]), 0)))
    of_premises = [s.body for s in found if s.by == "structural:premise"]
    assert of_premises == ["by\n  apply A.le\n  · sorry\n  · sorry"]
