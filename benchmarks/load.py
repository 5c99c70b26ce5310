"""Load on a pool, and what it gave: rates, latencies, CPU time, memory; and the machine."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import workload
from workload import Fields

from prover.lean.pool import Pool

LIMIT = 120.0
"""Seconds for a check that is no part of what is measured."""


@dataclass
class Sample:
    """What one stretch of load gave."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """Seconds of each check, without the wait for a worker."""
    python_cpu: float = 0.0
    lean_cpu: float = 0.0
    resident_mb: list[float] = field(default_factory=list)
    """Of each process at the end."""

    def figures(self) -> dict[str, float]:
        n = len(self.latencies)
        return {
            "checks": n,
            "per_second": n / self.seconds,
            "p50_ms": 1000 * statistics.median(self.latencies),
            "p90_ms": 1000 * quantile(self.latencies, 0.9),
            "lean_cpu_ms_per_check": 1000 * self.lean_cpu / n,
            "python_cpu_ms_per_check": 1000 * self.python_cpu / n,
            "python_share_of_a_core": self.python_cpu / self.seconds,
            "resident_mb_each": statistics.mean(self.resident_mb),
        }


async def check(pool: Pool, fields: Fields, verdict: str = "proved") -> float:
    """Seconds from the request to the reply, which must be the given verdict."""
    async with pool.worker() as worker:
        start = time.perf_counter()
        reply = await worker.ask("judge", fields, LIMIT)
        assert reply.get("verdict") == verdict, reply
        return time.perf_counter() - start


async def steady(pool: Pool, requests: list[Fields], waiting: int, seconds: float) -> Sample:
    """That many clients, each with one check at a time, for whole rounds of the requests.

    Every round counts in full, so that whatever is compared has done the same work.
    """
    sample = begin(pool)
    work = rounds(requests, seconds)

    async def client() -> None:
        for fields in work:  # all clients take from one
            sample.latencies.append(await check(pool, workload.fresh(fields)))

    await asyncio.gather(*(client() for _ in range(waiting)))
    return finish(pool, sample)


async def batches(pool: Pool, requests: list[Fields], size: int, seconds: float) -> Sample:
    """That many checks at once, and again when all are done, for whole rounds of the requests."""
    sample, end = begin(pool), time.monotonic() + seconds
    work = itertools.cycle(requests)
    while time.monotonic() < end or len(sample.latencies) % len(requests):
        at_once = (check(pool, workload.fresh(next(work))) for _ in range(size))
        sample.latencies += await asyncio.gather(*at_once)
    return finish(pool, sample)


def rounds(requests: list[Fields], seconds: float) -> Iterator[Fields]:
    """The requests again and again; no round begins when the time is over."""
    end = time.monotonic() + seconds
    while True:
        yield from requests
        if time.monotonic() >= end:
            return


async def warm(pool: Pool, requests: list[Fields]) -> None:
    """All processes started, and each request seen by each: code compiled, headers elaborated."""
    barrier = asyncio.Barrier(pool.size)

    async def one() -> None:
        async with pool.worker() as worker:
            await barrier.wait()
            for fields in requests:
                await worker.ask("judge", fields, LIMIT)

    await asyncio.gather(*(one() for _ in range(pool.size)))


def begin(pool: Pool) -> Sample:
    """CPU times so far, to be taken off at the end."""
    return Sample(time.monotonic(), [], time.process_time(), lean_cpu(pool))


def finish(pool: Pool, sample: Sample) -> Sample:
    total = sum(psutil.Process(pid).memory_info().rss for pid in pids(pool)) / 1e6
    return Sample(
        time.monotonic() - sample.seconds,
        sample.latencies,
        time.process_time() - sample.python_cpu,
        lean_cpu(pool) - sample.lean_cpu,
        [total / len(pool.processes)] * len(pool.processes),
    )


def lean_cpu(pool: Pool) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids(pool))


def pids(pool: Pool) -> set[int]:
    """Workers may be threads of one process."""
    return {process.pid for process in pool.processes}


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def table(lines: list[tuple[str, str]]) -> str:
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in lines)


def note(text: str) -> None:
    """Progress, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def deliver(data: dict[str, Any], out: Path, lines: list[tuple[str, str]]) -> None:
    """All figures to a file, the machine and the table to the terminal."""
    data["machine"]["load_after"] = os.getloadavg()[0]
    out.write_text(json.dumps(data, indent=2) + "\n")
    print(json.dumps(data["machine"], indent=2))
    print(table(lines))


def machine() -> dict[str, Any]:
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
