"""A pool of Lean processes: who gets one next, and what replaces one that failed.

Where the spec says how, they are lanes of one process (lanes.py); nothing below depends on it.

Invariants:
- at most `size` processes are held at a time, and at most `size` + `spares` exist (a successor
  starts after its predecessor is reaped);
- waiters are served in the order of `turns`; whoever is cancelled loses his turn, nobody a slot;
- claims, hand-overs and returns are synchronous steps of one event loop, which is their lock;
- a waiter always ends: with a process, with InfrastructureError, or by his own cancellation;
- a spare is no kind of process but one more: whoever waits gets any that is idle, the one used
  last first, so that what is left over has just been started. Starting it waits for those who
  wait, and if it cannot be started nobody is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from prover.errors import InfrastructureError, WorkerCrash, WorkerError
from prover.lean.lanes import Lanes
from prover.lean.process import LeanProcess, ProcessSpec, Stats
from prover.lean.protocol import Reply
from prover.lean.turns import PATIENCE_SECONDS, Turns
from prover.lean.waiting import Waiters, turn, turn_away

BACKOFF_SECONDS = (0.1, 0.4, 1.6)
"""Waits between the tries to start one process; after the last try its waiter is told."""
SPARE_AFTER_SECONDS = 1.0
"""A request that takes longer may have to be killed: reason enough for the first spare."""
WARM_UP_SECONDS = 10.0
"""Limit of what a new process is asked first; on an idle machine it takes about one."""


class Worker(Protocol):
    """Who answers."""

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Reply: ...


class Workers(Protocol):
    """A pool, here or elsewhere (remote.py)."""

    size: int
    stats: Stats

    def worker(self, seconds: float = PATIENCE_SECONDS) -> AbstractAsyncContextManager[Worker]: ...
    def newcomer(self) -> AbstractAsyncContextManager[Worker]: ...


class Pool:
    """Up to `size` processes, started when first wanted; `async with` closes them.

    From the first long request or lost process on, up to `spares` more are kept ready to step in
    for one that is killed.
    """

    def __init__(self, spec: ProcessSpec, size: int, memory_mb: float, spares: int = 0) -> None:
        if size < 1:
            raise ValueError("a pool has at least one process")
        self.stats = Stats()
        self.size = size
        self._spares = spares
        self._spares_wanted = False
        self._spec = spec
        self._memory_mb = memory_mb
        self._lanes = Lanes(spec) if spec.shared else None
        self._waiters: Waiters[LeanProcess] = Turns()
        self._idle: list[LeanProcess] = []
        self._busy: set[LeanProcess] = set()
        self._starting = 0
        """Processes being closed, started or warmed up by a task of `_tasks`."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._processes: set[LeanProcess] = set()
        """Every process not yet reaped."""
        self._closed = False
        self._defect: BaseException | None = None
        """What escaped a background task: a programming error, raised to every waiter."""

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def worker(self, seconds: float = PATIENCE_SECONDS) -> AsyncIterator[LeanProcess]:
        """A started process for as long as the block lasts.

        `seconds` is what the request may take; whose turn it is depends on it, nothing else.
        Raises InfrastructureError if none can be started or the pool is closed.
        """
        worker = await self._acquire(seconds)
        loop = asyncio.get_running_loop()
        alarm = loop.call_later(SPARE_AFTER_SECONDS, self._taking_long, worker)
        try:
            yield worker
        finally:
            alarm.cancel()
            self._release(worker)

    @asynccontextmanager
    async def newcomer(self) -> AsyncIterator[LeanProcess]:
        """A process besides the pool's own, which sees one request and goes; never a lane.

        Raises SetupError or WorkerError if it cannot be started.
        """
        process = await self._start_once(None)
        try:
            yield process
        finally:
            self._processes.discard(process)
            await process.close()

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Reply:
        """One request to any process; `seconds` do not include the wait for it.

        Raises what `worker` and `LeanProcess.ask` raise.
        """
        async with self.worker(seconds) as worker:
            return await worker.ask(op, fields, seconds)

    @property
    def processes(self) -> frozenset[LeanProcess]:
        """All that exist, whatever they are doing."""
        return frozenset(self._processes)

    @property
    def starting(self) -> int:
        """How many are being closed, started or warmed up."""
        return self._starting

    async def close(self) -> None:
        """Kill and reap everything; requests in flight get WorkerCrash, waiters are told."""
        self._closed = True
        for process in self._processes:
            process.kill(WorkerCrash("the pool of Lean processes was closed"))
        self._tell_waiters(self._why_not() or InfrastructureError("the pool is closed"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._lanes is not None:
            await self._lanes.close()
        await asyncio.gather(*(process.close() for process in self._processes))
        self._processes.clear()
        self._idle.clear()

    async def _acquire(self, seconds: float) -> LeanProcess:
        if error := self._why_not():
            raise error
        return await turn(self._waiters, seconds, self._serve, self._release)

    def _taking_long(self, worker: LeanProcess) -> None:
        if not self._closed and not worker.usable:  # else it is held, and asked nothing
            self._spares_wanted = True
            self._serve()

    def _release(self, worker: LeanProcess) -> None:
        self._busy.discard(worker)
        if self._closed:
            return
        if worker.usable and worker.oversized():
            self.stats.over_memory += 1
            worker.kill()
        if worker.usable:
            self._idle.append(worker)
        else:
            self._spares_wanted = True
            self._begin_start(worker)
        self._serve()

    def _serve(self) -> None:
        """Hand idle processes to waiters in order, then start what is still lacking."""
        while self._wanted() and self._idle:
            worker = self._idle.pop()  # the one used last: its caches are warm
            if worker.usable:
                self._hand_over(worker)
            else:
                self._begin_start(worker)
        for _ in range(self._lacking()):
            self._begin_start(None)

    def _wanted(self) -> int:
        """How many more processes the waiters could have at once."""
        return min(len(self._waiters), self.size - len(self._busy))

    def _lacking(self) -> int:
        """How many to start: spares only when nobody waits for a process."""
        spares = self._spares if self._spares_wanted else 0
        return (self._wanted() or spares) - len(self._idle) - self._starting

    def _hand_over(self, worker: LeanProcess) -> None:
        while self._waiters:
            waiter = self._waiters.take()
            if not waiter.done():  # else cancelled, and about to notice
                self._busy.add(worker)
                waiter.set_result(worker)
                return
        self._idle.append(worker)

    def _begin_start(self, old: LeanProcess | None) -> None:
        self._starting += 1
        self._background(self._replace(old))

    async def _replace(self, old: LeanProcess | None) -> None:
        """Reap `old`, start a process in its place and offer it to the waiters."""
        try:
            if old is not None:
                await old.close()
                self._processes.discard(old)
            process = await self._start()
            if not self._wanted():
                await self._warm_up(process)
            self._idle.insert(0, process)
        except InfrastructureError as exc:
            self._starting -= 1
            self._start_failed(exc)
            return
        except BaseException:
            self._starting -= 1
            raise
        self._starting -= 1
        self._serve()

    async def _start(self) -> LeanProcess:
        """A ready process, after retries; raises what the last try raised."""
        for pause in BACKOFF_SECONDS:
            try:
                return await self._start_once(self._lanes)
            except InfrastructureError:
                await asyncio.sleep(pause)
        return await self._start_once(self._lanes)

    async def _warm_up(self, process: LeanProcess) -> None:
        """One small request, so that its code is compiled; uncounted, and no loss if it fails."""
        if not self._spec.warm_up:
            return
        process.stats, counted = Stats(), process.stats
        try:
            await process.ask("judge", dict(self._spec.warm_up), WARM_UP_SECONDS)
        except WorkerError:
            pass  # it is dead now, and whoever would get it has it replaced
        finally:
            process.stats = counted

    async def _start_once(self, lanes: Lanes | None) -> LeanProcess:
        process = LeanProcess(self._spec, self._memory_mb, self.stats, lanes)
        self._processes.add(process)
        try:
            await process.start()
        except BaseException:
            self._processes.discard(process)  # it has closed itself
            raise
        return process

    def _start_failed(self, error: InfrastructureError) -> None:
        """Waiters wait on while other processes live; else they are told, none may hang.

        The slot stays empty until the next claim or return tries to fill it again, a spare's
        until there is reason anew.
        """
        self._spares_wanted = False
        if not (self._idle or self._busy or self._starting):
            self._tell_waiters(error)

    def _tell_waiters(self, cause: BaseException) -> None:
        turn_away(self._waiters, f"no Lean process is to be had: {cause}", cause)

    def _why_not(self) -> InfrastructureError | None:
        if self._defect is not None:
            error = InfrastructureError(f"the pool of Lean processes broke: {self._defect!r}")
            error.__cause__ = self._defect
            return error
        return InfrastructureError("the pool of Lean processes is closed") if self._closed else None

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._background_done)

    def _background_done(self, task: asyncio.Task[None]) -> None:
        """A background task ends quietly, by the pool's closing, or as the pool's defect."""
        self._tasks.discard(task)
        if task.cancelled() or (defect := task.exception()) is None:
            return
        self._defect = self._defect or defect
        self._tell_waiters(defect)
