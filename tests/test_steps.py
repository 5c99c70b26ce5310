"""Single tactics by a goal's shape."""

from __future__ import annotations

import asyncio
from collections import Counter

from goals_by_hand import goal, hyp, said, var

from prover.graph_nodes import GoalNode
from prover.steps import MOST_STEPS, Steps
from prover.types import Goal


def tactics(of: Goal) -> list[str]:
    found = asyncio.run(said(Steps().propose(GoalNode(of), 0, Counter())))
    assert all(candidate.by.startswith("steps:") for candidate in found)
    bodies = [candidate.body for candidate in found]
    assert len(set(bodies)) == len(bodies) <= MOST_STEPS
    return [body.split("\n  ")[-1] for body in bodies]


def test_a_choice_is_split_where_it_is() -> None:
    h = hyp("h", "(if p then 1 else 2) = n", "Eq")
    assert tactics(goal("(match n with | 0 => 1 | _ => 2) = m", "Eq", h))[:2] == [
        "split",
        "split at h",
    ]
    assert "split" not in tactics(goal("motif = iffy", "Eq"))


def test_an_equation_is_used_in_the_direction_that_fits() -> None:
    x = var("x", "Nat")
    assert "subst_vars" in tactics(goal("x = 1", "Eq", x, hyp("h", "x = 2", "Eq")))
    assert "rw [h]" in tactics(goal("f 1 = 1", "Eq", hyp("h", "f 1 = g 2", "Eq")))
    assert "rw [← h]" in tactics(goal("g 2 = 1", "Eq", hyp("h", "f 1 = g 2", "Eq")))


def test_hypotheses_are_taken_apart_applied_and_specialised() -> None:
    both, each = hyp("h", "A ∧ B", "And"), hyp("g", "∀ (k : Nat), p k → even k", "")
    found = tactics(goal("even n", "even", var("n", "Nat"), both, each))
    assert found[:3] == ["rcases h with ⟨h1, h2⟩", "apply g", "have gn := g n"]


def test_a_goal_with_names_of_its_own_introduces_them_first() -> None:
    of = goal("f x = g x", "Eq", var("x", "Nat"), definitions=("f",), intros=("x",))
    found = asyncio.run(said(Steps().propose(GoalNode(of), 0, Counter())))
    assert all(candidate.body.startswith("by\n  intro x\n  ") for candidate in found)
    assert any(candidate.body.endswith("unfold f") for candidate in found)
