"""Nothing false is proved, most of it is refuted; tier 2 takes what tier 1 takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from prover.campaign import run_campaign
from prover.config import LimitsConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.lean.verifier import Verifier
from prover.problems import load
from prover.store import RunStore

ROOT = Path(__file__).parents[1]


@pytest.mark.lean
@pytest.mark.slow
def test_no_false_problem_is_proved(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    config = RunConfig(
        problems=ProblemsConfig(source=str(ROOT / "problems"), sets=["false"]),
        limits=LimitsConfig(heartbeats=5000, seconds=5),
        search=SearchConfig(attempts=40, depth=2, seconds=10),
    )
    problems = load(config.problems)
    assert len(problems) >= 20
    with RunStore.create(tmp_path / "run", config) as store:
        graph = runner.run(run_campaign(config, problems, store, verifier))
    assert {n.outcome for n in graph.problems.values()} == {"unproved"}
    refuted = [n for n in graph.problems.values() if n.reason.startswith("refuted: ")]
    assert len(refuted) >= 18, "three want more than small values; a slow machine's budget is short"
    assert not any(n.contradictions for n in graph.problems.values())
    # A root that tier 1 holds proved would have been assembled, whatever tier 2 said of it.
    assert all(n.assembled is None for n in graph.problems.values())
