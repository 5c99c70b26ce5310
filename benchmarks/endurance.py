"""Does anything grow? Memory over many checks; descriptors, children, zombies over many kills.

    .venv/bin/python benchmarks/endurance.py [--checks 20000] [--kills 1000] [--minutes M]
        [--fake] [--out FILE.json]

Prints a table and writes JSON. `--fake` asks the tests' fake driver, whose processes start in
0.1 s, in place of Lean. `--minutes` ends the checks early; the table says how many there were.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import load
import ours
import psutil
import workload
from workload import Fields

from prover.lean import toolchain
from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec
from prover.session import process_spec

FAKE = Path(__file__).parents[1] / "tests" / "fake_driver.py"
SAMPLE_EVERY = 500
SETTLED_AFTER = 1000
"""Checks after which memory is what growth is counted from."""
KILLS_A_SAMPLE = 50
TIMES = 5
"""Recoveries that are timed, with and without a spare."""


@dataclass(frozen=True)
class Driver:
    """What is put to the test."""

    spec: ProcessSpec
    work: Callable[[int], tuple[Fields, str]]
    """The i-th check and its verdict."""
    hang: Fields
    good: Fields
    limit: float
    """Seconds after which a request that hangs is killed."""


def real() -> Driver:
    spec = process_spec(toolchain.ensure())
    return Driver(spec, mixed, workload.endless(), workload.omega(1), 0.3)


def fake() -> Driver:
    spec = ProcessSpec((sys.executable, "-I", "-S", str(FAKE), "slow", "0.1"), {})
    return Driver(spec, lambda i: ({"echo": i}, "proved"), {"behave": "hang"}, {}, 0.01)


def mixed(i: int) -> tuple[Fields, str]:
    """Mostly cheap, every tenth an `omega` proof, some rejected, one in twenty from the list."""
    if i % 20 == 7:
        return workload.fresh(PROOFS[i // 20 % len(PROOFS)].fields), "proved"
    if i % 10 == 3:
        return workload.omega(i), "proved"
    if i % 5 == 1:
        return workload.judge(f"theorem t : {i} + 1 = {i} + 2", "rfl"), "rejected"
    if i % 5 == 2:
        return workload.judge(f"theorem t (p : Prop) (h : p) : p ∧ {i} = {i}", "⟨h, rfl⟩"), "proved"
    return workload.fresh(workload.trivial(i)), "proved"


PROOFS = workload.proofs()


async def memory(driver: Driver, checks: int, minutes: float) -> dict[str, Any]:
    """Resident MB of one worker, after every so many checks."""
    samples: list[tuple[int, float]] = []
    end = time.monotonic() + 60 * minutes
    async with Pool(driver.spec, 1, ours.MEMORY_MB) as pool:
        for number in range(checks):
            fields, verdict = driver.work(number)
            await load.check(pool, fields, verdict)
            if (number + 1) % SAMPLE_EVERY == 0:
                samples.append((number + 1, resident(pool)))
                load.note(f"{number + 1} checks, {samples[-1][1]:.0f} MB")
                if time.monotonic() > end:
                    break
        assert pool.stats.started == 1, "one process did them all"
    return {"samples": samples, "growth_percent": growth(samples)}


def resident(pool: Pool) -> float:
    (process,) = pool.processes
    return psutil.Process(process.pid).memory_info().rss / 1e6


def growth(samples: list[tuple[int, float]]) -> float | None:
    """From after the first thousand checks to the end, in percent."""
    settled = [mb for number, mb in samples if number >= SETTLED_AFTER]
    return 100 * (settled[-1] / settled[0] - 1) if len(settled) > 1 else None


async def kills(driver: Driver, times: int) -> dict[str, Any]:
    """What this process holds, after every so many kills, with two workers and a spare."""
    samples: list[dict[str, int]] = []
    async with Pool(driver.spec, 2, ours.MEMORY_MB, 1) as pool:
        await ours.killed(pool.ask("judge", driver.hang, driver.limit))  # hence a spare
        for done in itertools.count(0, KILLS_A_SAMPLE):
            await settled(pool, driver.good)
            samples.append({"kills": done, **held()})
            load.note(str(samples[-1]))
            if done >= times:
                break
            hung = (
                ours.killed(pool.ask("judge", driver.hang, driver.limit))
                for _ in range(KILLS_A_SAMPLE)
            )
            await asyncio.gather(*hung)
        assert pool.stats.timeouts == pool.stats.killed == done + 1
    return {"samples": samples, "after_closing": held()}


async def settled(pool: Pool, good: Fields) -> None:
    """Every worker answers, and nothing is being started: what is there is there to stay."""
    await load.warm(pool, [good])
    while pool.starting:
        await asyncio.sleep(0.05)


def held() -> dict[str, int]:
    me = psutil.Process()
    children = me.children(recursive=True)
    zombies = [child for child in children if child.status() == psutil.STATUS_ZOMBIE]
    return {"descriptors": me.num_fds(), "children": len(children), "zombies": len(zombies)}


async def measure(driver: Driver, options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if options.kills:
        found["kills"] = await kills(driver, options.kills)
        found["recovery_s"] = {
            str(spares): await ours.kills(driver.spec, spares, TIMES, driver.hang, driver.good)
            for spares in (0, 1)
        }
    if options.checks:
        found["memory"] = await memory(driver, options.checks, options.minutes)
    return found


def rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    if samples := found.get("kills", {}).get("samples"):
        lines.append(("forced kills", str(samples[-1]["kills"])))
        for name in ("descriptors", "children", "zombies"):
            most = max(sample[name] for sample in samples)
            after = found["kills"]["after_closing"][name]
            text = f"{samples[0][name]} before, {most} at most, {samples[-1][name]} at the end"
            lines.append((f"  {name}", f"{text}, {after} after closing"))
        for spares, values in found["recovery_s"].items():
            text = f"{statistics.median(values):.3f} s, at most {max(values):.3f} s"
            lines.append((f"  kill to next verdict, {spares} spare(s)", text))
    if samples := found.get("memory", {}).get("samples"):
        lines.append(("checks in one process", str(samples[-1][0])))
        text = f"{samples[0][1]:.0f} MB after {samples[0][0]}, {samples[-1][1]:.0f} MB at the end"
        lines.append(("  resident memory", text))
        if (more := found["memory"]["growth_percent"]) is not None:
            lines.append((f"  growth since check {SETTLED_AFTER}", f"{more:+.1f} %"))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--checks", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("endurance.json"))
    options = parser.parse_args()
    data: dict[str, Any] = {"machine": load.machine(), "fake": options.fake}
    data["results"] = asyncio.run(measure(fake() if options.fake else real(), options))
    load.deliver(data, options.out, rows(data["results"]))


if __name__ == "__main__":
    main()
