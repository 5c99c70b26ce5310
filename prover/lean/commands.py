"""One foreign command run to its end, within a time and an output limit; never raises for it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes on stdout, and on stderr, after which a command is killed."""
CHUNK = 65536
REAP_SECONDS = 5.0
"""How long a killed process may take to vanish."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int | None
    """Exit code, negative for a signal; None if it did not end by itself."""
    out: str = ""
    err: str = ""
    trouble: str = ""
    """Why there is no exit code: not started, out of time, too much output."""

    @property
    def said(self) -> str:
        """For people: the trouble, or the last line written and how it ended."""
        lines = [line.strip() for line in f"{self.out}\n{self.err}".splitlines() if line.strip()]
        last = f": {lines[-1][:300]}" if lines else ""
        return self.trouble or f"exit code {self.code}{last}"


def run_now(argv: Sequence[str], env: Mapping[str, str], cwd: Path | None, seconds: float) -> Done:
    """`run` for code outside an event loop (a thread of its own, a command line)."""
    return asyncio.run(run(argv, env, cwd, seconds))


async def run(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | None,
    seconds: float,
    sink: BinaryIO | None = None,
    most: int = MAX_OUTPUT,
) -> Done:
    """Run `argv` in a process group of its own, which is killed at the end in any case.

    `env` is the whole environment. stdout goes to `sink` if there is one, at most `most` bytes.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe,
            env=dict(env), cwd=cwd, start_new_session=True,
        )  # fmt: skip
    except OSError as exc:
        return Done(None, trouble=f"{argv[0]} cannot be started: {exc.strerror or exc}")
    out, err = _Reader(process, most, sink), _Reader(process, MAX_OUTPUT, None)
    trouble = ""
    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(out.read(process.stdout), err.read(process.stderr))
            await process.wait()
    except TimeoutError:
        trouble = f"no end within {seconds:g} s"
    finally:
        await _end(process)
    if out.flooded or err.flooded:
        trouble = "it wrote too much"
    return Done(None if trouble else process.returncode, out.text, err.text, trouble)


class _Reader:
    """Drains a pipe; what passes the limit ends the process."""

    def __init__(
        self, process: asyncio.subprocess.Process, most: int, sink: BinaryIO | None
    ) -> None:
        self.flooded = False
        self._process, self._most, self._sink = process, most, sink
        self._kept = bytearray()

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")

    async def read(self, pipe: asyncio.StreamReader | None) -> None:
        seen = 0
        while pipe and (data := await pipe.read(CHUNK)):
            seen += len(data)
            if seen > self._most:
                self.flooded = True
                return kill_group(self._process.pid)
            if self._sink is None:
                self._kept += data
            else:
                self._sink.write(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the group, also what a command that has ended left in it, and reap."""
    kill_group(process.pid)
    try:
        async with asyncio.timeout(REAP_SECONDS):
            await process.wait()
    except TimeoutError:
        pass  # stuck in the kernel: left behind
    # A grandchild that left the group may hold the pipes: without this they stay open with it.
    process._transport.close()  # type: ignore[attr-defined]


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # all gone; macOS says EPERM for zombies
