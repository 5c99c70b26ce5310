"""One Lean driver process: start, ask, limits, kill. The pool above decides what runs where.

Invariants:
- one request at a time; a process that failed or was left in mid-request is killed, never reused;
- the process leads its own process group and a kill is SIGKILL to the whole group;
- pipes are drained as data comes (no task of ours reads them), so no full pipe blocks anyone;
- only a JSON object with the awaited id is a reply, every other line is noise with a budget.
"""

from __future__ import annotations

import asyncio
import functools
import glob
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import psutil

from prover.errors import (
    InfrastructureError,
    SetupError,
    WorkerCrash,
    WorkerError,
    WorkerMemory,
    WorkerProtocol,
    WorkerTimeout,
)
from prover.lean import protocol
from prover.lean.protocol import Reply

MAX_NOISE = 64 * 1024 * 1024
"""Bytes on stdout and stderr that one request may bring besides its reply."""
LINE_COST = 200
"""What a line of noise costs besides its bytes: millions of empty lines are a flood too."""
STDERR_TAIL = 16 * 1024
"""Bytes of stderr kept for error messages."""
SAMPLE_SECONDS = 0.25
"""How often memory is looked at while a request is under way."""
GRACE_SECONDS = 0.5
"""How long the exit status may come after the end of output, or the other way round."""
REAP_SECONDS = 5.0
"""How long a killed process may take to vanish; one stuck in the kernel is left behind."""

T = TypeVar("T")
Match = Callable[[bytes], Reply | None]


@dataclass(frozen=True)
class ProcessSpec:
    """How to start a driver. `env` is the whole environment, nothing is inherited."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None = None
    ready_seconds: float = 60.0
    """Wall clock from the start to the ready line."""
    warm_up: Mapping[str, Any] = field(default_factory=dict)
    """What a process that nobody waits for is asked to judge first, if anything."""


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
    """One driver process; use it through `async with`, or `start` and `close`."""

    def __init__(self, spec: ProcessSpec, memory_mb: float, stats: Stats | None = None) -> None:
        self.hello: Reply = {}
        """The ready line."""
        self.stats = stats or Stats()
        self._spec = spec
        self._memory_mb = memory_mb
        self._link: _Link | None = None
        self._pending: asyncio.Future[Reply] | None = None
        self._match: Match = _nothing
        self._noise = 0
        self._fault: WorkerError | None = None
        self._killed = False
        self._sampled = (float("-inf"), 0.0)

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
        open_ = self._link is not None and not self._link.output_ended
        return bool(self.pid) and open_ and not self._killed and self._fault is None

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
        self._kill_group()
        self._fault = self._fault or reason
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(self._fault or WorkerCrash("the Lean process was killed"))

    async def close(self) -> None:
        """Kill and reap the process and close its pipes; may be called again, and at any time."""
        self.kill(WorkerCrash("the Lean process was closed"))
        link = self._link
        if link is None or link.transport is None:
            return
        await asyncio.wait({link.exited}, timeout=REAP_SECONDS)
        link.transport.close()  # a grandchild that left the group may hold the pipes
        await asyncio.wait({link.lost}, timeout=REAP_SECONDS)

    def resident_mb(self) -> float:
        """Resident memory of the process and all it started in MB, at most SAMPLE_SECONDS old."""
        now = time.monotonic()
        if self.pid and now - self._sampled[0] >= SAMPLE_SECONDS:
            self._sampled = (now, resident(self.pid) / 1e6)
        return self._sampled[1]

    def oversized(self) -> bool:
        """Its resident memory is over the ceiling."""
        return self.resident_mb() > self._memory_mb

    async def _spawn(self) -> None:
        loop = asyncio.get_running_loop()
        link = self._link = _Link(self)
        pipe = asyncio.subprocess.PIPE
        spawning = asyncio.ensure_future(
            loop.subprocess_exec(
                lambda: link, *self._spec.argv, stdin=pipe, stdout=pipe, stderr=pipe,
                env=dict(self._spec.env), cwd=self._spec.cwd, start_new_session=True,
            )
        )  # fmt: skip
        try:
            await _settled(spawning)
        except OSError as exc:
            what = f"{self._spec.argv[0]}: {exc.strerror or exc}"
            raise SetupError(f"the Lean process cannot be started, {what}") from exc

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
            self._kill_group()
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
                await cast(_Link, self._link).send(line)
                return await pending
        except TimeoutError:
            raise WorkerTimeout(f"no reply to {what} within {seconds:g} s") from None
        finally:
            watch.cancel()

    def _kill_group(self) -> None:
        """At most once, so that a group id used anew by the system is never hit later."""
        if not self.pid or self._killed:
            return
        self._killed = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # all gone; macOS says EPERM for zombies

    def _watch(self) -> None:
        if self.alive and self.oversized():
            used = f"{self._sampled[1]:.0f} MB of {self._memory_mb:.0f} MB"
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
        """Output ended or the process exited: the other follows soon, or is not waited for."""
        link = cast(_Link, self._link)
        if link.exited.done():
            self._kill_group()  # what it started dies with it
        if link.exited.done() and link.output_ended:
            self._crashed()
        else:
            asyncio.get_running_loop().call_later(GRACE_SECONDS, self._crashed)

    def _crashed(self) -> None:
        link = cast(_Link, self._link)
        self.kill(WorkerCrash(f"the Lean process {link.how_it_ended()}"))


class _Link(asyncio.SubprocessProtocol):
    """The pipes of one process: stdout as lines to the owner, stderr's tail kept.

    Made in a running loop. When the process has exited and its pipes are closed, `lost` is done
    and nothing is held any more, whether or not anyone called `close`.
    """

    def __init__(self, owner: LeanProcess) -> None:
        loop = asyncio.get_running_loop()
        self.transport: asyncio.SubprocessTransport | None = None
        self.pid = 0
        self.output_ended = False
        self.exited: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._owner = owner
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()

    async def send(self, line: bytes) -> None:
        """Write and wait until the pipe has taken nearly all; returns too if the pipe is gone."""
        if line and self.transport is not None:
            stdin = cast(asyncio.WriteTransport, self.transport.get_pipe_transport(0))
            stdin.write(line)
            await self._writable.wait()

    def how_it_ended(self) -> str:
        """For people: exit code or signal, and the last line of stderr."""
        code = self.transport.get_returncode() if self.transport else None
        if code is None:
            how = "closed its output"
        else:
            how = f"exited with code {code}" if code >= 0 else f"died of {_signal_name(-code)}"
        words = self._stderr.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(words) if line.strip()), "")
        return f"{how}: {last[-500:]}" if last else how

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self.transport.get_pid() or 0

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 1:
            self._split(data)
        else:
            self._stderr += data
            del self._stderr[:-STDERR_TAIL]
            self._owner.on_noise(len(data))

    def _split(self, data: bytes) -> None:
        self._stdout += data
        if b"\n" in data:
            *lines, rest = bytes(self._stdout).split(b"\n")
            self._stdout = bytearray(rest)
            for line in lines:
                self._owner.on_line(line)
        elif len(self._stdout) > protocol.MAX_LINE:
            self._stdout.clear()
            self._owner.on_overlong()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 0:
            self._writable.set()
        elif fd == 1:
            self.output_ended = True
            self._owner.on_end()

    def process_exited(self) -> None:
        _finish(self.exited)
        self._owner.on_end()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            self.transport.close()
        _finish(self.lost)


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


def resident(leader: int) -> int:
    """Resident bytes of a process group and of all that its leader started.

    The two differ: bubblewrap's child, or whatever makes a session of its own, leaves the group.
    Pages that processes share count for each.
    """
    total, now = 0, int(time.monotonic() / SAMPLE_SECONDS)
    for pid in descendants(leader).union(groups(now).get(leader, ()), {leader}):
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue  # gone in the meantime, or not ours
    return total


@functools.lru_cache(maxsize=1)
def groups(sample: int) -> Mapping[int, list[int]]:
    """Every process by its group: one look at the whole machine serves all workers of a sample."""
    found: dict[int, list[int]] = {}
    for pid in psutil.pids():
        try:
            found.setdefault(os.getpgid(pid), []).append(pid)
        except OSError:
            continue  # gone in the meantime
    return found


def descendants(leader: int) -> set[int]:
    """What a process started, and what that started."""
    if not os.path.exists(f"/proc/{leader}/task/{leader}/children"):
        try:
            return {child.pid for child in psutil.Process(leader).children(recursive=True)}
        except psutil.Error:
            return set()
    found, open_ = set[int](), [leader]  # psutil looks at every process there is
    while open_:
        for path in glob.iglob(f"/proc/{open_.pop()}/task/*/children"):
            try:
                with open(path, "rb") as file:
                    new = set(map(int, file.read().split())) - found
            except OSError:
                continue  # gone in the meantime
            found |= new
            open_ += new
    return found


async def _settled(future: asyncio.Future[T]) -> T:
    """Its result; a cancellation of the waiting is kept until the future is done."""
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError as exc:
            cancelled = exc
    result = future.result()
    if cancelled is not None:
        raise cancelled
    return result


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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
