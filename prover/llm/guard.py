"""Run one command for a parent that may vanish: `guard.py GRACE COMMAND...`, stdin a pipe from it.

A script of its own between us and a server. The server and all that it started, in whatever
process group, end when the parent closes the pipe, and so also when the parent is killed. A server
leaves workers behind when only its first process dies; here they become children of this process
(PR_SET_CHILD_SUBREAPER of Linux), so that nothing is left when it ends.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

import psutil

TICK = 0.2
"""Seconds between two looks at the server."""
STUCK_SECONDS = 10.0
"""How long a killed process may take to vanish; one stuck in the kernel is left behind."""
LOG_BYTES = 64 * 1024 * 1024
"""A longer log, which is our stdout, is cut down to its end."""
LOG_KEPT = 4 * 1024 * 1024
NOT_STARTED = 127
SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36
"""Of Linux's prctl."""


def prctl(option: int, value: int) -> None:
    """Does nothing where there is no such call: then only the process tree itself is ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


class Guard:
    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._stop = False

    def run(self, argv: Sequence[str]) -> int:
        """The command's exit code, once nothing of it is left."""
        prctl(SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGTERM, self._asked)
        try:
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, preexec_fn=lambda: prctl(SET_PDEATHSIG, 15)
            )
        except OSError as exc:
            print(f"error: {argv[0]} cannot be started: {exc.strerror or exc}", flush=True)
            return NOT_STARTED
        while child.poll() is None and not self._stop and not parent_gone():
            trim_log(sys.stdout.fileno())
        code = child.poll()
        self._end(code is None)
        return code or 0

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    def _end(self, running: bool) -> None:
        """Ask the family to end, insist when `grace` is over."""
        start = time.monotonic()
        grace = self._grace if running else 0.0
        for process in family():
            signalled(process, signal.SIGTERM)
        while living := family():
            waited = time.monotonic() - start
            if waited > grace + STUCK_SECONDS:
                return
            if waited > grace:
                for process in living:
                    signalled(process, signal.SIGKILL)
            time.sleep(TICK / 4)


def parent_gone() -> bool:
    """Waits a tick. Nothing is ever written into the pipe: it can be read when it is closed."""
    return bool(select.select([sys.stdin], [], [], TICK)[0])


def family() -> list[psutil.Process]:
    """Our descendants that still run; the dead ones that are ours to reap are gone with it."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if not ended(process)]


def ended(process: psutil.Process) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            if process.ppid() == os.getpid():
                os.waitpid(process.pid, os.WNOHANG)
            return True
    except (psutil.Error, ChildProcessError):
        return True
    return False


def signalled(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        pass  # it has just ended


def trim_log(log: int) -> None:
    """Keep the end of a log that is too long; whoever writes appends to it, and
    may do so before we say that it was cut. No pipe is touched."""
    size = os.fstat(log).st_size
    if size > LOG_BYTES:
        kept = os.pread(log, LOG_KEPT, size - LOG_KEPT)
        os.ftruncate(log, 0)
        os.write(log, b"[the beginning was cut]\n" + kept)


if __name__ == "__main__":
    code = Guard(float(sys.argv[1])).run(sys.argv[2:])
    # As a shell would say it for a signal; the exit code of a process cannot be negative.
    sys.exit(code if code >= 0 else 128 - code)
