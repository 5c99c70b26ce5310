"""Which machines serve Lean: as many as it takes, one that is lost is replaced. Knows no Ray."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prover.errors import InfrastructureError, SetupError
from prover.lean.remote import Host, RemotePool

LOOK_SECONDS = 2.0
"""How often the machines are looked at."""
REST_SECONDS = 10.0
"""How long a machine is left alone that lost its workers or could not start any."""
HOPE_SECONDS = 60.0
"""So long may nobody serve, and nobody be about to, before those who wait are told."""


@dataclass(frozen=True)
class Node:
    name: str
    """For people."""
    cpus: int


Look = Callable[[], Awaitable[Mapping[str, Node]]]
"""The machines that are there now, by id."""
Start = Callable[[str, Node, int], Awaitable[Host]]
"""Begins so many workers on a machine, or as many as there is room for.

Raises SetupError if it can never serve, InfrastructureError if it may another time."""
Tell = Callable[[str], None]
"""Gets a line for people."""


def missing(nodes: Mapping[str, Node], taken: Mapping[str, int], size: int) -> dict[str, int]:
    """How many workers to begin on which machines, so that there are `size` in all.

    `taken` is what runs or begins already. The largest machines first: fewer share their memory
    less.
    """
    lacking, wanted = size - sum(taken.values()), dict[str, int]()
    for key in sorted(nodes, key=lambda key: (-nodes[key].cpus, key)):
        seats = min(nodes[key].cpus, lacking)
        if key not in taken and seats > 0:
            wanted[key] = seats
            lacking -= seats
    return wanted


class Keeper:
    """Keeps a pool's hosts: a task for each machine, from the start of its workers to their end."""

    def __init__(self, pool: RemotePool, look: Look, start: Start, tell: Tell) -> None:
        self._pool = pool
        self._look = look
        self._start = start
        self._tell = tell
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._taken: dict[str, int] = {}
        self._resting: dict[str, float] = {}
        """Until when, in the loop's time."""
        self._unfit: set[str] = set()
        self._failed: dict[str, str] = {}
        """Why the last start on a machine came to nothing."""
        self._trouble = "it has no machine with a free CPU"
        self._served = asyncio.get_running_loop().time()
        """When somebody last served, or was about to for the first time."""

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Begins when the first machine serves; raises InfrastructureError if none comes to it."""
        first = asyncio.ensure_future(self._first())
        work = asyncio.ensure_future(self._keep())
        work.add_done_callback(self._broken)
        try:
            await first
            yield
        finally:
            first.cancel()
            work.cancel()
            for task in self._tasks:
                task.cancel()
            self._pool.close(InfrastructureError("the pool of Lean workers is closed"))
            await asyncio.gather(first, work, *self._tasks, return_exceptions=True)

    async def _first(self) -> None:
        async with self._pool.worker():
            pass

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            nodes, now = await self._look(), loop.time()
            rested = {key: node for key, node in nodes.items() if self._fit(key, now)}
            for key, seats in missing(rested, self._taken, self._pool.size).items():
                self._taken[key] = seats
                self._tasks[asyncio.ensure_future(self._serve(key, nodes[key], seats))] = key
            self._lose_hope(nodes, now)
            tick = asyncio.ensure_future(asyncio.sleep(LOOK_SECONDS))
            await asyncio.wait({tick, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            tick.cancel()
            for task in [task for task in self._tasks if task.done()]:
                del self._tasks[task]
                task.result()

    def _fit(self, key: str, now: float) -> bool:
        return key not in self._unfit and self._resting.get(key, 0.0) <= now

    def _lose_hope(self, nodes: Mapping[str, Node], now: float) -> None:
        if self._pool.seats or self._taken.keys() - self._failed.keys():
            self._served = now
        unfit = bool(nodes) and self._unfit.issuperset(nodes)
        if unfit or now - self._served > HOPE_SECONDS:
            self._pool.tell_waiters(
                InfrastructureError(f"no Lean worker is to be had in the cluster: {self._trouble}")
            )

    async def _serve(self, key: str, node: Node, seats: int) -> None:
        """A machine's workers, until they are lost or nobody needs them."""
        host: Host | None = None
        try:
            host = await self._start(key, node, seats)
            self._taken[key] = host.seats
            self._failed.pop(key, None)
            self._pool.add(host)
            self._tell(f"{node.name}: {host.seats} Lean workers ({self._count()})")
            why = await host.watch()
            self._pool.remove(host)
            self._tell(f"{node.name}: its Lean workers are lost ({self._count()}): {why}")
        except InfrastructureError as exc:
            if isinstance(exc, SetupError):
                self._unfit.add(key)
            self._trouble = f"{node.name}: {exc}"
            if self._failed.get(key) != str(exc):  # it is tried again and again, and said once
                self._tell(f"{node.name} has no Lean workers: {exc}")
            self._failed[key] = str(exc)
        finally:
            self._resting[key] = asyncio.get_running_loop().time() + REST_SECONDS
            if host is not None:
                self._pool.remove(host)
                await host.close()
            del self._taken[key]

    def _count(self) -> str:
        return f"{min(self._pool.seats, self._pool.size)} of {self._pool.size}"

    def _broken(self, work: asyncio.Task[None]) -> None:
        """Only a programming error, or the loss of the cluster itself, ends the keeping."""
        if not work.cancelled() and (defect := work.exception()) is not None:
            why = f"the cluster is lost: {defect or type(defect).__name__}"
            self._pool.close(InfrastructureError(why))
