"""What an actor of the tests opens: a pool of fake drivers. Imported on the nodes too."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec

DRIVER = str(Path(__file__).parents[1] / "fake_driver.py")


@asynccontextmanager
async def fakes(lean: str, workers: int) -> AsyncIterator[tuple[Pool, str]]:
    spec = ProcessSpec((sys.executable, "-I", "-S", DRIVER), {}, None, 20.0)
    async with Pool(spec, workers, 1000.0) as pool:
        yield pool, lean


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
