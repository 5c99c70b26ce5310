"""Waiting for one's turn at what is scarce: the part that every pool of workers shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from prover.errors import InfrastructureError
from prover.lean.turns import Turns

T = TypeVar("T")

Waiters = Turns[asyncio.Future[T]]


async def turn(
    waiters: Waiters[T], seconds: float, serve: Callable[[], None], release: Callable[[T], None]
) -> T:
    """What `serve` hands over when it is this one's turn; `seconds` is for how long it is wanted.

    Cancelled, it gives back to `release` what it was handed just then.
    """
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[T] = loop.create_future()
    waiters.add(waiter, loop.time(), seconds)
    serve()
    try:
        return await waiter
    except asyncio.CancelledError:
        waiting = waiters.remove(waiter) or waiter.cancelled()
        if not waiting and waiter.exception() is None:
            release(waiter.result())  # handed over, but nobody is there to take it
        raise


def turn_away(waiters: Waiters[T], why: str, cause: BaseException | None = None) -> None:
    """Nobody can serve those who wait now: each gets an InfrastructureError of his own."""
    while waiters:
        waiter = waiters.take()
        if not waiter.done():
            error = InfrastructureError(why)
            error.__cause__ = cause
            waiter.set_exception(error)
