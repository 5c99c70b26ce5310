"""Refutations on the real Lean: what is false is refuted, what is true or no negation is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from prover.campaign import run_campaign
from prover.config import LimitsConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Unsupported, Verifier, always
from prover.problems import load
from prover.proposing import Hooks, Proposers
from prover.provers import Portfolio
from prover.refutation import Refutation, negation, refutations
from prover.refuting import Trial
from prover.report import headline, summary
from prover.store import RunStore, read_events
from prover.types import Goal, Limits, Problem, Sketch

pytestmark = pytest.mark.lean
ROOT = Path(__file__).parents[1]
LIMITS = Limits(4_000, 20.0)
GROWS = "def Grows (f : Nat → Nat) : Prop := ∀ x, f x < f (x + 1)\n"
TREE = """inductive Tree where
  | leaf
  | node (left : Tree) (value : Nat) (right : Tree)
def turn : Tree → Tree
  | .leaf => .leaf
  | .node l v r => .node (turn r) v (turn l)
"""


async def opened(verifier: Verifier, problem: Problem) -> Goal:
    goal = await verifier.open(problem)
    assert isinstance(goal, Goal), goal
    return goal


async def tried(verifier: Verifier, problem: Problem) -> list[Refutation]:
    goal = await opened(verifier, problem)
    return [r async for r in refutations(verifier, goal, LIMITS, always)]


def problems(*sets: str) -> list[Problem]:
    return load(ProblemsConfig(source=str(ROOT / "problems"), sets=list(sets)))


@pytest.mark.parametrize(
    ("statement", "header", "found"),
    [
        ("theorem t (n m : Nat) : n - m + m = n", "", "n = 0, m = 1"),
        ("theorem t (x : Int) (h : 0 ≤ x * x) : 0 ≤ x", "", "x = -1"),
        ("theorem t : 2 + 2 = 5", "", ""),
        ("theorem t (p q : Prop) (h : p ∨ q) : p", "", "p = False, q = True"),
        ("theorem t {α : Type} [DecidableEq α] (a : α) : a ≠ a", "", "α = Bool, a = false"),
        ("theorem t (n : Nat) : n * n ≠ 1369", "", "n = 37"),
        ("theorem t (s : Tree) : turn s = s", TREE, "s = (.node .leaf 0 (.node .leaf 0 .leaf))"),
        ("theorem Nat.t.{u} (P : Nat → Sort u) (n : Nat) : succ n = n", "", None),
        ("theorem Nat.t (n : Nat) : succ n = n", "", "n = 0"),
        # What the kernel cannot decide: bounds, instances, the whole.
        ("theorem t (n : Nat) : ∃ a b : Nat, n = a * a + b * b", "", "n = 3"),
        ("theorem t (f : Nat → Nat) (h : Grows f) : f 0 = 0", GROWS, "f = fun x => x + 1"),
        ("theorem t : ∃ n : Nat, n < 0", "", ""),
    ],
)  # fmt: skip
def test_what_is_false_is_refuted_by_values(
    runner: asyncio.Runner, verifier: Verifier, statement: str, header: str, found: str | None
) -> None:
    name = statement.split()[1].split(".{")[0]
    steps = runner.run(tried(verifier, Problem(name, statement, header)))
    if found is None:
        assert steps == [], "a variable without values"
        return
    last = steps[-1]
    assert last.verdict.proved and last.counterexample == found
    assert set(last.verdict.axioms) <= {"propext", "Classical.choice", "Quot.sound"}
    assert all(s.narrowing or not s.verdict.proved for s in steps[:-1])


@pytest.mark.parametrize(
    ("statement", "header"),
    [
        # True, though the `¬` alone, with the header's variables outside, would be provable.
        ("theorem t : 1 = 1", "variable (n : Nat) (h : n < 0)\ninclude h\n"),
        ("theorem t (x : β) : x = x", "set_option autoImplicit true\n"),
    ],
)
def test_what_stands_outside_of_the_negation_spoils_it(
    runner: asyncio.Runner, verifier: Verifier, statement: str, header: str
) -> None:
    goal = runner.run(opened(verifier, Problem("t", statement, header)))
    assert goal.binders
    assert runner.run(negation(verifier, goal)) is None
    assert runner.run(tried(verifier, Problem("t", statement, header))) == []


def test_a_proof_of_another_negation_refutes_nothing(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    """Should text and goal ever differ: what is false is not the goal."""
    false = runner.run(opened(verifier, Problem("t", "theorem t (n : Nat) : n < 5")))
    true = runner.run(opened(verifier, Problem("t", "theorem t (n : Nat) : n < n + 5")))
    mixed = replace(true, statement=false.statement)

    async def all_steps() -> list[Refutation]:
        return [r async for r in refutations(verifier, mixed, LIMITS, always)]

    last = runner.run(all_steps())[-1]
    assert (last.verdict.status, last.verdict.kind) == ("rejected", "statement")
    assert not last.counterexample


@pytest.mark.slow
def test_every_problem_of_ours_can_be_negated(runner: asyncio.Runner, verifier: Verifier) -> None:
    async def bad() -> list[str]:
        names = []
        for problem in problems("one_tactic", "several_steps", "decomposition", "false"):
            goal = await verifier.open(problem)
            if isinstance(goal, Unsupported) or await negation(verifier, goal) is None:
                names.append(problem.name)
        return names

    assert runner.run(bad()) == []


@pytest.mark.slow
def test_no_true_problem_is_refuted(runner: asyncio.Runner, verifier: Verifier) -> None:
    async def refuted() -> list[str]:
        names = []
        for problem in problems("one_tactic", "several_steps", "decomposition"):
            steps = await tried(verifier, problem)
            names += [problem.name for s in steps if s.verdict.proved]
        return names

    assert runner.run(refuted()) == []


class Guess:
    """A decomposer with one sketch: a lemma, and the goal from it."""

    name, stages, remote = "guess", 1, False

    def __init__(self, lemma: str) -> None:
        self.lemma = lemma

    async def propose(self, node: GoalNode, stage: int) -> AsyncGenerator[Sequence[Sketch], None]:
        body = f"by\n  have h : {self.lemma} := by\n    intro m\n    sorry\n  have := h n\n  sorry"
        yield [Sketch(body, "guess:lemma")] if node.goal.depth == 0 else []

    def forget(self, goal: str) -> None:
        pass


def config(refute: bool) -> RunConfig:
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        limits=LimitsConfig(heartbeats=4000, seconds=20.0),
        search=SearchConfig(attempts=60, depth=1, seconds=60.0, refute=refute, conjectures=False),
    )


CUBES = "def cubes : Nat → Nat\n  | 0 => 0\n  | n + 1 => cubes n + (n + 1) ^ 3\n"


def campaign(
    runner: asyncio.Runner, verifier: Verifier, path: Path, problem: Problem, refute: bool = True
) -> ProofGraph:
    def maker(hooks: Hooks) -> Proposers:
        return Proposers([Portfolio()], [Guess("∀ m : Nat, 4 * cubes m = m * m * (m + 3)")])

    with RunStore.create(path, config(refute)) as store:
        return runner.run(run_campaign(config(refute), [problem], store, verifier, proposers=maker))


@pytest.mark.slow
def test_a_false_hole_kills_its_sketch(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    problem = Problem("p", "theorem p (n : Nat) : 4 * cubes n = n * n * (n + 1) * (n + 1)", CUBES)
    graph = campaign(runner, verifier, tmp_path / "run", problem)
    (sketch,) = graph.sketches.values()
    hole = graph.goals[sketch.holes[0].goal]
    assert hole.refuted == "n = 0, m = 2" and hole.status == sketch.status == "dead"
    assert "prover" not in hole.exhausted, "nothing more was tried"
    assert not graph.goals["p"].refuted and graph.problems["p"].reason == "search ended"
    assert graph == ProofGraph.of(read_events(tmp_path / "run"))
    without = campaign(runner, verifier, tmp_path / "without", problem, refute=False)
    assert not any(node.refuted for node in without.goals.values())
    assert all("refuter" not in node.exhausted for node in without.goals.values())


@pytest.mark.slow
def test_a_false_problem_is_closed_with_its_counterexample(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    problem = Problem("p", "theorem p (n : Nat) : 4 * cubes n = n * n * (n + 3)", CUBES)
    graph = campaign(runner, verifier, tmp_path / "run", problem)
    node = graph.problems["p"]
    assert (node.outcome, node.reason) == ("unproved", "refuted: n = 2")
    assert not graph.sketches and "0 of 1 verified, 1 refuted" in headline(summary(graph))


def test_a_trial_without_values_is_the_goal_itself() -> None:
    assert Trial(Goal("p", "p", "theorem p : 1 = 2"), ()).halves() is None
