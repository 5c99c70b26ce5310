"""Conjectures on the real Lean: they are statements, and one of them is what proves a goal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from prover.campaign import run_campaign
from prover.config import ProblemsConfig, RunConfig
from prover.exploring import Exploring, stated
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Compiled, Verifier
from prover.problems import load
from prover.report import proved_by
from prover.store import RunStore
from prover.types import Candidate, Goal, Limits, Problem, Sketch, Verdict

pytestmark = pytest.mark.lean
PROBLEMS = Path(__file__).parent.parent / "problems"
LIMITS = Limits(20_000, 20.0)


def ours(name: str) -> Problem:
    found = load(ProblemsConfig(source=str(PROBLEMS), sets=["decomposition"]))
    return next(problem for problem in found if problem.name == name)


def explorer(verifier: Verifier, goal: Goal) -> Exploring:
    async def judge(_: str, candidate: Candidate) -> Verdict:
        return await verifier.judge(goal, candidate, LIMITS)

    async def compile(_: str, sketch: Sketch) -> Compiled:
        return await verifier.sketch(goal, sketch, "p/s", LIMITS)

    return Exploring(judge, compile)


async def opened(verifier: Verifier, name: str) -> Goal:
    goal = await verifier.open(ours(name))
    assert isinstance(goal, Goal)
    return goal


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("reverse_twice", "rev (snoc a1 m) = m :: (rev a1)"),
        ("addition_commutes", "add (N.succ a) b = N.succ (add a b)"),
        ("sum_with_accumulator", "(total a1) + m = sumAcc a1 m"),
    ],
)
def test_laws_are_found_and_all_of_them_elaborate(
    runner: asyncio.Runner, verifier: Verifier, name: str, law: str
) -> None:
    goal = runner.run(opened(verifier, name))
    found = runner.run(explorer(verifier, goal)._conjectures(goal))
    assert any(law in c.statement for c in found)
    compiled = runner.run(
        verifier.sketch(
            goal, Sketch(stated(goal, found, "sorry", ["sorry"] * len(found)), "all"), "p/s", LIMITS
        )
    )
    assert compiled.verdict.proved and len(compiled.goals) == len(found) + 1


def test_a_sketch_owes_only_what_the_proof_needs(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    goal = runner.run(opened(verifier, "reverse_twice"))

    async def said() -> list[Sketch]:
        stream = explorer(verifier, goal).propose(GoalNode(goal), 1)
        return [sketch async for batch in stream for sketch in batch]

    first = runner.run(said())[0]
    assert first.body.count("law") >= 1 and "law2" not in first.body
    assert "rev (snoc a1 m) = m :: (rev a1)" in first.body


def run(
    runner: asyncio.Runner, verifier: Verifier, folder: Path, problem: Problem, on: bool
) -> ProofGraph:
    config = RunConfig.model_validate(
        {
            "name": "t",
            "problems": {"source": "-"},
            "limits": {"heartbeats": 10_000},
            "search": {"conjectures": on, "attempts": 120, "seconds": 20, "store": "run"},
        }
    )
    with RunStore.create(folder, config) as store:
        return runner.run(run_campaign(config, [problem], store, verifier))


@pytest.mark.slow
def test_a_conjecture_proves_what_the_search_alone_does_not(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    problem = ours("reverse_twice")
    without = run(runner, verifier, tmp_path / "without", problem, on=False)
    assert without.problem_state(problem.name) != "verified"
    graph = run(runner, verifier, tmp_path / "with", problem, on=True)
    assert graph.problem_state(problem.name) == "verified"
    assert proved_by(graph, problem.name).startswith("conjectures")
