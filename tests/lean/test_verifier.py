"""What the verifier asks for, and of whom."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InfrastructureError, WorkerCrash, WorkerProtocol, WorkerTimeout
from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec
from prover.lean.reuse import Reuse
from prover.lean.verdicts import Verdicts
from prover.lean.verifier import Dropped, Unopened, Unsupported, Verifier
from prover.types import (
    Candidate,
    CheckerResult,
    Failing,
    Goal,
    LeanFacts,
    Lemma,
    Limits,
    Problem,
    Sketch,
    Verdict,
)

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


# Tier 1: what is sent, where the answer points, and when nobody is asked

GOAL = Goal("t", "t", "theorem t : 1 + 1 = 2")
FACTS = LeanFacts("lean", "embedded")
BODY = "by -- so\n\n      rfl -- why\n"
"""Sent as `by`, newline, two blanks, `rfl`."""


class Said(Pool):
    """A pool whose processes say what they are told to, and what they were asked."""

    def __init__(self, **reply: Any) -> None:
        super().__init__(ProcessSpec((sys.executable, "-c", "pass"), {}), 1, 1000)
        self.reply = {"ok": True, "verdict": "rejected", "kind": "elaboration", **reply}
        self.asked: list[dict[str, Any]] = []

    def worker(self, seconds: float = 0) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Any:
        self.asked.append(fields)
        return self.reply


@pytest.fixture
def kept() -> Iterator[Verdicts]:
    made = Verdicts(None, pytest.fail)
    yield made
    made.close()


def judged(pool: Pool, *bodies: str, kept: Verdicts | None = None) -> list[Verdict]:
    reuse = Reuse(kept, FACTS, "") if kept else None
    verifier = Verifier(pool, FACTS, reuse=reuse)

    async def main() -> list[Verdict]:
        return [await verifier.judge(GOAL, Candidate(b, "x"), Limits()) for b in bodies]

    return asyncio.run(main())


def test_a_verdict_points_into_the_candidate_as_it_was_written(kept: Verdicts) -> None:
    pool = Said(reason="no", line=2, column=2)
    first, second, third = judged(pool, BODY, BODY, "by\n  rfl", kept=kept)
    assert [fields["body"] for fields in pool.asked] == ["by\n  rfl"]
    assert (first.line, first.column, first.reused) == (3, 6, "")
    assert (second.line, second.column, second.reused) == (3, 6, "cache")
    assert (third.line, third.column, third.reused) == (2, 2, "cache")


def test_so_do_its_goals() -> None:
    failing = {"line": 2, "column": 2, "goals": ["p"]}
    (verdict,) = judged(Said(failing=failing), BODY)
    assert verdict.failing == Failing(3, 6, ("p",))
    assert Verdict.from_dict(json.loads(json.dumps(asdict(verdict)))) == verdict


def test_lemmas_are_sent_as_they_were_laid_out() -> None:
    pool = Said(kind="parse", reason="lemma l: unexpected x")
    lemma = Lemma("theorem l : p", "by -- so\n\n        x")
    candidate = Candidate(BODY, "x", (lemma,))
    verdict = asyncio.run(Verifier(pool, FACTS).judge(GOAL, candidate, Limits()))
    assert pool.asked[0]["lemmas"] == [{"statement": "theorem l : p", "body": "by\n\n        x"}]
    assert verdict.reason == "lemma l: unexpected x"


def test_only_the_first_tier_is_reused(kept: Verdicts) -> None:
    pool = Said(verdict="proved", holes=[])
    verifier = Verifier(pool, FACTS, reuse=Reuse(kept, FACTS, ""))

    async def main() -> None:
        for _ in range(2):
            await verifier.sketch(GOAL, Sketch("by rfl", "x"), "t/1", Limits())
        pool.reply = {"ok": False, "kind": "request", "error": "x"}
        for _ in range(2):
            await verifier.check("theorem t : 1 + 1 = 2 := rfl", PROBLEM, Limits())
            await verifier.certify(PROBLEM, "theorem t : 1 + 1 = 2 := rfl")

    asyncio.run(main())
    assert len(pool.asked) == 6


Question = Callable[[Verifier], Awaitable[object]]


@pytest.mark.parametrize(
    "question",
    [
        lambda v: v.judge(GOAL, Candidate(BODY, "x"), Limits(), lambda: False),
        lambda v: v.sketch(GOAL, Sketch(BODY, "x"), "t/1", Limits(), lambda: False),
    ],
)
def test_what_nobody_wants_any_more_is_not_asked(question: Question) -> None:
    pool = Said()

    async def main() -> None:
        with pytest.raises(Dropped):
            await question(Verifier(pool, FACTS))

    asyncio.run(main())
    assert pool.asked == []


def test_it_is_asked_for_by_whoever_still_wants_it(kept: Verdicts) -> None:
    """Two ask at once, and only the second one wants it when a worker is there."""
    pool = Said(verdict="proved", kind="")
    verifier = Verifier(pool, FACTS, reuse=Reuse(kept, FACTS, ""))

    async def main() -> None:
        dropped, answered = await asyncio.gather(
            verifier.judge(GOAL, Candidate("by\n  rfl", "x"), Limits(), lambda: False),
            verifier.judge(GOAL, Candidate(BODY, "x"), Limits()),
            return_exceptions=True,
        )
        assert isinstance(dropped, Dropped)
        assert isinstance(answered, Verdict) and answered.proved and answered.reused == ""

    asyncio.run(main())


def test_an_old_event_has_a_verdict_too() -> None:
    old = json.loads('{"status": "proved", "reason": "", "kind": "", "seconds": 1.5}')
    assert Verdict.from_dict(old).reused == ""


# Statements that cannot be opened


class Broken(Said):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Any:
        raise self.error


def opened(pool: Pool) -> Goal | Unsupported:
    return asyncio.run(Verifier(pool, FACTS).open(PROBLEM))


@pytest.mark.parametrize("error", [WorkerTimeout("no reply"), WorkerCrash("it died")])
def test_a_statement_that_lean_does_not_survive_is_no_reason_to_stop(error: Exception) -> None:
    goal = opened(Broken(error))
    assert isinstance(goal, Unopened) and str(error) in goal.reason


def test_a_statement_at_which_lean_runs_out_is_not_opened() -> None:
    goal = opened(Said(trap="stack overflow"))
    assert isinstance(goal, Unopened) and "stack overflow" in goal.reason
    not_text = UnicodeEncodeError("utf-8", "\udc80", 0, 1, "surrogates not allowed")
    assert isinstance(opened(Broken(not_text)), Unopened)


def test_lean_that_cannot_be_asked_has_said_nothing_of_a_statement() -> None:
    with pytest.raises(InfrastructureError, match="could not be opened"):
        opened(Broken(WorkerProtocol("no JSON")))
