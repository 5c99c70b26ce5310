"""A pool of Lean processes: who gets one next, and what replaces one that failed.

Invariants:
- at most `size` processes exist at a time (a successor starts after its predecessor is reaped);
- waiters are served in the order they came; whoever is cancelled loses his turn, nobody a slot;
- claims, hand-overs and returns are synchronous steps of one event loop, which is their lock;
- a waiter always ends: with a process, with InfrastructureError, or by his own cancellation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from prover.errors import InfrastructureError, WorkerCrash
from prover.lean.process import LeanProcess, ProcessSpec, Stats
from prover.lean.protocol import Reply

BACKOFF_SECONDS = (0.1, 0.4, 1.6)
"""Waits between the tries to start one process; after the last try its waiter is told."""


class Pool:
    """Up to `size` processes, started when first wanted; `async with` closes them."""

    def __init__(self, spec: ProcessSpec, size: int, memory_mb: float) -> None:
        if size < 1:
            raise ValueError("a pool has at least one process")
        self.stats = Stats()
        self.size = size
        self._spec = spec
        self._memory_mb = memory_mb
        self._waiters: deque[asyncio.Future[LeanProcess]] = deque()
        self._idle: list[LeanProcess] = []
        self._busy: set[LeanProcess] = set()
        self._starting = 0
        """Slots whose process is being closed or started by a task of `_tasks`."""
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
    async def worker(self) -> AsyncIterator[LeanProcess]:
        """A started process for as long as the block lasts.

        Raises InfrastructureError if none can be started or the pool is closed.
        """
        worker = await self._acquire()
        try:
            yield worker
        finally:
            self._release(worker)

    @asynccontextmanager
    async def newcomer(self) -> AsyncIterator[LeanProcess]:
        """A process besides the pool's own, which sees one request and goes.

        Raises SetupError or WorkerError if it cannot be started.
        """
        process = await self._start_once()
        try:
            yield process
        finally:
            self._processes.discard(process)
            await process.close()

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Reply:
        """One request to any process; `seconds` do not include the wait for it.

        Raises what `worker` and `LeanProcess.ask` raise.
        """
        async with self.worker() as worker:
            return await worker.ask(op, fields, seconds)

    async def close(self) -> None:
        """Kill and reap everything; requests in flight get WorkerCrash, waiters are told."""
        self._closed = True
        for process in self._processes:
            process.kill(WorkerCrash("the pool of Lean processes was closed"))
        self._tell_waiters(self._why_not() or InfrastructureError("the pool is closed"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(process.close() for process in self._processes))
        self._processes.clear()
        self._idle.clear()

    async def _acquire(self) -> LeanProcess:
        if error := self._why_not():
            raise error
        waiter: asyncio.Future[LeanProcess] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._serve()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif not waiter.cancelled() and waiter.exception() is None:
                self._release(waiter.result())  # handed over, but nobody is there to take it
            raise

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
            self._begin_start(worker)
        self._serve()

    def _serve(self) -> None:
        """Hand idle processes to waiters in order, then start what the rest still lack."""
        while self._waiters and self._idle:
            worker = self._idle.pop()  # the one used last: its caches are warm
            if worker.usable:
                self._hand_over(worker)
            else:
                self._begin_start(worker)
        free = self.size - len(self._idle) - len(self._busy) - self._starting
        for _ in range(min(len(self._waiters) - self._starting, free)):
            self._begin_start(None)

    def _hand_over(self, worker: LeanProcess) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():  # else cancelled, and about to notice
                self._busy.add(worker)
                waiter.set_result(worker)
                return
        self._idle.append(worker)

    def _begin_start(self, old: LeanProcess | None) -> None:
        self._starting += 1
        self._background(self._replace(old))

    async def _replace(self, old: LeanProcess | None) -> None:
        """Reap `old`, start a process in its slot and offer it to the waiters."""
        try:
            if old is not None:
                await old.close()
                self._processes.discard(old)
            self._idle.append(await self._start())
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
                return await self._start_once()
            except InfrastructureError:
                await asyncio.sleep(pause)
        return await self._start_once()

    async def _start_once(self) -> LeanProcess:
        process = LeanProcess(self._spec, self._memory_mb, self.stats)
        self._processes.add(process)
        try:
            await process.start()
        except BaseException:
            self._processes.discard(process)  # it has closed itself
            raise
        return process

    def _start_failed(self, error: InfrastructureError) -> None:
        """Waiters wait on while other processes live; else they are told, none may hang.

        The slot stays empty until the next claim or return tries to fill it again.
        """
        if not (self._idle or self._busy or self._starting):
            self._tell_waiters(error)

    def _tell_waiters(self, cause: BaseException) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                error = InfrastructureError(f"no Lean process is to be had: {cause}")
                error.__cause__ = cause
                waiter.set_exception(error)

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
