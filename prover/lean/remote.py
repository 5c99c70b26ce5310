"""A pool of Lean workers that are elsewhere: who gets one next, and what a lost one's request gets.

To the verifier it is a pool like any other (pool.py). What replaces and limits Lean processes runs
where they are; here a worker is a seat at a host, for one request.

Invariants:
- at most `size` seats are held at a time, and no more at a host than it has;
- waiters are served in the order of `turns`; whoever is cancelled loses his turn, nobody a seat;
- a request whose host is lost ends with WorkerCrash, so it is asked again elsewhere, and is
  inconclusive at worst.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from prover.errors import InfrastructureError, WorkerCrash, WorkerError
from prover.lean import protocol
from prover.lean.process import Stats
from prover.lean.protocol import Reply
from prover.lean.turns import PATIENCE_SECONDS, Turns
from prover.lean.waiting import Waiters, turn, turn_away


class Host(Protocol):
    """Several Lean workers at one place, which are lost together."""

    name: str
    """For people."""
    seats: int
    """Requests that it serves at a time."""
    lost: asyncio.Future[str]
    """Done when it is, with the reason."""

    async def ask(self, op: str, fields: bytes, seconds: float, fresh: bool) -> Reply:
        """One request (its fields as JSON), to a process of its own if `fresh`.

        Raises WorkerError; cancelled, it ends the request over there too.
        """
        ...

    async def watch(self) -> str:
        """Returns when it is lost, with the reason."""
        ...

    async def close(self) -> None:
        """End it and all it has started, whatever its state; raises nothing."""
        ...


class RemotePool:
    """Seats at the hosts that `add` and `remove` tell of."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.stats = Stats()
        """As seen from here; `started` counts seats."""
        self._free: dict[Host, int] = {}
        self._held = 0
        self._waiters: Waiters[Host] = Turns()
        self._closed: InfrastructureError | None = None

    @property
    def seats(self) -> int:
        """How many there are now, used or not."""
        return sum(host.seats for host in self._live())

    def _live(self) -> list[Host]:
        """Without those that are lost and about to be removed."""
        return [host for host in self._free if not host.lost.done()]

    def add(self, host: Host) -> None:
        self._free[host] = host.seats
        self.stats.started += host.seats
        self._serve()

    def remove(self, host: Host) -> None:
        """Its requests have ended, or do now; their seats are not given out again."""
        self._free.pop(host, None)
        if not host.lost.done():
            host.lost.set_result("it is not needed any more")

    def tell_waiters(self, why: InfrastructureError) -> None:
        """Nobody can serve those who wait now."""
        turn_away(self._waiters, str(why))

    def close(self, why: InfrastructureError) -> None:
        """From now on whoever asks is told so."""
        self._closed = why
        self.tell_waiters(why)

    @asynccontextmanager
    async def worker(self, seconds: float = PATIENCE_SECONDS) -> AsyncIterator[Seat]:
        """A seat for one request; `seconds` is what that may take, and decides whose turn it is.

        Raises InfrastructureError if there is none to wait for.
        """
        host = await self._acquire(seconds)
        try:
            yield Seat(self, host)
        finally:
            self._release(host)

    @asynccontextmanager
    async def newcomer(self) -> AsyncIterator[Seat]:
        """A seat whose request gets a Lean process of its own, new and soon gone."""
        async with self.worker() as seat:
            seat.fresh = True
            yield seat

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Reply:
        """One request to any worker; raises what `worker` and `Seat.ask` raise."""
        async with self.worker(seconds) as worker:
            return await worker.ask(op, fields, seconds)

    async def _acquire(self, seconds: float) -> Host:
        if self._closed is not None:
            raise InfrastructureError(str(self._closed))
        return await turn(self._waiters, seconds, self._serve, self._release)

    def _serve(self) -> None:
        while self._waiters and self._held < self.size:
            host = max(self._live(), key=self._free.__getitem__, default=None)
            if host is None or not self._free[host]:
                return
            waiter = self._waiters.take()
            if not waiter.done():  # else cancelled, and about to notice
                self._free[host] -= 1
                self._held += 1
                waiter.set_result(host)

    def _release(self, host: Host) -> None:
        self._held -= 1
        if host in self._free:
            self._free[host] += 1
        self._serve()


class Seat:
    """A worker for one request."""

    def __init__(self, pool: RemotePool, host: Host) -> None:
        self.fresh = False
        self._stats = pool.stats
        self._host = host

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Reply:
        """Raises WorkerError, as a Lean process does. What cannot be encoded raises before
        anything is sent."""
        data = protocol.encode(fields)
        began = time.monotonic()
        try:
            return await self._first(self._host.ask(op, data, seconds, self.fresh))
        except BaseException as exc:
            self._stats.killed += 1
            if isinstance(exc, WorkerError):
                self._stats.count(exc)
            raise
        finally:
            self._stats.requests += 1
            self._stats.lean_seconds += time.monotonic() - began

    async def _first(self, asking: Any) -> Reply:
        """The reply, or WorkerCrash as soon as the host is lost."""
        work: asyncio.Task[Reply] = asyncio.ensure_future(asking)
        lost = self._host.lost
        both: set[asyncio.Future[Any]] = {work, lost}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise WorkerCrash(f"{self._host.name} was lost with the request: {lost.result()}")
        finally:
            work.cancel()
            work.add_done_callback(_retrieved)


def _retrieved(work: asyncio.Task[Reply]) -> None:
    if not work.cancelled():
        work.exception()
