"""One question is asked once: what is kept, who shares with whom, and who goes on alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prover.errors import InfrastructureError
from prover.lean.reuse import Reuse, lasts
from prover.lean.verdicts import Verdicts
from prover.types import LeanFacts, Verdict

FACTS = LeanFacts("4.28", "embedded", "d1", "a box", ())
FIELDS: dict[str, Any] = {
    "header": "", "statement": "theorem t : p", "lemmas": [], "body": "by x", "heartbeats": 100,
}  # fmt: skip
PROVED = Verdict("proved", heartbeats=40, seconds=0.5)
TIMEOUT = Verdict("inconclusive", "slow", "timeout", seconds=9.0)


@pytest.fixture
def kept() -> Iterator[Verdicts]:
    made = Verdicts(None, pytest.fail)
    yield made
    made.close()


class Lean:
    """Answers what it is told to, a moment later, and counts."""

    def __init__(self, *answers: Verdict | BaseException) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> tuple[Verdict, bool]:
        self.asked += 1
        answer = self.answers.pop(0)
        await self.go.wait()
        await asyncio.sleep(0.01)
        if isinstance(answer, BaseException):
            raise answer
        return answer, answer.status != "inconclusive"


def test_a_second_time_costs_nothing(kept: Verdicts) -> None:
    async def main() -> None:
        lean, reuse = Lean(PROVED), Reuse(kept, FACTS, "")
        assert await reuse.answer(FIELDS, lean) == PROVED
        again = await reuse.answer(dict(reversed(FIELDS.items())), lean)
        assert again == replace(PROVED, seconds=0.0, reused="cache")
        assert again.heartbeats == 40 and lean.asked == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    "other",
    [
        ({**FIELDS, "body": "by y"}, FACTS, ""),
        ({**FIELDS, "statement": "theorem t : q"}, FACTS, ""),
        ({**FIELDS, "header": "open Nat"}, FACTS, ""),
        ({**FIELDS, "heartbeats": 200}, FACTS, ""),
        ({**FIELDS, "lemmas": [{"statement": "theorem l : p", "body": "by z"}]}, FACTS, ""),
        (FIELDS, replace(FACTS, lean="4.29"), ""),
        (FIELDS, replace(FACTS, driver_sha256="d2"), ""),
        (FIELDS, replace(FACTS, imports=("Mathlib",)), ""),
        (FIELDS, replace(FACTS, backend="native"), ""),
        (FIELDS, FACTS, "another image"),
    ],
)
def test_another_question_is_asked(
    kept: Verdicts, other: tuple[dict[str, Any], LeanFacts, str]
) -> None:
    async def main() -> None:
        fields, facts, identity = other
        await Reuse(kept, FACTS, "").answer(FIELDS, Lean(PROVED))
        assert (await Reuse(kept, facts, identity).answer(fields, Lean(PROVED))).reused == ""

    asyncio.run(main())


def test_what_confines_lean_makes_no_difference(kept: Verdicts) -> None:
    async def main() -> None:
        await Reuse(kept, FACTS, "").answer(FIELDS, Lean(PROVED))
        other = Reuse(kept, replace(FACTS, confinement="none"), "")
        assert (await other.answer(FIELDS, Lean())).reused == "cache"

    asyncio.run(main())


def test_what_is_inconclusive_is_asked_again(kept: Verdicts) -> None:
    async def main() -> None:
        lean, reuse = Lean(TIMEOUT, PROVED), Reuse(kept, FACTS, "")
        assert await reuse.answer(FIELDS, lean) == TIMEOUT
        assert await reuse.answer(FIELDS, lean) == PROVED

    asyncio.run(main())


def asked_at_once(kept: Verdicts, lean: Lean, number: int) -> list[Any]:
    """What so many tasks get that ask the same at once; exceptions as values."""

    async def main() -> list[Any]:
        reuse = Reuse(kept, FACTS, "")
        asking = [reuse.answer(FIELDS, lean) for _ in range(number)]
        return await asyncio.gather(*asking, return_exceptions=True)

    return asyncio.run(main())


def test_tasks_that_ask_at_once_share(kept: Verdicts) -> None:
    lean = Lean(PROVED)
    answers = asked_at_once(kept, lean, 3)
    assert lean.asked == 1
    assert answers == [PROVED, *[replace(PROVED, seconds=0.0, reused="shared")] * 2]


def test_nobody_shares_what_is_inconclusive(kept: Verdicts) -> None:
    lean = Lean(TIMEOUT, TIMEOUT, PROVED)
    assert [a.status for a in asked_at_once(kept, lean, 4)] == [
        "inconclusive", "inconclusive", "proved", "proved",
    ]  # fmt: skip
    assert lean.asked == 3


def test_nobody_shares_a_failure(kept: Verdicts) -> None:
    broken = InfrastructureError("no Lean")
    answers = asked_at_once(kept, Lean(broken, PROVED), 3)
    assert answers[0] is broken and [a.reused for a in answers[1:]] == ["", "shared"]
    assert asked_at_once(Verdicts(None, pytest.fail), Lean(broken, broken), 2) == [broken, broken]


@pytest.mark.parametrize("cancelled", [0, 1])
def test_who_is_cancelled_takes_nobody_along(kept: Verdicts, cancelled: int) -> None:
    async def main() -> None:
        lean, reuse = Lean(PROVED, PROVED), Reuse(kept, FACTS, "")
        lean.go.clear()
        tasks = [asyncio.ensure_future(reuse.answer(FIELDS, lean)) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[cancelled].cancel()
        await asyncio.sleep(0)
        lean.go.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(answers.pop(cancelled), asyncio.CancelledError)
        assert [a.reused for a in answers] == ["", "shared"]
        assert lean.asked == (2 if cancelled == 0 else 1)

    asyncio.run(main())


MAXIMUM = "maximum recursion depth has been reached"
TIMED = "(deterministic) timeout at `whnf`, maximum number of heartbeats (20000) has been reached"


DEEP = "(kernel) deep recursion detected"
NO = {"verdict": "rejected", "kind": "elaboration", "reason": "x"}
YES = {"verdict": "proved", "kind": "", "reason": ""}


@pytest.mark.parametrize(
    ("reply", "fields", "kept"),
    [
        (YES, {}, True),
        ({**YES, "heartbeats": 99}, {}, True),
        (YES, {"body": "by\n  exact?"}, True),
        *(({**NO, "kind": kind}, {}, True) for kind in ("parse", "gate", "elaboration", "axioms")),
        ({**NO, "reason": MAXIMUM}, {}, True),
        ({**NO, "reason": TIMED}, {}, False),
        ({**NO, "reason": DEEP}, {}, False),
        ({**NO, "heartbeats": 89}, {}, True),
        ({**NO, "heartbeats": 90}, {}, False),
        ({**NO, "heartbeats": 90}, {"heartbeats": 0}, True),
        (NO, {"body": "by\n  exact?"}, False),
        (NO, {"lemmas": [{"statement": "", "body": "by apply?"}]}, False),
        ({**NO, "kind": "new"}, {}, False),
        ({"verdict": "inconclusive", "kind": "heartbeats", "reason": TIMED}, {}, False),
        ({"ok": False, "kind": "header", "error": "x"}, {}, False),
        ({"ok": False, "kind": "request", "error": "x"}, {}, False),
    ],
)
def test_what_lasts(reply: dict[str, Any], fields: dict[str, Any], kept: bool) -> None:
    assert lasts({"ok": True, **reply}, {**FIELDS, **fields}) is kept
