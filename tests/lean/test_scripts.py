"""Scripts of the portfolio that are whole little proofs, on the real Lean."""

from __future__ import annotations

import asyncio

import pytest

from prover.lean.verifier import Verifier
from prover.provers import scripts_for
from prover.scripts import body
from prover.types import Candidate, Goal, Limits, Problem

pytestmark = pytest.mark.lean


@pytest.mark.parametrize(
    ("script", "statement"),
    [
        ("divisors", "(a b : Nat) (h : a * b = 450) (g : (a + 5) * (b - 3) = 450) : a = 25"),
        ("divisors", "(n : Int) (h : (n - 1) * n * (n + 1) = 720) : n + 1 = 10"),
        ("divisors", "(a b : Nat) (h : 77 = a * b) (g : 1 < a) (k : a < b) : a = 7 ∧ b = 11"),
        ("factoring", "(x y : Nat) (h : x * y + 2 * x + 3 * y = 29) (g : 0 < x) : x + y = 7"),
        ("factoring", "(x y : Int) (h : x * y - x + y = 8) (g : 0 < x) (k : 2 < y) : False"),
        ("common-divisor", "(n : Nat) : Nat.gcd (21 * n + 4) (14 * n + 3) = 1"),
        ("common-divisor", "(n : Nat) : Nat.gcd (5 * n + 2) (2 * n + 3) ≠ 5"),
        ("power-residues", "(n : Nat) (h : 2 ^ n % 5 = 3) : n % 4 = 3"),
        ("power-residues", "(n : Nat) : (3 ^ (2 * n + 1) + 2 ^ (n + 2)) % 7 = 0"),
        ("enumerate", "(x y : Nat) (h : 2 ^ x * 5 ^ y = 200) : x = 3 ∧ y = 2"),
        ("interval;omega", "(n : Int) (h : -4 ≤ n) (g : n ≤ 5) (k : n % 10 = 7) : n = -3"),
    ],
)
def test_a_script_proves_what_it_is_for(
    runner: asyncio.Runner, verifier: Verifier, script: str, statement: str
) -> None:
    async def judged() -> list[bool]:
        goal = await verifier.open(Problem("t", f"theorem t {statement}"))
        assert isinstance(goal, Goal)
        bodies = [body(goal, s.text) for s in scripts_for(goal) if s.name == script]
        limits = Limits(20_000, 60.0)
        said = [await verifier.judge(goal, Candidate(b, script), limits) for b in bodies]
        return [verdict.proved for verdict in said]

    assert any(runner.run(judged()))
