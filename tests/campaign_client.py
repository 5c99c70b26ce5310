"""What tests of whole campaigns share: problems with known outcomes, and what to ask of a run.

As a program it runs or resumes a campaign: `python campaign_client.py RUN`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from prover.campaign import run_campaign
from prover.config import LeanConfig, LimitsConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.graph_nodes import candidate_digest, sketch_digest
from prover.lean import toolchain
from prover.lean.pool import Pool
from prover.lean.verifier import Verifier
from prover.session import process_spec
from prover.store import RunStore
from prover.types import Candidate, Event, Problem, Sketch

TIMES = "def times : Nat → Nat → Nat\n  | 0, _ => 0\n  | n + 1, m => times n m + m\n"
PROBLEMS = (
    Problem("direct", "theorem direct (a b : Nat) (h : a < b) : a + 1 ≤ b"),
    Problem("by_induction", "theorem by_induction (n m : Nat) : times n m = m * n", TIMES),
    Problem("unfolds", "theorem unfolds (n : Nat) : times 2 n = n + n", TIMES),
    Problem("false_one", "theorem false_one (n : Nat) : times n n < n + 9", TIMES),
    Problem("unsupported", "theorem unsupported (n : Nat) : Finset.card n = 1"),
)
OUTCOMES = {
    "direct": "proved",
    "by_induction": "proved",
    "unfolds": "proved",
    "false_one": "unproved",
    "unsupported": "unsupported",
}


def configuration() -> RunConfig:
    return RunConfig(
        name="small",
        problems=ProblemsConfig(source="nowhere"),
        lean=LeanConfig(workers=2),
        limits=LimitsConfig(heartbeats=16000, seconds=40.0),
        search=SearchConfig(attempts=60, depth=1, seconds=60.0, concurrent=3),
    )


def finished_work(events: Iterable[Event]) -> Counter[tuple[str, str, str]]:
    """How often each candidate or sketch got a verdict that settles it; twice is too often."""
    done: Counter[tuple[str, str, str]] = Counter()
    for event in events:
        if event.type not in ("attempt", "sketch"):
            continue
        if event.data["verdict"]["status"] == "inconclusive":
            continue
        if event.type == "attempt":
            digest = candidate_digest(Candidate.from_dict(event.data["candidate"]))
        else:
            digest = sketch_digest(Sketch.from_dict(event.data["sketch"]))
        done[event.type, event.data["goal"], digest] += 1
    return done


def proofs(events: Iterable[Event]) -> set[tuple[str, str]]:
    """(goal, body) of every proved attempt."""
    return {
        (event.data["goal"], event.data["candidate"]["body"])
        for event in events
        if event.type == "attempt" and event.data["verdict"]["status"] == "proved"
    }


async def campaign(path: Path) -> None:
    installation = toolchain.ensure()
    async with Pool(process_spec(installation), 2, 3000) as pool:
        verifier = Verifier(pool, installation.facts())
        with RunStore.create(path, configuration()) as store:
            await run_campaign(configuration(), PROBLEMS, store, verifier)


if __name__ == "__main__":
    asyncio.run(campaign(Path(sys.argv[1])))
