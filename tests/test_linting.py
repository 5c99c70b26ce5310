"""The linter with the real Lean: what it proves of a statement, and what it leaves open."""

from __future__ import annotations

import asyncio

import pytest

from prover.lean.verifier import Verifier
from prover.linting import Linted, lint
from prover.types import Problem

pytestmark = pytest.mark.lean


@pytest.mark.parametrize(
    ("statement", "rule", "level"),
    [
        ("(n : Nat) (h : n < 3) (g : 5 < n) : n = 100", "contradictory-hypotheses", "error"),
        ("(n : Nat) : ∀ m : Nat, m < n → n < m → m = 7", "contradictory-hypotheses", "error"),
        ("(n : Nat) (h : n ≠ 3) : n * n = n + n", "false", "error"),
        ("(n m : Nat) (h : n < m) : n + m = m + n", "needless-hypotheses", "warning"),
        ("(h : q = 1) : q + 1 = 2", "autobound", "warning"),
    ],
)
def test_what_lean_settles(
    runner: asyncio.Runner, verifier: Verifier, statement: str, rule: str, level: str
) -> None:
    made = run(runner, verifier, statement)
    assert (rule, level) in {(finding.rule, finding.level) for finding in made.findings}


def run(runner: asyncio.Runner, verifier: Verifier, text: str, seconds: float = 5.0) -> Linted:
    return runner.run(lint(verifier, Problem("p", f"theorem p {text}"), seconds))


def test_a_sound_statement_has_no_findings(runner: asyncio.Runner, verifier: Verifier) -> None:
    made = run(runner, verifier, "(n m : Nat) (h : n < m) : n + 1 ≤ m")
    assert made.supported and made.findings == [] and made.seconds > 0


def test_without_time_nothing_is_settled_and_it_says_so(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    made = run(runner, verifier, "(n : Nat) (h : n < 3) (g : 5 < n) : n = 100", 0.0)
    assert made.findings == []
    assert made.inconclusive == [
        "contradictory: no time", "false: no time", "without_hypotheses: no time"
    ]  # fmt: skip


def test_a_library_that_is_not_here_is_no_autobound_variable(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    made = run(runner, verifier, "(x : ℝ) : x = x")
    assert not made.supported and made.findings == []
