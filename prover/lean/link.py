"""The pipes of one driver process, and what they bring.

Invariants: the process leads its own process group and a kill is SIGKILL to the whole group; pipes
are drained as data comes (no task of ours reads them), so no full pipe blocks anyone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

from prover.errors import SetupError
from prover.lean import protocol
from prover.lean.resident import SAMPLE_SECONDS, resident

MAX_NOISE = 64 * 1024 * 1024
"""Bytes on stdout and stderr that one request may bring besides its reply."""
LINE_COST = 200
"""What a line of noise costs besides its bytes: millions of empty lines are a flood too."""
STDERR_TAIL = 16 * 1024
"""Bytes of stderr kept for error messages."""
GRACE_SECONDS = 0.5
"""How long the exit status may come after the end of output, or the other way round."""
REAP_SECONDS = 5.0
"""How long a killed process may take to vanish; one stuck in the kernel is left behind."""

T = TypeVar("T")


@dataclass(frozen=True)
class ProcessSpec:
    """How to start a driver. `env` is the whole environment, nothing is inherited."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str | None = None
    ready_seconds: float = 60.0
    """Wall clock from the start to the ready line."""
    shared: tuple[str, ...] = ()
    """Starts a process that serves several workers, one thread each (lean/lanes.py), if there is
    such a thing."""
    warm_up: Mapping[str, Any] = field(default_factory=dict)
    """What a process that nobody waits for is asked to judge first, if anything."""


class Owner(Protocol):
    """Who is told, in the event loop, what a link brings."""

    def on_line(self, line: bytes) -> None: ...
    def on_noise(self, cost: int) -> None: ...
    def on_overlong(self) -> None: ...
    def on_end(self) -> None: ...


class Link(asyncio.SubprocessProtocol):
    """One process: stdout as lines to the owner, stderr's tail kept.

    Made in a running loop. When the process has exited and its pipes are closed, `lost` is done
    and nothing is held any more, whether or not anyone called `close`.
    """

    def __init__(self, owner: Owner) -> None:
        loop = asyncio.get_running_loop()
        self.pid = 0
        """Also the id of its process group; 0 before the start."""
        self.exited: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._owner = owner
        self._transport: asyncio.SubprocessTransport | None = None
        self._sampled = (float("-inf"), 0)
        self._killed = False
        self._output_ended = False
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def open(self) -> bool:
        """The process runs, its output is open and nobody has killed it."""
        return bool(self.pid) and not self._output_ended and not self._killed

    async def spawn(self, argv: Sequence[str], env: Mapping[str, str], cwd: str | None) -> None:
        """Start the process; raises SetupError if it cannot be executed."""
        pipe = asyncio.subprocess.PIPE
        spawning = asyncio.ensure_future(
            asyncio.get_running_loop().subprocess_exec(
                lambda: self, *argv, stdin=pipe, stdout=pipe, stderr=pipe,
                env=dict(env), cwd=cwd, start_new_session=True,
            )
        )  # fmt: skip
        try:
            await _settled(spawning)
        except OSError as exc:
            what = f"{argv[0]}: {exc.strerror or exc}"
            raise SetupError(f"the Lean process cannot be started, {what}") from exc

    async def send(self, line: bytes) -> None:
        """Write and wait until the pipe has taken nearly all; returns too if the pipe is gone."""
        self.write(line)
        await self._writable.wait()

    def write(self, line: bytes) -> None:
        if self._transport is not None:
            stdin = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
            stdin.write(line)

    def kill(self) -> None:
        """At most once, so that a group id used anew by the system is never hit later."""
        if not self.pid or self._killed:
            return
        self._killed = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # all gone; macOS says EPERM for zombies

    async def close(self) -> None:
        """Kill and reap the process and close its pipes; may be called again, and at any time."""
        self.kill()
        if self._transport is None:
            return
        await asyncio.wait({self.exited}, timeout=REAP_SECONDS)
        self._transport.close()  # a grandchild that left the group may hold the pipes
        await asyncio.wait({self.lost}, timeout=REAP_SECONDS)

    def resident(self) -> int:
        """Bytes of memory of the process and all it started, at most SAMPLE_SECONDS old."""
        now = time.monotonic()
        if self.pid and now - self._sampled[0] >= SAMPLE_SECONDS:
            self._sampled = (now, resident(self.pid))
        return self._sampled[1]

    def how_it_ended(self) -> str:
        """For people: exit code or signal, and the last line of stderr."""
        code = self._transport.get_returncode() if self._transport else None
        if code is None:
            how = "closed its output"
        else:
            how = f"exited with code {code}" if code >= 0 else f"died of {_signal_name(-code)}"
        words = self._stderr.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(words) if line.strip()), "")
        return f"{how}: {last[-500:]}" if last else how

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self._transport.get_pid() or 0

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
            self._output_ended = True
            self._ending()

    def process_exited(self) -> None:
        finish(self.exited)
        self._ending()

    def _ending(self) -> None:
        """Output ended or the process exited: the other follows soon, or is not waited for."""
        if self.exited.done():
            self.kill()  # what it started dies with it
        if self.exited.done() and self._output_ended:
            self._owner.on_end()
        else:
            asyncio.get_running_loop().call_later(GRACE_SECONDS, self._owner.on_end)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport.close()
        finish(self.lost)


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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
