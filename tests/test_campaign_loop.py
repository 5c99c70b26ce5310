"""The loop's own order of things; what Lean says, and how long it takes for it, is written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from goals_by_hand import goal

from prover import campaign as module
from prover.campaign import Campaign, nobody, run_campaign
from prover.config import LeanConfig, ModelConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, Records
from prover.lean.verifier import Verifier
from prover.proposing import Hooks, Proposers
from prover.store import RunStore
from prover.types import Candidate, Certified, Goal, LeanFacts, Limits, Problem, Verdict

PROBLEM = Problem("p", "theorem p : True")
SECONDS = {"good": 0.0, "wrong": 0.4, "slow": 60.0}


def config(**more: object) -> RunConfig:
    given = {
        "problems": ProblemsConfig(source="nowhere"),
        "lean": LeanConfig(workers=2),
        "search": SearchConfig(concurrent=4),
        "decomposer": ["none"],
    }
    return RunConfig.model_validate({**given, **more})


class Saying:
    name, stages, remote = "saying", 1, False

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        yield [Candidate(body, "saying") for body in ("slow", "wrong", "good")]

    def forget(self, goal: str) -> None:
        self.forgotten.append(goal)


class Clock:
    """In the place of a verifier: a body says how long it takes."""

    facts = LeanFacts("by hand")
    pool = SimpleNamespace(size=2)

    def __init__(self) -> None:
        self.certifying = 0

    async def open(self, problem: Problem) -> Goal:
        return goal("True", "True")

    async def judge(
        self, of: Goal, candidate: Candidate, limits: Limits, wanted: object
    ) -> Verdict:
        await asyncio.sleep(SECONDS[candidate.body])
        return Verdict("proved" if candidate.body == "good" else "rejected")

    async def certify(self, problem: Problem, text: str) -> Certified:
        self.certifying += 1
        await asyncio.sleep(1.0)
        return Certified(Verdict("proved"))


def test_ending_a_late_attempt_does_not_end_the_certification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A problem and its root goal have the same name."""
    monkeypatch.setattr(module, "MOOT_GRACE_SECONDS", 0.2)
    clock = Clock()

    async def main() -> ProofGraph:
        with RunStore.create(tmp_path / "run", config()) as store:
            made = Proposers([Saying()], [])
            lean = cast(Verifier, clock)
            return await run_campaign(
                config(), [PROBLEM], store, lean, proposers=lambda hooks: made
            )

    async def limited() -> ProofGraph:
        async with asyncio.timeout(20):
            return await main()

    assert asyncio.run(limited()).problem_state("p") == "verified"
    assert clock.certifying == 1


def test_what_was_proposed_for_a_closed_problem_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOOT_GRACE_SECONDS", 0.2)
    prover = Saying()

    async def main() -> Campaign:
        with RunStore.create(tmp_path / "run", config()) as store:
            lean, made = cast(Verifier, Clock()), Proposers([prover], [])
            campaign = Campaign(config(), store, lean, nobody, lambda hooks: made)
            campaign.begin([PROBLEM])
            await campaign.loop()
            return campaign

    assert asyncio.run(main()).agendas == {} and prover.forgotten == ["p"]


def test_models_that_take_no_part_open_no_problems(tmp_path: Path) -> None:
    """All problems at once would crowd Lean's caches."""
    model = ModelConfig(family="kimina-prover", urls=["http://x/v1"], permits=64)
    for prover, opened in (("portfolio", 4), ("seven", 64)):
        used = config(prover=prover, models={"seven": model})
        with RunStore.create(tmp_path / prover, used) as store:
            made = Campaign(used, store, cast(Verifier, Clock()), nobody, nobody_proposes)
            made.begin([Problem(f"p{n}", "theorem p : True") for n in range(100)])
            assert len(made.active()) == opened


def nobody_proposes(hooks: Hooks) -> Proposers:
    return Proposers([], [])
