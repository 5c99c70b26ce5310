"""How long Lean worked for whoever asks within a block, whatever became of the answers.

A verdict says what it cost itself. Not every question has one (opening a statement, taking a
model's answer apart), and some get no answer: a process dies and another is asked, or nobody waits
any more. The tasks that a block starts count into it; blocks do not nest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Meter:
    seconds: float = 0.0
    """Lean seconds of what was answered, or given up in a verdict."""
    lost: float = 0.0
    """Wall clock of requests that ended without a word on them."""
    retries: int = 0
    """Requests of these that another process was asked again."""
    booked: float = 0.0
    """Of `seconds`, what whoever reads the meter has accounted for."""


_current: ContextVar[Meter | None] = ContextVar("meter", default=None)


def current() -> Meter:
    """The block's meter; outside of any, one that nobody reads."""
    return _current.get() or Meter()


@contextmanager
def metered() -> Iterator[Meter]:
    meter = Meter()
    token = _current.set(meter)
    try:
        yield meter
    finally:
        _current.reset(token)
