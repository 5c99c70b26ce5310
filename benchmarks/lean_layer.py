"""How fast the embedded Lean answers, against the npm package as published, in one run.

    .venv/bin/python benchmarks/lean_layer.py [--seconds 10] [--out FILE.json] [--skip-published]

Prints a table and writes JSON with the machine's description. Takes about five minutes, most of
it the package as published; run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from prover.lean import toolchain
from prover.lean.embedded import install
from prover.lean.embedded.places import node
from prover.lean.pool import Pool
from prover.lean.process import LeanProcess, ProcessSpec
from prover.session import process_spec

HEADER = ""
STATEMENT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
DEEP = "theorem t : (List.range 4000).foldl (· + ·) 0 = 7998000"
DEEP_BODY = "by\n  set_option maxRecDepth 100000000 in\n  decide"
PUBLISHED_LIMIT = 900.0


def trivial(i: int) -> dict[str, Any]:
    return {"statement": STATEMENT, "body": "h", "heartbeats": 40_000}


def omega(i: int) -> dict[str, Any]:
    """A fresh number each time, so that nothing can be remembered."""
    body = f"by\n  have g : a + {i} < b + {i} := by omega\n  omega"
    return {"statement": STATEMENT, "body": body, "heartbeats": 40_000}


async def checked(worker: LeanProcess, fields: dict[str, Any]) -> None:
    reply = await worker.ask("judge", fields, 60)
    assert reply.get("verdict") == "proved", reply


async def first_verdict(spec: ProcessSpec) -> float:
    start = time.monotonic()
    async with LeanProcess(spec, 3000) as worker:
        await checked(worker, omega(1))
        return time.monotonic() - start


async def rate(
    spec: ProcessSpec, workers: int, make: Callable[[int], dict[str, Any]], seconds: float
) -> tuple[float, float]:
    """Checks a second over all workers, and MB resident of each, after a warm-up."""
    async with Pool(spec, workers, 3000) as pool:
        done = 0
        memory: list[float] = []

        async def work(worker: int, until: float) -> None:
            nonlocal done
            async with pool.worker() as process:
                while time.monotonic() < until:
                    done += 1
                    await checked(process, make(done))
                memory.append(process.resident_mb())

        await asyncio.gather(*(work(i, time.monotonic() + 2) for i in range(workers)))
        done, start = 0, time.monotonic()
        memory.clear()
        await asyncio.gather(*(work(i, start + seconds) for i in range(workers)))
        return done / (time.monotonic() - start), statistics.mean(memory)


async def recovery(spec: ProcessSpec, times: int = 10) -> dict[str, float]:
    """A request that overflows the stack, and from its reply to the verdict of the next one."""
    trapped, after, normal = [], [], []
    async with LeanProcess(spec, 3000) as worker:
        for i in range(times):
            start = time.monotonic()
            reply = await worker.ask("judge", {"statement": DEEP, "body": DEEP_BODY}, 60)
            assert "trap" in reply, reply
            trapped.append(time.monotonic() - start)
            start = time.monotonic()
            await checked(worker, trivial(i))
            after.append(time.monotonic() - start)
            start = time.monotonic()
            await checked(worker, trivial(i))
            normal.append(time.monotonic() - start)
    median = statistics.median
    return {
        "trap_reply_s": median(trapped),
        "first_verdict_after_trap_s": median(after),
        "second_verdict_after_trap_s": median(normal),
    }


@contextmanager
def published() -> Iterator[Path]:
    """The package's own folder, unpacked and otherwise untouched."""
    with tempfile.TemporaryDirectory(prefix="lean-published-", dir="/tmp") as name:
        folder = Path(name)
        with tarfile.open(install.tarball()) as archive:
            archive.extractall(folder, filter="data")
        package = folder / "package"
        with tarfile.open(package / "lean-lib.tar.gz") as archive:
            archive.extractall(package / "lib", filter="data")
        yield package


def library(package: Path) -> Path:
    return next((package / "lib").rglob("Init.olean")).parent


def published_proof(package: Path) -> dict[str, Any]:
    """The same omega proof by the published package: one process, one proof."""
    file = package.parent / "proof.lean"
    file.write_text(f"{STATEMENT} := {omega(1)['body']}\n")
    start, peak = time.monotonic(), 0
    process = subprocess.Popen(
        [str(node()), "lean.js", "--json", str(file)],
        cwd=package,
        env={"LEAN_PATH": str(library(package)), "HOME": str(package)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with tempfile.TemporaryFile(), process:
        seen = psutil.Process(process.pid)
        while process.poll() is None and time.monotonic() - start < PUBLISHED_LIMIT:
            try:
                peak = max(peak, seen.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.25)
        process.kill()
        text = process.stdout.read().decode(errors="replace") if process.stdout else ""
    messages = [line for line in text.splitlines() if '"severity"' in line]
    return {
        "seconds": time.monotonic() - start,
        "peak_resident_mb": peak / 1e6,
        "exit_code": process.returncode,
        "messages": messages[:5],
        "output_tail": text[-300:],
    }


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


async def measure(seconds: float) -> dict[str, Any]:
    installation = toolchain.ensure()
    spec = process_spec(installation)
    results: dict[str, Any] = {"lean": installation.lean}
    results["first_verdict_s"] = [await first_verdict(spec) for _ in range(3)]
    for name, make in (("trivial", trivial), ("omega", omega)):
        for workers in (1, 2):
            per_second, memory = await rate(spec, workers, make, seconds)
            results[f"{name}_per_second_{workers}"] = per_second
            results[f"{name}_resident_mb_each_{workers}"] = memory
    results.update(await recovery(spec))
    return results


def table(results: dict[str, Any]) -> str:
    first = statistics.median(results["first_verdict_s"])
    rows = [("process start to first verdict (median of 3)", f"{first:.2f} s")]
    for name in ("trivial", "omega"):
        for workers in (1, 2):
            text = f"{results[f'{name}_per_second_{workers}']:.0f}/s"
            memory = f"{results[f'{name}_resident_mb_each_{workers}']:.0f} MB each"
            rows.append((f"{name} checks, {workers} worker(s)", f"{text}, resident {memory}"))
    rows += [
        ("a stack overflow, request to reply (median of 10)", f"{results['trap_reply_s']:.2f} s"),
        ("first verdict after it", f"{results['first_verdict_after_trap_s']:.2f} s"),
        ("second verdict after it", f"{results['second_verdict_after_trap_s']:.3f} s"),
    ]
    if "published" in results:
        slow = results["published"]
        peak = f"{slow['peak_resident_mb']:.0f} MB at most"
        rows += [
            ("the package as published, the same proof", f"{slow['seconds']:.1f} s, {peak}"),
            ("ratio: its whole process / our first verdict", f"{slow['seconds'] / first:.1f}"),
            (
                "ratio: its whole process / our next omega check",
                f"{slow['seconds'] * results['omega_per_second_1']:.0f}",
            ),
        ]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each throughput run")
    parser.add_argument("--out", type=Path, default=Path("lean_layer.json"))
    parser.add_argument("--skip-published", action="store_true")
    options = parser.parse_args()
    data: dict[str, Any] = {"machine": machine()}
    data["results"] = asyncio.run(measure(options.seconds))
    if not options.skip_published:
        with published() as package:
            data["results"]["published"] = published_proof(package)
    data["machine"]["load_after"] = os.getloadavg()[0]
    options.out.write_text(json.dumps(data, indent=2) + "\n")
    print(json.dumps(data["machine"], indent=2))
    print(table(data["results"]))


if __name__ == "__main__":
    main()
