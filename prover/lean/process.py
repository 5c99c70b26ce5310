"""One Lean driver process: start, ask, limits, kill. The pool above decides what runs where.

Invariants:
- one request at a time; a process that failed or was left in mid-request is killed, never reused;
- only a JSON object with the awaited id is a reply, every other line is noise with a budget.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from prover.errors import (
    InfrastructureError,
    WorkerCrash,
    WorkerError,
    WorkerMemory,
    WorkerProtocol,
    WorkerTimeout,
)
from prover.lean import protocol
from prover.lean.lanes import Lane, Lanes
from prover.lean.link import LINE_COST, MAX_NOISE, Link, ProcessSpec
from prover.lean.protocol import Reply
from prover.lean.resident import SAMPLE_SECONDS

__all__ = ["MAX_NOISE", "SAMPLE_SECONDS", "LeanProcess", "ProcessSpec", "Stats"]

Match = Callable[[bytes], Reply | None]


@dataclass
class Stats:
    """What processes did, summed over all that share the object."""

    started: int = 0
    """Processes that became ready."""
    failed_starts: int = 0
    requests: int = 0
    lean_seconds: float = 0.0
    """Wall clock from each request to its reply or error."""
    killed: int = 0
    """Processes lost with a request under way: a limit, a fault, a cancellation."""
    crashes: int = 0
    timeouts: int = 0
    over_memory: int = 0
    """During a request, or found too big after one."""
    protocol_errors: int = 0

    def count(self, error: WorkerError) -> None:
        self.crashes += isinstance(error, WorkerCrash)
        self.timeouts += isinstance(error, WorkerTimeout)
        self.over_memory += isinstance(error, WorkerMemory)
        self.protocol_errors += isinstance(error, WorkerProtocol)


class LeanProcess:
    """One driver process; use it through `async with`, or `start` and `close`.

    With `lanes` it is a lane of the process that these share, and looks the same from here.
    """

    def __init__(
        self,
        spec: ProcessSpec,
        memory_mb: float,
        stats: Stats | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        self.hello: Reply = {}
        """The ready line."""
        self.stats = stats or Stats()
        self._spec = spec
        self._memory_mb = memory_mb
        self._link: Link | Lane | None = None
        self._lanes = lanes
        self._pending: asyncio.Future[Reply] | None = None
        self._match: Match = _nothing
        self._noise = 0
        self._fault: WorkerError | None = None

    async def __aenter__(self) -> LeanProcess:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pid(self) -> int:
        """Also the id of its process group; 0 before the start."""
        return self._link.pid if self._link else 0

    @property
    def alive(self) -> bool:
        """The process runs, its output is open and nobody has killed it."""
        return self._link is not None and self._link.open and self._fault is None

    @property
    def usable(self) -> bool:
        """A request may be sent now."""
        return self.alive and bool(self.hello) and self._pending is None

    async def start(self) -> None:
        """Start the process and wait for its ready line; a failure leaves nothing behind.

        Raises SetupError if it cannot be executed, else the WorkerError of what it did.
        """
        if self._link is not None:
            raise RuntimeError("a Lean process is started once")
        if self._fault is not None:
            raise self._fault  # closed before it began
        try:
            with self._expect(_ready) as pending:  # before the process can write it
                await self._spawn()
                hello = await self._exchange("start", b"", pending, self._spec.ready_seconds)
            self.hello = hello
        except BaseException as exc:
            self.stats.failed_starts += isinstance(exc, InfrastructureError)
            await self.close()
            raise
        self.stats.started += 1

    async def ask(self, op: str, fields: dict[str, Any], seconds: float) -> Reply:
        """Send one request and return its reply (one with `trap` too), within `seconds` in all.

        Raises WorkerTimeout, WorkerMemory, WorkerCrash or WorkerProtocol; after these, or when
        cancelled, the process is dead. A request that cannot be encoded, or is longer than
        MAX_LINE, raises before anything is sent and leaves the process usable.
        """
        if self._pending is not None:
            raise RuntimeError("a Lean process serves one request at a time")
        if not self.usable:
            raise WorkerCrash(f"the Lean process was gone before {op}: {self._fault or 'killed'}")
        request = protocol.tag(op, fields)
        line = protocol.encode(request)
        if len(line) > protocol.MAX_LINE:
            raise WorkerProtocol(f"the request {op} has {len(line)} bytes, too many for one line")
        began = time.monotonic()
        try:
            with self._expect(lambda raw: protocol.decode(raw, request["id"])) as pending:
                return await self._exchange(op, line, pending, seconds)
        except BaseException as exc:
            self.stats.killed += 1
            if isinstance(exc, WorkerError):
                self.stats.count(exc)
            raise
        finally:
            self.stats.requests += 1
            self.stats.lean_seconds += time.monotonic() - began

    def kill(self, reason: WorkerError | None = None) -> None:
        """Kill the group; a request under way gets `reason`. Later reasons change nothing."""
        self._kill_link()
        self._fault = self._fault or reason
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(self._fault or WorkerCrash("the Lean process was killed"))

    async def close(self) -> None:
        """Kill and reap the process and close its pipes; may be called again, and at any time."""
        self.kill(WorkerCrash("the Lean process was closed"))
        if self._link is not None:
            await self._link.close()

    def resident_mb(self) -> float:
        """Memory in MB: of a process and all it started, resident; of a lane, its own."""
        return self._link.resident() / 1e6 if self._link is not None else 0.0

    def oversized(self) -> bool:
        """Its resident memory is over the ceiling."""
        return self.resident_mb() > self._memory_mb

    async def _spawn(self) -> None:
        if self._lanes is not None:
            self._link = lane = Lane(self, self._lanes)
            await lane.spawn()
        else:
            self._link = link = Link(self)
            await link.spawn(self._spec.argv, self._spec.env, self._spec.cwd)

    @contextmanager
    def _expect(self, match: Match) -> Iterator[asyncio.Future[Reply]]:
        """Within the block the first line that matches is the reply; all else is noise.

        A block left by an exception, the outer world's or the request's own, kills the process.
        """
        pending: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._pending, self._match, self._noise = pending, match, 0
        try:
            yield pending
        except BaseException:
            self._kill_link()
            raise
        finally:
            self._pending, self._match = None, _nothing
            if not pending.cancel() and not pending.cancelled():
                pending.exception()  # retrieved, should nobody have waited for it

    async def _exchange(
        self, what: str, line: bytes, pending: asyncio.Future[Reply], seconds: float
    ) -> Reply:
        """Write `line` and wait for the reply, all under one deadline."""
        watch = _Ticker(asyncio.get_running_loop(), SAMPLE_SECONDS, self._watch)
        try:
            async with asyncio.timeout(seconds):
                await cast(Link | Lane, self._link).send(line)
                return await pending
        except TimeoutError:
            raise WorkerTimeout(f"no reply to {what} within {seconds:g} s") from None
        finally:
            watch.cancel()

    def _kill_link(self) -> None:
        if self._link is not None:
            self._link.kill()

    def _watch(self) -> None:
        if self.alive and self.oversized():
            used = f"{self.resident_mb():.0f} MB of {self._memory_mb:.0f} MB"
            self.kill(WorkerMemory(f"the Lean process passed its memory ceiling, {used}"))

    # Called by the link, in the event loop.

    def on_line(self, line: bytes) -> None:
        """A line of stdout: the reply, or noise."""
        reply = self._match(line)
        if reply is None or self._pending is None or self._pending.done():
            self.on_noise(len(line) + LINE_COST)
        else:
            self._pending.set_result(reply)

    def on_noise(self, cost: int) -> None:
        self._noise += cost
        if self._noise > MAX_NOISE:
            self.kill(WorkerProtocol("the Lean process wrote too much besides its reply"))

    def on_overlong(self) -> None:
        limit = f"{protocol.MAX_LINE} bytes"
        self.kill(WorkerProtocol(f"the Lean process wrote a line of more than {limit}"))

    def on_end(self) -> None:
        link = cast(Link | Lane, self._link)
        self.kill(WorkerCrash(f"the Lean process {link.how_it_ended()}"))


class _Ticker:
    """Calls `call` every so many seconds until cancelled."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], None]
    ) -> None:
        self._loop, self._seconds, self._call = loop, seconds, call
        self._handle = loop.call_later(seconds, self._tick)

    def _tick(self) -> None:
        self._handle = self._loop.call_later(self._seconds, self._tick)
        self._call()

    def cancel(self) -> None:
        self._handle.cancel()


def _nothing(line: bytes) -> Reply | None:
    return None


def _ready(line: bytes) -> Reply | None:
    if not line.startswith(b"{"):
        return None
    try:
        hello = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return hello if isinstance(hello, dict) and hello.get("ready") is True else None
