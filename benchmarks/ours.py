"""Measurements of this layer: start, throughput, overhead, and recovery from what goes wrong."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable
from typing import Any

import load
import workload
from workload import Fields

from prover.errors import WorkerTimeout
from prover.lean.pool import Pool
from prover.lean.process import LeanProcess, ProcessSpec
from prover.lean.protocol import Reply

MEMORY_MB = 3000.0
WORKERS = (1, 2, 3, 4)
BATCHES = (1, 2, 4, 8, 16, 64)
ROUND = 20
"""Trivial or `omega` checks in a round."""
KILL_SECONDS = 1.0
"""The limit of a request that never ends."""


async def first_verdict(spec: ProcessSpec) -> float:
    """Seconds from the start of a process to its first verdict."""
    start = time.monotonic()
    async with LeanProcess(spec, MEMORY_MB) as worker:
        reply = await worker.ask("judge", workload.omega(1), load.LIMIT)
        assert reply.get("verdict") == "proved", reply
        return time.monotonic() - start


async def throughput(spec: ProcessSpec, workers: int, seconds: float) -> dict[str, Any]:
    """The fixed proofs, two clients a worker; with up to two workers trivial and `omega` checks."""
    proofs = [proof.fields for proof in workload.proofs()]
    async with Pool(spec, workers, MEMORY_MB) as pool:
        await load.warm(pool, proofs)
        mixed = await load.steady(pool, proofs, 2 * workers, seconds)
        results: dict[str, Any] = mixed.figures()
        if workers > 2:
            return results
        for name, make in (("trivial", workload.trivial), ("omega", workload.omega)):
            work = [make(i) for i in range(ROUND)]
            sample = await load.steady(pool, work, 2 * workers, seconds)
            results[name] = sample.figures()
    return results


async def by_batch(spec: ProcessSpec, seconds: float) -> dict[str, dict[str, float]]:
    """The fixed proofs on a worker a core, so many submitted at once."""
    found = {}
    async with Pool(spec, len(os.sched_getaffinity(0)), MEMORY_MB) as pool:
        proofs = [proof.fields for proof in workload.proofs()]
        await load.warm(pool, proofs)
        for size in BATCHES:
            sample = await load.batches(pool, proofs, size, seconds)
            found[str(size)] = sample.figures()
    return found


async def overhead(spec: ProcessSpec, times: int = 2000) -> dict[str, float]:
    """A request that Lean answers at once."""
    latencies = []
    async with Pool(spec, 1, MEMORY_MB) as pool:
        for _ in range(200):
            await pool.ask("ping", {}, load.LIMIT)
        cpu = time.process_time()
        for _ in range(times):
            start = time.perf_counter()
            await pool.ask("ping", {}, load.LIMIT)
            latencies.append(time.perf_counter() - start)
        cpu = time.process_time() - cpu
    return {
        "ping_p50_ms": 1000 * statistics.median(latencies),
        "ping_p90_ms": 1000 * load.quantile(latencies, 0.9),
        "ping_python_cpu_ms": 1000 * cpu / times,
    }


async def traps(spec: ProcessSpec, times: int = 10) -> dict[str, float]:
    """A request that overflows the stack, and the next ones."""
    trapped, recovered, after, normal = [], [], [], []
    async with Pool(spec, 1, MEMORY_MB) as pool:
        await check_twice(pool)
        for _ in range(times):
            start = time.monotonic()
            reply = await pool.ask("judge", workload.deep(), load.LIMIT)
            assert "trap" in reply, reply
            trapped.append(time.monotonic() - start)
            recovered.append(reply["recovery_ms"])
            first, second = await check_twice(pool)
            after.append(first)
            normal.append(second)
    return {
        "trap_reply_s": statistics.median(trapped),
        "recovery_ms": statistics.median(recovered),
        "first_verdict_after_s": statistics.median(after),
        "second_verdict_after_s": statistics.median(normal),
    }


async def check_twice(pool: Pool) -> tuple[float, float]:
    return await load.check(pool, workload.trivial(0)), await load.check(pool, workload.trivial(0))


async def kills(
    spec: ProcessSpec, spares: int, times: int, hang: Fields, good: Fields
) -> list[float]:
    """Seconds from each kill of `hang`, which never ends, to the verdict on `good`, which waits.

    One worker; a kill comes when the last one's successor, or spare, is ready.
    """
    found = []
    async with Pool(spec, 1, MEMORY_MB, spares) as pool:
        await load.check(pool, good)
        await one_kill(pool, hang, good)  # the first one is the reason to have a spare
        for _ in range(times):
            found.append(await one_kill(pool, hang, good))
    return found


async def one_kill(pool: Pool, hang: Fields, good: Fields) -> float:
    async with pool.worker() as worker:
        while pool.starting:
            await asyncio.sleep(0.05)
        waiting = asyncio.create_task(load.check(pool, good))
        await asyncio.sleep(0)
        await killed(worker.ask("judge", hang, KILL_SECONDS))
        start = time.monotonic()
    await waiting
    return time.monotonic() - start


async def killed(asked: Awaitable[Reply]) -> None:
    """Wait for the request to reach its limit, which it must."""
    try:
        reply = await asked
    except WorkerTimeout:
        return
    raise AssertionError(f"this was to hang: {reply}")
