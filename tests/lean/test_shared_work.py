"""Bodies of one statement share work, on the real Lean: what is said of them stays the same."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from lean_client import Client

from prover.lean.verifier import Verifier

pytestmark = [pytest.mark.lean, pytest.mark.slow]

LT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
HAVE = "  have g : a + 3 < b + 3 := by omega\n"
BODIES = [
    f"by\n{HAVE}  exact nope",
    f"by\n{HAVE}  exact g",
    f"by\n{HAVE}  omega",
    f"by\n{HAVE}  skip",
    f"by\n{HAVE}{HAVE}  exact h",
    f"by\n{HAVE}  first\n    | exact g\n    | exact h",
    "by\n  cases a\n  · omega\n  · exact nope",
    "by\n  cases a\n  · omega\n  · omega",
    "by\n  cases a\n  · skip\n  · omega",
    "by\n  induction a with\n  | zero => omega\n  | succ n ih => omega",
    "by\n  induction a with\n  | zero => omega\n  | succ n ih => exact h",
    "by\n  constructor",
    "by\n  omega\n  omega",
    "by omega",
    "h",
    "nope",
    "Nat.succ_le_of_lt (by exact h)",
    "Nat.succ_le_of_lt (by exact nope)",
    "by\n  exact h",
    "by\n  -- longer\n  exact h",
    "by\n  exact h )",
]


@pytest.fixture(scope="module")
def lean(runner: asyncio.Runner, verifier: Verifier) -> Client:
    return Client(runner, verifier)


def said(reply: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in reply.items() if k not in ("id", "heartbeats", "cpu")}


def test_what_came_before_changes_no_verdict(lean: Client) -> None:
    alone = [said(lean.ask("judge", statement=LT, body=b, fresh=True)) for b in BODIES]
    assert {reply["verdict"] for reply in alone} == {"proved", "rejected"}

    async def in_order(order: list[int]) -> list[dict[str, Any]]:
        async with lean.pool.worker() as worker:
            ask = [{"statement": LT, "body": BODIES[i], "heartbeats": 40_000} for i in order]
            return [said(await worker.ask("judge", fields, 30.0)) for fields in ask]

    forward = list(range(len(BODIES)))
    for order in (forward, forward[::-1], [i for pair in pairwise(forward) for i in pair]):
        assert lean.runner.run(in_order(order)) == [alone[i] for i in order]


def test_a_shared_beginning_is_elaborated_once(lean: Client) -> None:
    async def spent(*bodies: str) -> list[int]:
        async with lean.pool.worker() as worker:
            replies = [
                await worker.ask("judge", {"statement": LT, "body": b, "heartbeats": 0}, 30.0)
                for b in bodies
            ]
        return [reply["heartbeats"] for reply in replies]

    lines = "".join(f"  have g{i} : a + {i} < b + {i} := by omega\n" for i in range(4))
    first, second = lean.runner.run(spent(f"by\n{lines}  exact h", f"by\n{lines}  exact g1"))
    assert second < first / 4


def test_what_a_beginning_was_refused_for_is_said_again(lean: Client) -> None:
    one, two = (lean.judge(f"by\n  exact nope\n  {more}", LT) for more in ("skip", "omega"))
    assert (one.reason, one.line, one.column) == (two.reason, two.line, two.column)
    assert one.reason == "Unknown identifier `nope`"


def test_another_statement_of_the_same_name_shares_nothing(lean: Client) -> None:
    body = "by\n  have g : a + 3 < b + 3 := by omega\n  omega"
    assert lean.judge(body, LT).proved
    assert not lean.judge(body, LT.replace("a < b)", "a ≤ b)")).proved
    assert not lean.judge(
        body, LT, header='variable (c : Nat)\ndef x := 1\nlocal notation a " < " b => LE.le a b'
    ).proved


FAILING = [
    ("by\n  exact nope", (2, 2, ["a b : Nat\nh : a < b\n⊢ a + 1 ≤ b"])),
    (f"by\n{HAVE}  exact g", (3, 2, ["a b : Nat\nh : a < b\ng : a + 3 < b + 3\n⊢ a + 1 ≤ b"])),
    ("by\n  omega\n  omega", (3, 2, [])),
    ("by\n  skip", (2, 6, ["a b : Nat\nh : a < b\n⊢ a + 1 ≤ b"])),
    (
        "by\n  cases a with\n  | zero => omega\n  | succ n =>\n    have := h\n    rfl",
        (6, 4, ["case succ\nb n : Nat\nh this : n + 1 < b\n⊢ n + 1 + 1 ≤ b"]),
    ),
    ("nope", None),
]


@pytest.mark.parametrize(("body", "expected"), FAILING)
def test_a_rejection_tells_the_goals_at_its_error(
    lean: Client, body: str, expected: tuple[int, int, list[str]] | None
) -> None:
    failing = lean.judge(body, LT).failing
    if expected is None:
        assert failing is None
    else:
        assert failing is not None
        assert (failing.line, failing.column, list(failing.goals)) == expected


UNKNOWN = [
    ("by linarith", "linarith", 1, 3),
    ("by\n  nlinarith [h]", "nlinarith", 2, 2),
    ("by\n  have : a < b := by positivity\n  omega", "positivity", 2, 21),
    ("by\n  rcases h with h | h <;> norm_num", "norm_num", 2, 26),
    ("by first | linarith | omega", "linarith", 1, 11),
    ("by\n  constructor\n  · ring\n  · omega", "ring", 3, 4),
    ("by\n  contrapose! h\n  omega", "contrapose!", 2, 2),
    ("by x", "x", 1, 3),
    ("fun n => by interval_cases n", "interval_cases", 1, 12),
]


@pytest.mark.parametrize(("body", "tactic", "line", "column"), UNKNOWN)
def test_an_unknown_tactic_is_refused_by_its_name(
    lean: Client, body: str, tactic: str, line: int, column: int
) -> None:
    verdict = lean.judge(body, LT)
    assert (verdict.status, verdict.kind) == ("rejected", "parse")
    assert verdict.heartbeats <= 1
    assert f"`{tactic}`" in verdict.reason
    assert (verdict.line, verdict.column) == (line, column)
