"""A large set of problems of the playground, with its diversity report and the time it took.

    .venv/bin/python benchmarks/playground.py --count 100000 --workers 2 --out runs/playground

The large set is elaborated and linted, not settled; a sample by another seed, of which nothing is
in the large set, is settled too. Stopped, the same command goes on; its times are then those of
the last start alone. It prints what was made, and writes `report.json` beside the problems.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from prover.cli_output import display
from prover.cli_playground import Book, cells, filled, name_of, read, shares
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.playground.diversity import report

LEVELS = "1-4"


def make(file: Path, count: int, seed: int, settle: bool, known: list[str], workers: int) -> float:
    """Seconds that it took."""
    wanted = shares(count, 0, cells("", LEVELS))
    terms = {"seed": seed, "settle": settle, "known": known, "wanted": sorted(map(name_of, wanted))}
    config = LeanConfig(workers=workers, cache=False)
    start = time.monotonic()
    with display() as shown:
        book = Book(file, terms, count, shown)
        run(filled(book, wanted, seed, known, settle, config, shown, True))
    return time.monotonic() - start


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
    found["seconds"] = {"problems": round(drawn, 1), "settled": round(settled, 1)}
    found["machine"] = {"cores": os.cpu_count(), "system": platform.platform(),
                        "workers": args.workers, "load": os.getloadavg()}  # fmt: skip
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (args.out / "report.json").write_text(text + "\n")
    for name in ("problems", "settled"):
        each = found["files"][name]
        counts = f"{each['problems']} problems, {each['distinct_goals']} distinct goals"
        shapes = f"{each['shapes']} shapes, {found['seconds'][name]} s"
        print(f"{name}: {counts}, {shapes}; {each['standing']}")


if __name__ == "__main__":
    main()
