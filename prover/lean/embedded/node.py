"""Node as the host needs it: V8's flags, what it may touch, and waiting for its work."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from prover.errors import SetupError
from prover.lean.embedded.places import HOST, Progress, node, setup_errors

TIMEOUT_SECONDS = 600.0
STACK_SHARE = 0.6
"""How much of the process's stack V8 may use: passing its own limit is a trap that the host
catches, passing the system's is a crash."""
STACK_MOST_KB = 12_000
"""V8's stack must be full before Lean's 16 MiB stack in linear memory is."""
THREAD_MARGIN_MB = 192 / 1024
"""What Node keeps of a thread's stack for itself; the rest is V8's."""
TIERING_BUDGET = 1_000_000
"""Bytes of code, about, that a function runs before V8 optimises it."""
HURRIED_BUDGET = 10_000_000
"""The same in a build that finds no compiled code and keeps none: optimising would not pay."""


@cache
def node_version() -> str:
    """Node's version: another V8 takes no compiled code back, so a new image is built for it."""
    with setup_errors("start Node"):
        out = subprocess.run([node(), "--version"], capture_output=True, text=True, check=False)
    return out.stdout.strip()


def v8_flags(tiering_budget: int = TIERING_BUDGET) -> list[str]:
    """The same for whoever compiles code to be kept and whoever takes it back."""
    return [
        # A function's code is validated when it is first called: most never are.
        "--wasm-lazy-validation",
        # The only way to keep compiled code (host/code.cjs).
        "--allow-natives-syntax",
        f"--wasm-tiering-budget={tiering_budget}",
        f"--stack-size={stack_kb()}",
    ]


def stack_kb() -> int:
    """KiB of V8's stack; its default of 984 ends many an honest `decide`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    most = STACK_MOST_KB if soft == resource.RLIM_INFINITY else int(soft / 1024 * STACK_SHARE)
    return min(most, STACK_MOST_KB)


def writing(flags: Sequence[str], target: Path, script: str, *arguments: Path) -> list[str]:
    """argv of a script of ours that may read its arguments, write `target`, and do nothing else."""
    return [
        *(str(node()), *flags, "--permission"),
        *(f"--allow-fs-read={folder}" for folder in (*arguments, HOST)),
        f"--allow-fs-write={target}",
        *(str(HOST / script), *map(str, arguments)),
    ]


@contextmanager
def at_work(argv: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        argv, env={}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


def wait(process: subprocess.Popen[bytes], progress: Progress, stage: str, expected: float) -> None:
    """Until it has exited; `progress` may raise to give it up. Raises SetupError after a while."""
    start = time.monotonic()
    while process.poll() is None:
        elapsed = time.monotonic() - start
        if elapsed > TIMEOUT_SECONDS:
            raise SetupError(
                f"{stage} took more than {TIMEOUT_SECONDS:.0f} s;"
                " run `prover setup` again when the machine is less busy"
            )
        progress(stage, min(elapsed, expected * 0.99), expected)
        time.sleep(0.1)
    progress(stage, expected, expected)
