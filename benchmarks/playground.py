"""A large set of problems of the playground, with its diversity report and the time it took.

    .venv/bin/python benchmarks/playground.py --count 100000 --workers 2 --out runs/playground

The large set is elaborated and linted, not settled; a sample by another seed, of which nothing is
in the large set, is settled too. Stopped, the same command goes on, and its times are those of all
its starts: by the clock, and the CPU's, in which other work on the machine hardly shows. It prints
what was made, and writes `report.json` beside the problems.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from starts import Times, timed

from prover.cli_output import display
from prover.cli_playground import Book, cells, filled, name_of, read, shares
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.playground.diversity import report

LEVELS = "1-4"


def make(file: Path, count: int, seed: int, settle: bool, known: list[str], workers: int) -> Times:
    wanted = shares(count, 0, cells("", LEVELS))
    terms = {"seed": seed, "settle": settle, "known": known, "wanted": sorted(map(name_of, wanted))}
    config = LeanConfig(workers=workers, cache=False)
    with timed(file.with_name(f"{file.name}.times.json")) as times, display() as shown:
        book = Book(file, terms, count, shown)
        run(filled(book, wanted, seed, known, settle, config, shown, True))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/playground"))
    args = parser.parse_args()
    sample, large = args.out / "settled.jsonl", args.out / "problems.jsonl"
    settled = make(sample, args.sample, args.seed + 1, True, [], args.workers)
    held = sorted({made.key for made in read(sample)})
    drawn = make(large, args.count, args.seed, False, held, args.workers)
    found: dict[str, Any] = report({"problems": read(large), "settled": read(sample)})
    found["seconds"] = {"problems": drawn, "settled": settled}
    found["machine"] = {"cores": os.cpu_count(), "system": platform.platform(),
                        "workers": args.workers, "load": os.getloadavg()}  # fmt: skip
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (args.out / "report.json").write_text(text + "\n")
    for name in ("problems", "settled"):
        each = found["files"][name]
        counts = f"{each['problems']} problems, {each['distinct_goals']} distinct goals"
        took = found["seconds"][name]
        seconds = f"{took['clock']:.0f} s, {took['cpu']:.0f} of the CPU"
        print(f"{name}: {counts}, {each['shapes']} shapes, {seconds}; {each['standing']}")


if __name__ == "__main__":
    main()
