"""Conjectures on the real Lean: read, refuted and proved in bulk, and what proves a goal."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import pytest

from prover.campaign import run_campaign
from prover.citing import citing, sketch_citing
from prover.config import ProblemsConfig, RunConfig
from prover.conjecture_pool import Claim, Pool
from prover.exploring import Exploring
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Compiled, Verifier
from prover.pooling import Lean, Pooling
from prover.problems import load
from prover.report import proved_by
from prover.rerun import rerun
from prover.store import RunStore, read_config, read_events
from prover.types import Candidate, Event, Goal, Limits, Problem, Sketch, Verdict

pytestmark = pytest.mark.lean
PROBLEMS = Path(__file__).parent.parent / "problems"
LIMITS = Limits(20_000, 20.0)


def ours(name: str) -> Problem:
    found = load(ProblemsConfig(source=str(PROBLEMS), sets=["decomposition"]))
    return next(problem for problem in found if problem.name == name)


class Bench:
    """A goal with an empty pool, and what a campaign would lend."""

    def __init__(self, verifier: Verifier, goal: Goal) -> None:
        self.verifier, self.goal = verifier, goal
        self.events: list[Event] = []
        self.pool = Pool()
        graph = ProofGraph()
        for data in ({"problem": asdict(Problem(goal.id, goal.statement))}, {"goal": asdict(goal)}):
            kind = "problem_added" if "problem" in data else "goal_opened"
            graph.apply(Event(kind, 0.0, data))
            self.emit(kind, **data)
        self.lean = Lean(self.judge, self.compile, self.emit)
        self.pooling = Pooling(self.lean, self.pool, graph)

    def emit(self, kind: str, **data: object) -> None:
        self.events.append(Event(kind, 0.0, data))
        self.pool.apply(self.events[-1])

    async def judge(self, of: Goal, candidate: Candidate) -> Verdict:
        return await self.verifier.judge(of, candidate, LIMITS)

    async def compile(self, _: str, sketch: Sketch) -> Compiled:
        return await self.verifier.sketch(self.goal, sketch, "p/s", LIMITS)

    async def sketches(self, equations: bool) -> list[Sketch]:
        exploring = Exploring(self.lean, self.pooling, equations)
        stream = exploring.propose(GoalNode(self.goal), exploring.stages - 1)
        return [sketch async for batch in stream for sketch in batch]


def bench(runner: asyncio.Runner, verifier: Verifier, name: str) -> Bench:
    goal = runner.run(verifier.open(ours(name)))
    assert isinstance(goal, Goal)
    return Bench(verifier, goal)


def test_a_loop_is_proved_by_the_generalisation_that_no_value_refutes(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    made = bench(runner, verifier, "fibonacci_loop")
    (sketch,) = runner.run(made.sketches(equations=False))
    assert "fibLoop n (fib m) (fib (m + 1)) = fib (m + n)" in sketch.body
    compiled = runner.run(made.compile("p", sketch))
    assert compiled.verdict.proved and not compiled.holes
    statuses = {e.status for e in made.pool.entries.values()}
    assert {"proved", "refuted"} <= statuses and Pool.of(made.events) == made.pool
    # What is proved may be cited by a proof, and by a sketch, that did not prove it.
    (law,) = [e for e in made.pool.entries.values() if e.status == "proved"]
    use = f"by\n  have h := {law.name} n 0\n  simpa [fib] using h"
    lemmas = made.pool.lemmas_named(use, made.goal)
    assert runner.run(made.judge(made.goal, citing(Candidate(use, "m"), lemmas))).proved
    cites = sketch_citing(Sketch(f"{use}\n  all_goals sorry", "m"), lemmas, made.goal)
    assert runner.run(made.compile("p", cites)).verdict.proved
    assert law.goal.statement in made.pooling.shown(made.goal, "m")
    asked = len(made.events)
    runner.run(made.pooling.fill(made.goal, explore=False))
    assert not [e for e in made.events[asked:] if e.type == "conjectured"], "thought of once"


def test_two_equations_that_need_each_other_are_proved_by_one_induction(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    """What theory exploration finds of `evens` and `odds` (`test_conjectures`), given here."""
    made = bench(runner, verifier, "alternating_split")
    claims = [
        Claim("∀ (m : Nat) (a : List Nat), evens (m :: a) = m :: odds a", "equation"),
        Claim("∀ (m : Nat) (a : List Nat), odds (m :: a) = evens a", "equation"),
        Claim("∀ (a : List Nat), odds (evens a) = odds a", "equation"),
        Claim("∀ (a : List Nat), nonsense a = a", "equation"),
    ]
    runner.run(made.pooling._read(made.goal, claims, explored=True))
    (sketch,) = runner.run(made.sketches(equations=True))
    statuses = {e.claim.statement: e.status for e in made.pool.entries.values()}
    assert [statuses.get(c.statement) for c in claims] == ["proved", "proved", "refuted", None]
    compiled = runner.run(made.compile("p", sketch))
    assert compiled.verdict.proved and not compiled.holes


def test_equations_of_a_header_are_found_and_all_of_them_elaborate(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    made = bench(runner, verifier, "reverse_twice")
    claims = runner.run(made.pooling._equations(made.goal))
    assert any("rev (snoc a1 m) = m :: (rev a1)" in c.statement for c in claims)
    said, _ = runner.run(
        made.pooling._bulk(
            made.goal, [f"have it : {c.statement} := by sorry\nclear it" for c in claims]
        )
    )
    assert all(isinstance(each, Goal) for each in said)


def run(runner: asyncio.Runner, verifier: Verifier, folder: Path, problem: Problem) -> ProofGraph:
    config = RunConfig.model_validate(
        {
            "name": "t",
            "problems": {"source": "-"},
            "limits": {"heartbeats": 10_000},
            "search": {"conjectures": True, "attempts": 60, "seconds": 20, "refute": False},
        }
    )
    with RunStore.create(folder, config) as store:
        return runner.run(run_campaign(config, [problem], store, verifier))


@pytest.mark.slow
def test_a_run_that_is_killed_knows_its_conjectures_and_proves_the_same(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    problem = ours("tree_sum_with_accumulator")
    graph = run(runner, verifier, tmp_path / "whole", problem)
    assert graph.problem_state(problem.name) == "verified"
    assert proved_by(graph, problem.name).startswith("conjectures")
    events = list(read_events(tmp_path / "whole"))
    made = rerun(read_config(tmp_path / "whole"), events)
    assert made.graph.problem_state(problem.name) == "verified"
    assert made.missed.total() + made.others <= len(events) // 5, "searched again on the record"
    lines = (tmp_path / "whole/events.jsonl").read_text().splitlines(keepends=True)
    thought = next(i for i, line in enumerate(lines) if '"conjectured"' in line)
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed/config.yaml").write_text((tmp_path / "whole/config.yaml").read_text())
    (tmp_path / "killed/events.jsonl").write_text("".join(lines[: thought + 1]))
    again = run(runner, verifier, tmp_path / "killed", problem)
    assert again.problem_state(problem.name) == "verified"
    text = (tmp_path / "killed/events.jsonl").read_text()
    assert text.count('"conjectured"') == 1, "what was thought of is not thought of again"
