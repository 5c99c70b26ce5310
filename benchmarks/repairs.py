"""What a failed proof is worth: our reference proofs, broken on their tokens, cut and repaired.

    .venv/bin/python benchmarks/repairs.py [--number 200] [--seed 1] [--out FILE.json]

Each mutant of a proof that Lean rejects is cut where it failed, up to `--rounds` times, until Lean
takes it as a sketch. Then the portfolio is asked for every hole, as a campaign would ask it. A hole
that is the theorem itself is counted apart: there nothing was kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from mutants import choose
from mutation import PROOFS, read_proofs

from prover.config import LeanConfig
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Compiled, Verifier
from prover.provers import Portfolio
from prover.repair import cut
from prover.session import open_lean
from prover.types import Candidate, Goal, Limits, Problem, Sketch, Verdict

LIMITS = Limits(10_000, 30.0)
SETS = ("several_steps", "decomposition")


@dataclass(frozen=True)
class Row:
    """What became of one broken proof."""

    name: str
    mutator: str
    kind: str
    """How Lean rejected it: parse or elaboration."""
    outcome: str
    """`uncut`, `failed`, `nothing kept` or `skeleton`."""
    rounds: int = 0
    holes: int = 0
    closed: int = 0
    """Holes that the portfolio closes."""


async def broken(
    verifier: Verifier, number: int, seed: int
) -> AsyncIterator[tuple[Goal, str, str, Verdict]]:
    """(goal, mutator, body, verdict) of mutated proofs, of several lines, that Lean rejects."""
    proofs = [p for p in read_proofs(PROOFS, SETS) if p.body.count("\n") > 1]
    goals: dict[str, Goal] = {}
    for mutant in choose(proofs, number, seed):
        proof = mutant.proof
        if proof.statement != mutant.source.statement:
            continue
        if proof.name not in goals:
            goal = await verifier.open(Problem(proof.name, proof.statement, proof.header))
            assert isinstance(goal, Goal), goal
            goals[proof.name] = goal
        goal = goals[proof.name]
        verdict = await verifier.judge(goal, Candidate(proof.body, "mutant"), LIMITS)
        if verdict.status == "rejected" and verdict.kind in ("parse", "elaboration"):
            yield goal, mutant.mutator, proof.body, verdict


async def mend(
    verifier: Verifier, goal: Goal, body: str, verdict: Verdict, rounds: int
) -> tuple[int, Compiled | None]:
    """The number of cuts, and the sketch that the last of them is; None if there was no cutting."""
    compiled = None
    for number in range(1, rounds + 1):
        made = cut(body, verdict)
        if made is None:
            return number - 1, compiled
        body = made.body
        compiled = await verifier.sketch(goal, Sketch(body, "repair"), "t/1", LIMITS)
        verdict = compiled.verdict
        if verdict.status != "rejected":
            return number, compiled
    return rounds, compiled


async def closes(verifier: Verifier, goal: Goal) -> bool:
    """Does one of the portfolio's scripts prove it?"""
    async for batch in Portfolio().propose(GoalNode(goal), 0, Counter()):
        for candidate in batch:
            if (await verifier.judge(goal, candidate, LIMITS)).proved:
                return True
    return False


async def row(
    verifier: Verifier, goal: Goal, mutator: str, body: str, verdict: Verdict, rounds: int
) -> Row:
    number, compiled = await mend(verifier, goal, body, verdict, rounds)
    if compiled is None:
        return Row(goal.id, mutator, verdict.kind, "uncut")
    if not compiled.verdict.proved:
        return Row(goal.id, mutator, verdict.kind, "failed", number)
    holes = len(compiled.goals)
    if any(hole.key == goal.key for hole in compiled.goals):
        return Row(goal.id, mutator, verdict.kind, "nothing kept", number, holes)
    closed = [await closes(verifier, hole) for hole in compiled.goals]
    return Row(goal.id, mutator, verdict.kind, "skeleton", number, holes, sum(closed))


async def measure(number: int, seed: int, rounds: int) -> list[Row]:
    found = []
    async with open_lean(LeanConfig(), 1, lambda *_: None) as verifier:
        async for each in broken(verifier, number, seed):
            found.append(await row(verifier, *each, rounds))
            print(found[-1], flush=True)
    return found


def table(rows: list[Row]) -> str:
    kinds = ("parse", "elaboration")
    lines = ["| broken proofs | parse | elaboration |", "|---|---|---|"]
    for outcome in ("uncut", "failed", "nothing kept", "skeleton"):
        counts = [sum(r.kind == k and r.outcome == outcome for r in rows) for k in kinds]
        lines.append(f"| {outcome} | {counts[0]} | {counts[1]} |")
    kept = [[r for r in rows if r.kind == k and r.outcome == "skeleton"] for k in kinds]
    figures: list[tuple[str, Callable[[Row], int]]] = [
        ("skeletons after one cut", lambda r: r.rounds == 1),
        ("holes of skeletons", lambda r: r.holes),
        ("holes closed by the portfolio", lambda r: r.closed),
        ("skeletons closed altogether", lambda r: r.closed == r.holes),
    ]
    for what, count in figures:
        lines.append("| " + " | ".join([what, *(str(sum(map(count, k))) for k in kept)]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--number", type=int, default=200, help="mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=4, help="cuts of one proof at most")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rows = asyncio.run(measure(args.number, args.seed, args.rounds))
    print(table(rows))
    if args.out:
        args.out.write_text(json.dumps([asdict(r) for r in rows], indent=1))


if __name__ == "__main__":
    main()
