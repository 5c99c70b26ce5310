"""Which step of a loop comes next, and when it ends; pure.

    round 0                 measure  generate  search  recycle  plan
    round 1, 2, ...  train  measure  generate  search  recycle  plan
    the last round   train  measure

What is measured in a round is its prover, which has learnt from all rounds before it. Without a
model there is no training.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Stage = Literal["held-out", "train", "measure", "generate", "search", "recycle", "plan", "transfer"]


@dataclass(frozen=True, order=True)
class Step:
    round: int
    stage: Stage

    def __str__(self) -> str:
        return f"round {self.round}, {self.stage}"


def steps(last: int, transfer: bool, trains: bool) -> Iterator[Step]:
    """All of a loop whose last round has this number, in order."""
    yield Step(0, "held-out")
    for number in range(last + 1):
        if number and trains:
            yield Step(number, "train")
        yield Step(number, "measure")
        if transfer and number in (0, last):
            yield Step(number, "transfer")
        if number < last:
            for stage in ("generate", "search", "recycle", "plan"):
                yield Step(number, stage)


def next_step(done: Collection[Step], last: int, transfer: bool, trains: bool) -> Step | None:
    return next((step for step in steps(last, transfer, trains) if step not in done), None)


@dataclass(frozen=True)
class Stop:
    """When to end early; None is never."""

    stale: int | None = None
    hours: float | None = None


def last_round(wanted: int, solved: Sequence[int], seconds: float, stop: Stop) -> tuple[int, str]:
    """The round to end with, and why; `solved` are the held-out problems of each round so far.

    Rounds that are there are never taken back: the earliest end is the last one measured.
    """
    measured = len(solved) - 1
    if 0 <= measured < wanted:
        if stop.hours is not None and seconds >= stop.hours * 3600:
            return measured, f"{stop.hours:g} hours have gone into it"
        if stop.stale is not None and stale(solved) >= stop.stale:
            return measured, f"{stop.stale} rounds have solved no more than one before"
    return wanted, ""


def stale(solved: Sequence[int]) -> int:
    """Rounds since the one that solved most, the first such."""
    return len(solved) - 1 - list(solved).index(max(solved)) if solved else 0
