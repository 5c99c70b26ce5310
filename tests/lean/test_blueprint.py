"""Lemmas as a DAG: what it takes to be one, and what each lemma's prover gets to see."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.blueprint import Blueprint, as_body, blueprint
from prover.lean.drafts import read_sketch
from prover.lean.verifier import Verifier
from prover.types import Draft, Goal, Limits, Problem, Sketch, SplitTheorem


def lemma(name: str, proof: str = "by sorry", claim: str = "True") -> SplitTheorem:
    return SplitTheorem(name, f"theorem {name} : {claim}", proof, 1, 0, True)


def using(name: str, *others: str) -> SplitTheorem:
    return lemma(name, f"by\n  -- uses: {', '.join(others) or 'nothing'}\n  sorry")


def made(lemmas: list[SplitTheorem], body: str = "by omega") -> Blueprint:
    found = blueprint(lemmas, body)
    assert isinstance(found, Blueprint), found
    return found


def names(plan: Blueprint) -> list[str]:
    return [node.name for node in plan.nodes]


def test_what_a_lemma_rests_on() -> None:
    plan = made([lemma("a"), using("b"), lemma("c", "by simpa using a"), using("d", "b", "c")])
    assert [node.uses for node in plan.nodes] == [(), (), ("a",), ("b", "c")]
    assert made([lemma("a"), lemma("b")]).nodes[1].uses == ("a",), "undeclared: all above it"


def test_lemmas_may_stand_in_any_order() -> None:
    plan = made([using("c", "a"), lemma("b", "by exact c"), using("a")])
    assert names(plan) == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("lemmas", "said"),
    [
        ([using("a", "b"), using("b", "a")], "in a circle"),
        ([using("a", "z")], "there is no such lemma"),
        ([lemma("a"), lemma("a")], "two lemmas a"),
    ],
)
def test_what_is_no_blueprint(lemmas: list[SplitTheorem], said: str) -> None:
    assert said in str(blueprint(lemmas, "by omega"))


def test_a_lemma_that_nothing_needs_is_not_owed() -> None:
    lemmas = [using("a"), using("b", "a"), using("c")]
    assert names(made(lemmas, "by exact b")) == ["a", "b"]
    assert names(made(lemmas, "by simpa using c")) == ["c"]
    assert names(made(lemmas, "by have := b; grind")) == ["a", "b", "c"], "it may use any"
    assert names(made(lemmas, "by rfl")) == ["a", "b", "c"], "it names none"


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_everything_stands_below_what_it_uses_or_there_is_a_circle(
    edges: list[tuple[int, int]],
) -> None:
    lemmas = [using(f"l{i}", *(f"l{a}" for a, b in edges if b == i)) for i in range(8)]
    plan = blueprint(lemmas, "by grind")
    if isinstance(plan, str):
        assert "circle" in plan
        return
    place = {name: index for index, name in enumerate(names(plan))}
    assert all(place[f"l{a}"] < place[f"l{b}"] for a, b in edges)
    body = as_body(plan, Goal("p", "p", "theorem p : True"))
    for node in plan.nodes:
        (line,) = [x for x in body.split("\n") if f"have {node.name} :" in x]
        hidden = set(re.findall(r"try clear (\w+);", line))
        above = set(names(plan)[: place[node.name]])
        assert hidden == above - set(node.uses)


CODE = """theorem even_or_odd (k : Nat) : k % 2 = 0 ∨ k % 2 = 1 := by sorry

theorem never_needed (k : Nat) : k = k := by sorry

theorem product (k : Nat) : k * (k + 1) % 2 = 0 := by
  -- uses: even_or_odd
  sorry

theorem alone (k : Nat) : k + 0 = k := by
  -- uses: nothing
  sorry

theorem t (n : Nat) (h : 0 < n) : n * (n + 1) % 2 = 0 := by
  have := alone n
  exact product n
"""


@pytest.mark.lean
def test_each_lemma_is_a_goal_with_only_its_parents(
    verifier: Verifier, runner: asyncio.Runner
) -> None:
    async def compiled() -> tuple[list[str], list[int]]:
        problem = Problem("t", "theorem t (n : Nat) (h : 0 < n) : n * (n + 1) % 2 = 0")
        goal = await verifier.open(problem)
        assert isinstance(goal, Goal)
        split = await verifier.split(goal, CODE)
        sketch = read_sketch(split, goal, Draft(CODE, "model", "s"))
        assert isinstance(sketch, Sketch), sketch
        found = await verifier.sketch(goal, sketch, "t/1", Limits())
        assert found.verdict.proved, found.verdict
        hypotheses = [sum(b.prop for b in g.binders) for g in found.goals]
        return [g.target for g in found.goals], hypotheses

    targets, hypotheses = runner.run(compiled())
    assert targets == ["k % 2 = 0 ∨ k % 2 = 1", "k * (k + 1) % 2 = 0", "k + 0 = k"]
    assert hypotheses == [0, 1, 0], "the goal's own h is nowhere, a parent only where it is used"
