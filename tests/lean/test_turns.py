"""Whose turn it is: nobody starves, cheap requests pass slow ones, equals keep their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean.turns import PATIENCE_SECONDS, Turns

Waiter = tuple[int, float, float]
"""His number, when he came, and his limit in seconds."""

PAUSES = st.floats(0, 5) | st.just(0.0)
LIMITS = st.sampled_from([0.5, 2.0, PATIENCE_SECONDS]) | st.floats(0.1, 200)
STEPS = st.lists(st.tuples(PAUSES, st.none() | LIMITS), max_size=60)
"""Steps in time: somebody with that limit comes, or with None somebody is served."""


def patience(waiter: Waiter) -> float:
    return min(waiter[2], PATIENCE_SECONDS)


def run(steps: list[tuple[float, float | None]]) -> list[tuple[Waiter, list[Waiter]]]:
    """(who was served, who then still waited), in order; in the end everybody is served."""
    turns: Turns[Waiter] = Turns()
    waiting: list[Waiter] = []
    served = []
    now = 0.0
    for number, (pause, limit) in enumerate([*steps, *[(0.0, None)] * len(steps)]):
        now += pause
        if limit is not None:
            waiting.append((number, now, limit))
            turns.add(waiting[-1], now, limit)
        elif waiting:
            taken = turns.take()
            waiting.remove(taken)
            served.append((taken, list(waiting)))
        assert len(turns) == len(waiting)
    assert not waiting
    return served


@given(STEPS)
def test_nobody_is_passed_by_who_came_after_his_patience_had_ended(
    steps: list[tuple[float, float | None]],
) -> None:
    """So no more pass him than come in that time: nobody starves."""
    for taken, waiting in run(steps):
        for passed in waiting:
            assert taken[1] <= passed[1] + patience(passed)


@given(STEPS)
def test_the_earliest_deadline_is_first_and_equals_keep_their_order(
    steps: list[tuple[float, float | None]],
) -> None:
    for taken, waiting in run(steps):
        for other in waiting:
            assert (taken[1] + patience(taken), taken[0]) < (other[1] + patience(other), other[0])


def test_a_cheap_one_waits_for_no_slow_one() -> None:
    turns: Turns[str] = Turns()
    for number in range(50):
        turns.add(f"slow {number}", 0.0, 5.0)
    turns.add("cheap", 1.0, 0.5)
    assert [turns.take() for _ in range(3)] == ["cheap", "slow 0", "slow 1"]


def test_a_long_backstop_is_no_reason_to_wait_long() -> None:
    """Certifying a finished file may take two minutes and hardly ever does."""
    turns: Turns[str] = Turns()
    turns.add("file", 0.0, 120.0)
    turns.add("attempt", 0.1, 10.0)
    assert turns.take() == "file"


@given(st.lists(LIMITS, min_size=1, max_size=20), st.data())
def test_who_is_gone_is_not_called(limits: list[float], data: st.DataObject) -> None:
    turns: Turns[int] = Turns()
    for number, limit in enumerate(limits):
        turns.add(number, 0.0, limit)
    gone = data.draw(st.sampled_from(range(len(limits))))
    assert turns.remove(gone) and not turns.remove(gone)
    assert gone not in [turns.take() for _ in range(len(turns))]
    with pytest.raises(IndexError):
        turns.take()
