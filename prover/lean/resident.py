"""The memory that a process and what it started take, as the system sees it."""

from __future__ import annotations

import functools
import glob
import os
import time
from collections.abc import Mapping

import psutil

SAMPLE_SECONDS = 0.25
"""How often memory is looked at while a request is under way."""


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
