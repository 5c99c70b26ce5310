"""Ctrl-C for the commands that run an event loop: the first asks, the second does not."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import psutil

from prover.cli_output import INTERRUPTED, note

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The user stopped the command and everything under way has been put away."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, or until the first SIGINT or SIGTERM has cancelled it: then Interrupted."""
    return asyncio.run(guarded(work))


async def guarded(work: Coroutine[Any, Any, T]) -> T:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    stops = 0

    def stop() -> None:
        nonlocal stops
        stops += 1
        if stops > 1:
            die()
        note("stopping; press Ctrl-C again to kill")
        task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        raise Interrupted from None
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def die() -> None:
    """Leave at once, with no process of ours left behind."""
    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.Error:
            continue
    os._exit(INTERRUPTED)
