"""What the verifier asks for, and of whom."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec
from prover.lean.verifier import Verifier
from prover.types import CheckerResult, LeanFacts, Problem

DRIVER = str(Path(__file__).parents[1] / "fake_driver.py")
PROBLEM = Problem("t", "theorem t : 1 + 1 = 2")


def started(backend: str, requests: int) -> int:
    """How many processes tier 2 starts for so many files."""

    async def main() -> int:
        spec = ProcessSpec((sys.executable, "-I", "-S", DRIVER), {}, None, 10.0)
        async with Pool(spec, 1, 1000) as pool:
            verifier = Verifier(pool, LeanFacts("lean", backend))
            async with pool.worker():
                pass
            for _ in range(requests):
                async with verifier._worker({"fresh": True}, 5) as worker:
                    await worker.ask("judge", {}, 5)
            return pool.stats.started

    return asyncio.run(main())


def test_a_native_lean_that_has_seen_no_candidate_is_a_new_process() -> None:
    assert started("native", 3) == 1 + 3


def test_the_embedded_lean_is_laid_anew_in_its_process() -> None:
    assert started("embedded", 3) == 1


def opinion(status: str) -> CheckerResult:
    return CheckerResult("nanoda", "1", status, "because", 1.0)  # type: ignore[arg-type]


@pytest.mark.lean
@pytest.mark.parametrize(
    ("status", "verdict"), [("passed", "proved"), ("failed", "proved"), ("refused", "rejected")]
)
def test_another_checker_can_refuse_but_not_prove(
    runner: asyncio.Runner, verifier: Verifier, status: str, verdict: str
) -> None:
    asked: list[str] = []

    async def opinions(problem: Problem, text: str, name: str) -> tuple[CheckerResult, ...]:
        asked.append(name)
        return (opinion(status),)

    second = Verifier(verifier.pool, verifier.facts, opinions)
    certified = runner.run(second.certify(PROBLEM, "theorem t : 1 + 1 = 2 := rfl\n"))
    assert certified.verdict.status == verdict and asked == ["t"]
    assert certified.checkers == (opinion(status),)
    wrong = runner.run(second.certify(PROBLEM, "theorem t : 1 + 1 = 2 := by omega'\n"))
    assert wrong.verdict.status == "rejected" and asked == ["t"], "nobody is asked about no proof"
