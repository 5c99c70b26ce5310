"""A bounded number of attempts at a time, with results one by one and cancellation by key.

asyncio_pool counts the slots (and queues for them fairly) and nothing else: it loses a slot when
a task is cancelled before its first step, swallows the cancellation of a waiting `spawn`, and
does not cancel its children. So what it runs is a seat that only waits; the attempts are tasks of
our own, and their lifetimes are owned here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Hashable
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

from asyncio_pool import AioPool

T = TypeVar("T")


class Done(NamedTuple, Generic[T]):
    """An attempt that returned."""

    key: Hashable
    value: T


class Attempts(Generic[T]):
    """Children of one `async with` block: none outlives it, no failure of one is lost.

    Leaving the block waits for the children; leaving it by an exception or a cancellation, or a
    child's failure, cancels them first. The first child that failed raises at the next `start`
    or `next_done`, or on leaving; later failures are notes on it (and on whatever else the block
    is left by). Cancelled children count as neither done nor failed.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._tasks: dict[asyncio.Task[T], Hashable] = {}
        self._done: deque[Done[T]] = deque()
        self._changed = asyncio.Event()
        self._woken = False
        self._failure: BaseException | None = None
        self._ended = False

    def __len__(self) -> int:
        """Attempts under way."""
        return len(self._tasks)

    def keys(self) -> list[Any]:
        """One for each attempt under way."""
        return list(self._tasks.values())

    async def __aenter__(self) -> Attempts[T]:
        self._pool = AioPool(self.size)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        try:
            while exc is None and self._tasks and self._failure is None:
                await self._change()
        except asyncio.CancelledError as cancelled:
            await self._end(cancelled)
            raise
        await self._end(exc)

    async def _end(self, exc: BaseException | None) -> None:
        """Nothing runs after this; `exc`, if the block is left by one, gets failures as notes."""
        self._ended = True
        await _stop(list(self._tasks))
        await self._pool.join()  # seats are freed one step after their tasks
        if exc is None:
            self._surface()
        elif self._failure is not None and self._failure is not exc:
            exc.add_note(f"an attempt failed too: {self._failure!r}")

    async def start(self, coro: Coroutine[Any, Any, T], key: Hashable = None) -> asyncio.Task[T]:
        """Wait for a free slot and run `coro` in it; in order of arrival.

        Raises the failure of an earlier attempt; then, and if cancelled, `coro` is closed.
        """
        try:
            self._surface()
            free = asyncio.Event()
            waiting = await self._pool.spawn(_seat(free))
            if waiting.done():
                await waiting  # a cancellation that `spawn` swallowed
            if self._failure is not None or self._ended:
                free.set()
                self._surface()
                raise RuntimeError("the block of attempts has been left")
        except BaseException:
            coro.close()
            raise
        return self._run(coro, key, free)

    def _run(
        self, coro: Coroutine[Any, Any, T], key: Hashable, free: asyncio.Event
    ) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(coro)
        self._tasks[task] = key
        task.add_done_callback(self._collect)
        task.add_done_callback(lambda _: free.set())
        return task

    async def cancel(self, key: Hashable) -> int:
        """Cancel the attempts under way for `key`, wait for them, and return their number.

        An attempt may cancel its own siblings: the caller itself is left out.
        """
        here = asyncio.current_task()
        mine = [task for task, its in self._tasks.items() if its == key and task is not here]
        await _stop(mine)
        return len(mine)

    async def next_done(self) -> Done[T] | None:
        """The next attempt that returned, in the order they did; None if none is under way."""
        while True:
            self._surface()
            if self._done:
                return self._done.popleft()
            if not self._tasks:
                return None
            await self._change()

    def wake(self) -> None:
        """Have `progress` return: something else than an attempt's end has happened."""
        self._woken = True
        self._changed.set()

    async def progress(self) -> bool:
        """Wait until attempts have returned, whose results are let go, or `wake` was called.

        False if nothing is under way.
        """
        self._surface()
        if not (self._done or self._woken):
            if not self._tasks:
                return False
            await self._change()
            self._surface()
        self._done.clear()
        self._woken = False
        return True

    async def __aiter__(self) -> AsyncIterator[Done[T]]:
        """Results until nothing is under way."""
        while (done := await self.next_done()) is not None:
            yield done

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _collect(self, task: asyncio.Task[T]) -> None:
        key = self._tasks.pop(task)
        self._changed.set()
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._done.append(Done(key, task.result()))
        elif self._failure is None:
            self._failure = error
        else:
            self._failure.add_note(f"another attempt failed too: {error!r}")

    def _surface(self) -> None:
        if self._failure is not None:
            raise self._failure


async def _seat(free: asyncio.Event) -> None:
    await free.wait()


async def _stop(tasks: list[asyncio.Task[T]]) -> None:
    """Cancel and wait until all have ended, however often the waiting itself is cancelled."""
    for task in tasks:
        task.cancel()
    cancelled: asyncio.CancelledError | None = None
    while pending := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None:
        raise cancelled
