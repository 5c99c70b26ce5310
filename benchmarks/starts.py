"""What a study takes over all its starts, where it may be broken off and gone on with."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Times = dict[str, float]


@contextmanager
def timed(kept: Path) -> Iterator[Times]:
    """What the block takes, on top of what earlier starts took, in seconds; kept in a file."""
    times: Times = json.loads(kept.read_text()) if kept.exists() else {"clock": 0.0, "cpu": 0.0}
    start, before = time.monotonic(), cpu_seconds()
    try:
        yield times
    finally:
        times["clock"] = round(times["clock"] + time.monotonic() - start, 1)
        times["cpu"] = round(times["cpu"] + cpu_seconds() - before, 1)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(times))


def cpu_seconds() -> float:
    """Of this process and of those it has waited for, Lean's among them."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
