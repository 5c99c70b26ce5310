"""What the two tiers cost for each proof: our own reference proofs through both, one worker.

    .venv/bin/python benchmarks/tiers.py [--repeat 3] [--out FILE.json]

Tier 1 judges a proof as a candidate; tier 2 takes the whole file to a Lean laid anew, through the
gate, the front end, the audit and the kernel once more. Only proofs without helper theorems are
taken, so that both see the same text. Takes about two minutes; run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from pathlib import Path

from prover.config import LeanConfig, ProblemsConfig
from prover.lean.verifier import CERTIFY, Verifier
from prover.problems import load
from prover.session import open_lean
from prover.types import Candidate, Goal, Problem

ROOT = Path(__file__).parents[1]
SETS = ("one_tactic", "several_steps", "decomposition")


def proofs() -> list[tuple[Problem, str, str]]:
    """(problem, its body, its whole file) of every reference proof that is one theorem."""
    found = []
    for problem in load(ProblemsConfig(source=str(ROOT / "problems"), sets=list(SETS))):
        path = ROOT / "tests" / "data" / "proofs" / problem.source / f"{problem.name}.lean"
        text = path.read_text()
        before, colon_eq, body = text.partition(f"{problem.statement} :=")
        if colon_eq and "theorem" not in before:
            found.append((problem, body.strip(), text))
    return found


async def times(verifier: Verifier, repeat: int) -> list[tuple[str, float, float]]:
    """(name, tier 1, tier 2) in seconds, the best of `repeat`."""
    rows = []
    for problem, body, text in proofs():
        goal = await verifier.open(problem)
        assert isinstance(goal, Goal), goal
        first, second = [], []
        for _ in range(repeat):
            judged = await verifier.judge(goal, Candidate(body, "reference"), CERTIFY)
            certified = (await verifier.certify(problem, text)).verdict
            assert judged.proved and certified.proved, (problem.name, judged, certified)
            first.append(judged.seconds)
            second.append(certified.seconds)
        rows.append((problem.name, min(first), min(second)))
    return rows


async def measure(repeat: int) -> list[tuple[str, float, float]]:
    async with open_lean(LeanConfig(), 1, lambda *_: None) as verifier:
        return await times(verifier, repeat)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = asyncio.run(measure(options.repeat))
    first, second = sorted(r[1] for r in rows), sorted(r[2] for r in rows)
    print(f"{len(rows)} proofs           tier 1      tier 2")
    for name, pick in (
        ("median", statistics.median),
        ("90 %", ninetieth),
        ("mean", statistics.mean),
    ):
        print(f"{name:<20} {1000 * pick(first):8.0f} ms {1000 * pick(second):8.0f} ms")
    print(f"tier 2 / tier 1 in all {sum(second) / sum(first):.1f}")
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))


def ninetieth(values: list[float]) -> float:
    return values[int(0.9 * (len(values) - 1))]


if __name__ == "__main__":
    main()
