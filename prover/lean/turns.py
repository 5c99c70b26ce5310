"""Whose turn it is: the order in which waiters get what is scarce. Pure, no clock of its own."""

from __future__ import annotations

import bisect
import itertools
from typing import Generic, TypeVar

PATIENCE_SECONDS = 10.0
"""The most that a waiter lets later ones pass; longer limits are backstops, not expectations."""

T = TypeVar("T")


class Turns(Generic[T]):
    """Waiters by deadline, the earliest first: when one came, and how long his request may take.

    So a cheap request passes slow ones, but none that has waited for as long as it may take
    itself (PATIENCE_SECONDS at most): whoever comes later than that comes after it. Among
    equals the order is that of arrival.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, T]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, waiter: T, now: float, seconds: float) -> None:
        """`now` in seconds on a clock that never goes back."""
        deadline = now + min(seconds, PATIENCE_SECONDS)
        bisect.insort(self._queue, (deadline, next(self._numbers), waiter))

    def take(self) -> T:
        """The next one, who waits no longer. Raises IndexError if nobody waits."""
        return self._queue.pop(0)[2]

    def remove(self, waiter: T) -> bool:
        """He waits no longer; False if he did not."""
        for at, (_, _, other) in enumerate(self._queue):
            if other is waiter:
                del self._queue[at]
                return True
        return False
