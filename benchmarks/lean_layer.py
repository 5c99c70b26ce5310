"""How fast the embedded Lean answers, against what it would be without this layer, in one run.

    .venv/bin/python benchmarks/lean_layer.py [--seconds 10] [--out FILE.json] [--skip-published]
    .venv/bin/python benchmarks/lean_layer.py --figure docs/throughput.svg [--out FILE.json]

The first line measures: a fixed list of proofs by this layer, by a process of ours a proof, by a
plain read-eval loop, and one proof by the npm package as published; then what recovery and one
request cost. It prints a table and writes JSON with the machine's description. It takes about
ten minutes; run it on an idle machine. The second draws the figure from that JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from pathlib import Path
from typing import Any

import baselines
import load
import ours
import workload

from prover.lean import toolchain
from prover.session import process_spec

KILLS = 5


async def measure(seconds: float) -> dict[str, Any]:
    installation = toolchain.ensure()
    spec = process_spec(installation)
    results: dict[str, Any] = {"lean": installation.lean}
    load.note("starting")
    results["first_verdict_s"] = [await ours.first_verdict(spec) for _ in range(3)]
    results["layer"] = {}
    for workers in ours.WORKERS:
        load.note(f"{workers} worker(s)")
        results["layer"][str(workers)] = await ours.throughput(spec, workers, seconds)
    load.note("batches")
    results["by_batch"] = await ours.by_batch(spec, seconds)
    load.note("a process a proof")
    results["fresh_processes"] = await baselines.fresh_processes(spec)
    load.note("plain read-eval loop")
    results["plain_loop"] = await baselines.plain_loop(installation, seconds)
    load.note("overhead, traps, kills")
    results["overhead"] = await ours.overhead(spec)
    results["traps"] = await ours.traps(spec)
    hang, good = workload.endless(), workload.omega(1)
    results["kills"] = {str(n): await ours.kills(spec, n, KILLS, hang, good) for n in (0, 1)}
    return results


def rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    first = statistics.median(results["first_verdict_s"])
    found = [("process start to first verdict (median of 3)", f"{first:.2f} s")]
    for workers, layer in results["layer"].items():
        found += [(f"this layer, {workers} worker(s): the proofs", speed(layer))]
        found += [(f"  {x} checks", speed(layer[x])) for x in ("trivial", "omega") if x in layer]
        found += [
            ("  Python's share of a core", f"{100 * layer['python_share_of_a_core']:.1f} %"),
            ("  resident memory of a worker", f"{layer['resident_mb_each']:.0f} MB"),
        ]
    plain = results["plain_loop"]
    found += [
        ("a process of ours a proof", speed(results["fresh_processes"])),
        ("plain read-eval loop, one process", speed(plain)),
        ("  its start to first verdict", f"{plain['first_verdict_s']:.1f} s"),
        ("  its resident memory", f"{plain['resident_mb_each']:.0f} MB"),
    ]
    return [*found, *published_rows(results), *ratio_rows(results), *fault_rows(results)]


def speed(figures: dict[str, float]) -> str:
    p50, p90 = figures["p50_ms"], figures["p90_ms"]
    return f"{figures['per_second']:.2f}/s, median {p50:.0f} ms, 90 % {p90:.0f} ms"


def published_rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    if "published" not in results:
        return []
    slow = results["published"]
    peak = f"{slow['peak_resident_mb']:.0f} MB at most"
    return [("the package as published, one proof", f"{slow['seconds']:.1f} s, {peak}")]


def ratio_rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for key, name in (
        ("plain_loop", "the plain loop"),
        ("fresh_processes", "a process of ours a proof"),
        ("published", "the package as published"),
    ):
        if key in results:
            base = results[key]["per_second"]
            one, two = (results["layer"][n]["per_second"] / base for n in ("1", "2"))
            found.append((f"ratio to {name}, 1 and 2 workers", f"{one:.1f}, {two:.1f}"))
    return found


def fault_rows(results: dict[str, Any]) -> list[tuple[str, str]]:
    traps, kills, over = results["traps"], results["kills"], results["overhead"]
    ping = f"median {over['ping_p50_ms']:.2f} ms, 90 % {over['ping_p90_ms']:.2f} ms"
    return [
        ("a ping", f"{ping}, Python's CPU {over['ping_python_cpu_ms']:.2f} ms"),
        ("a stack overflow, request to reply (median of 10)", f"{traps['trap_reply_s']:.2f} s"),
        ("  of it, until Lean is ready again", f"{traps['recovery_ms']:.0f} ms"),
        ("  first verdict after it", f"{traps['first_verdict_after_s']:.2f} s"),
        ("  second verdict after it", f"{traps['second_verdict_after_s']:.3f} s"),
        (f"kill to next verdict, no spare (median of {KILLS})", seconds_of(kills["0"])),
        (f"kill to next verdict, a spare (median of {KILLS})", seconds_of(kills["1"])),
    ]


def seconds_of(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s, at most {max(values):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each throughput run")
    parser.add_argument("--out", type=Path, default=Path("lean_layer.json"))
    parser.add_argument("--skip-published", action="store_true")
    parser.add_argument("--figure", type=Path, help="draw this from FILE.json, measure nothing")
    options = parser.parse_args()
    if options.figure:
        import throughput_figure

        throughput_figure.draw(json.loads(options.out.read_text()), options.figure)
        return
    data: dict[str, Any] = {"machine": load.machine(), "proofs": list(workload.NAMES)}
    data["results"] = asyncio.run(measure(options.seconds))
    if not options.skip_published:
        load.note("the package as published")
        with baselines.published() as package:
            data["results"]["published"] = baselines.published_proof(package)
    load.deliver(data, options.out, rows(data["results"]))


if __name__ == "__main__":
    main()
