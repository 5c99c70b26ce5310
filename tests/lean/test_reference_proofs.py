"""Every problem of ours is what its set says: the proofs and refutations are checked by Lean."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from prover.config import ProblemsConfig
from prover.lean.verifier import FileVerdict, Verifier
from prover.problems import load
from prover.types import Limits, Problem

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
PROVABLE = ("one_tactic", "several_steps", "decomposition")
LIMITS = Limits(200_000, 60.0)


def problems(sets: tuple[str, ...]) -> list[Problem]:
    return load(ProblemsConfig(source=str(ROOT / "problems"), sets=list(sets)))


@pytest.mark.lean
@pytest.mark.slow
def test_every_problem_has_a_proof(runner: asyncio.Runner, verifier: Verifier) -> None:
    wrong = {}
    for problem in problems(PROVABLE):
        text = (DATA / "proofs" / problem.source / f"{problem.name}.lean").read_text()
        verdict = runner.run(verifier.certify(problem, text)).verdict
        if not verdict.proved:
            wrong[problem.name] = verdict.reason
    assert wrong == {}


@pytest.mark.lean
@pytest.mark.slow
def test_every_false_problem_is_refuted(runner: asyncio.Runner, verifier: Verifier) -> None:
    wrong = {}
    for problem in problems(("false",)):
        text = (DATA / "refutations" / f"{problem.name}.lean").read_text()
        result = runner.run(verifier.check(text, None, LIMITS))
        assert isinstance(result, FileVerdict), result
        named = [t.verdict for t in result.theorems if t.name == f"not_{problem.name}"]
        if not named or not named[0].proved:
            wrong[problem.name] = result.errors
    assert wrong == {}
