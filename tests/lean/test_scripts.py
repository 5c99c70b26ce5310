"""Scripts of the portfolio that are whole little proofs, on the real Lean."""

from __future__ import annotations

import asyncio

import pytest

from prover.lean.verifier import Verifier
from prover.provers import body, divisors
from prover.types import Candidate, Goal, Limits, Problem

pytestmark = pytest.mark.lean


@pytest.mark.parametrize(
    "statement",
    [
        "(a b : Nat) (h : a * b = 450) (g : (a + 5) * (b - 3) = 450) : a = 25",
        "(n : Int) (h : (n - 1) * n * (n + 1) = 720) : n + 1 = 10",
        "(a b : Nat) (h : 77 = a * b) (g : 1 < a) (k : a < b) : a = 7 ∧ b = 11",
    ],
)
def test_a_factor_is_a_divisor(runner: asyncio.Runner, verifier: Verifier, statement: str) -> None:
    async def judged() -> list[bool]:
        goal = await verifier.open(Problem("t", f"theorem t {statement}"))
        assert isinstance(goal, Goal)
        bodies = [body(goal, script.text) for script in divisors(goal)]
        limits = Limits(20_000, 60.0)
        said = [await verifier.judge(goal, Candidate(b, "divisors"), limits) for b in bodies]
        return [verdict.proved for verdict in said]

    assert any(runner.run(judged()))
