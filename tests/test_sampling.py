"""Samples for pass@k, on the real Lean; a model's answers are written down here."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest
from scripted import Scripted

from prover.config import EffortConfig, LimitsConfig, ModelConfig, ProblemsConfig, RunConfig
from prover.curves import samples
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.lean.verifier import Verifier
from prover.llm.family import load_family
from prover.llm.record import SAMPLES, Record
from prover.model_session import make_proposers
from prover.passk import Count
from prover.sampling import run_sampling, sampling_config
from prover.store import RunStore, read_events
from prover.types import Problem

HALF = Problem("half", "theorem half (n m : Nat) (h : n = m + m) : n % 2 = 0")
NEVER = Problem("never", "theorem never (n : Nat) : n * n = n + n")
REALS = Problem("reals", "theorem reals (x : ℝ) : x = x")


def config() -> RunConfig:
    model = ModelConfig(
        family="goedel-prover-v2", urls=["http://x/v1"], effort=EffortConfig(samples=1)
    )
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        limits=LimitsConfig(heartbeats=4000, seconds=20.0),
        prover=["seven", "portfolio"],
        models={"seven": model},
    )


def answers(problem: Problem) -> list[str]:
    proofs = ["by\n  omega", "by\n  skip", "by\n  omega -- again", "by\n  nothing"]
    return [f"```lean4\n{problem.statement} := {p}\n```" for p in proofs] + ["I do not know.", ""]


def sampled(
    path: Path, runner: asyncio.Runner, verifier: Verifier, client: Scripted | None
) -> ProofGraph:
    made = sampling_config(config(), 6)
    families = {"seven": load_family("goedel-prover-v2")}

    async def main() -> ProofGraph:
        with RunStore.create(path, made) as store, Record(path / SAMPLES) as record:
            maker = make_proposers(made, families, record, client)
            return await run_sampling(made, [HALF, NEVER, REALS], store, verifier, proposers=maker)

    return runner.run(main())


@pytest.mark.lean
def test_every_sample_counts_whatever_it_is(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    texts = {p.name: itertools.cycle(answers(p)) for p in (HALF, NEVER)}
    client = Scripted(lambda request: [next(texts[request.goal])])
    graph = sampled(tmp_path / "run", runner, verifier, client)
    drawn = samples(read_events(tmp_path / "run"))["seven"]
    assert drawn.counts == {"half": Count(6, 2), "never": Count(6, 0)} and drawn.fixed
    assert graph.problem_state("half") == "verified" and graph.finished
    assert graph.problem_state("reals") == "unsupported"
    assert len(client.requests) == 12, "a proof stops nothing"
    totals = graph.totals("half")
    assert totals.attempts == 6 and totals.reused["shared"] == 1, "equal answers are judged once"
    again = sampled(tmp_path / "run", runner, verifier, None)
    assert again.totals("half") == totals, "a finished run is not done again"


def test_models_are_asked_for_samples_alone() -> None:
    made = sampling_config(config(), 6)
    assert made.prover == ["seven"] and made.decomposer == ["none"]
    effort = made.models["seven"].effort
    assert (effort.samples, effort.first, effort.corrections) == (6, 6, 0)
    portfolio = config().model_copy(update={"prover": ["portfolio"]})
    with pytest.raises(UserError, match="pass@k has no meaning"):
        sampling_config(portfolio, 6)
