"""What a library is worth on held-out goals: the same small search with it and without it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prover.assembly import Part, parts, theorem_text
from prover.campaign import run_campaign
from prover.config import LimitsConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.graph import ProofGraph
from prover.growing.kept import Credit, Entry, Library, write
from prover.growing.shelf import Shelf, theorem_of
from prover.growing.uses import used_in
from prover.lean.source import rename
from prover.lean.verifier import Verifier
from prover.store import RunStore
from prover.types import Candidate, Goal, Limits, Problem

CHECKS = 30
"""Attempts and sketches for one held-out goal: a theorem is to save some of these."""
SECONDS = 15.0
"""Lean seconds for one of them."""
DEPTH = 1


@dataclass(frozen=True)
class Tried:
    """What the search came to for one goal."""

    proved: bool
    checks: int
    characters: int
    """Of the proof, library theorems left out."""
    used: frozenset[str] = frozenset()
    """Names of library theorems that the proof has."""
    offered: tuple[str, ...] = ()
    """Names of those that were tried, a time each."""


def search_config(limits: Limits, library: str) -> RunConfig:
    """One at a time and in a fixed order, so that two searches differ in the library alone."""
    search = SearchConfig(
        attempts=CHECKS, seconds=SECONDS, depth=DEPTH, store="none", refute=False, learns=False,
        concurrent=1, library=library,
    )  # fmt: skip
    return RunConfig(
        name="measure",
        problems=ProblemsConfig(source="held out"),
        limits=LimitsConfig(heartbeats=limits.heartbeats, seconds=limits.seconds),
        search=search,
    )


async def searched(
    verifier: Verifier, goals: Sequence[Goal], limits: Limits, library: Library | None
) -> dict[str, Tried]:
    """By the goal's id. Raises InfrastructureError if Lean cannot be asked."""
    pairs = [(f"held_out_{i}", goal) for i, goal in enumerate(goals)]
    problems = [Problem(n, rename(goal.statement, n), goal.header) for n, goal in pairs]
    with tempfile.TemporaryDirectory(prefix="prover-") as made:
        folder, file = Path(made), ""
        if library is not None:
            file = str(folder / "library.lean")
            write(library, Path(file))
        config = search_config(limits, file)
        with RunStore.create(folder / "run", config) as store:
            graph = await run_campaign(config, problems, store, verifier)
    return {goal.id: tried(graph, name) for name, goal in pairs}


async def with_library(
    verifier: Verifier,
    goals: Sequence[Goal],
    limits: Limits,
    library: Library,
    without: dict[str, Tried],
) -> dict[str, Tried]:
    """As `searched`; goals that no theorem is offered for come out as they did without."""
    shelf = Shelf(library)
    touched = [goal for goal in goals if shelf.find(goal)]
    return {**without, **await searched(verifier, touched, limits, library)}


def tried(graph: ProofGraph, problem: str) -> Tried:
    totals, root = graph.totals(problem), graph.problems[problem].root
    checks = totals.attempts + totals.sketches
    tallies = [graph.goals[goal].tally for goal in (graph.below(root) if root else ())]
    tally = Counter(dict[tuple[str, str], int]())
    for each in tallies:
        tally += each
    offered = [name for by, _ in tally.elements() if (name := theorem_of(by))]
    if graph.problem_state(problem) != "verified":
        return Tried(False, checks, 0, offered=tuple(offered))
    used = used_in(graph, problem)
    length = sum(own_length(graph, part) for part in parts(graph, problem))
    return Tried(True, checks, length, frozenset(used), tuple(offered))


def own_length(graph: ProofGraph, part: Part) -> int:
    """Of a part of the proof, in characters, library theorems left out."""
    proof = graph.goals[part.goal.id].proof
    if isinstance(proof, Candidate) and theorem_of(proof.by):
        return len(part.body)
    return len(part.body) + sum(len(theorem_text(lemma)) for lemma in part.lemmas)


def credited(
    entries: Sequence[Entry], without: dict[str, Tried], having: dict[str, Tried]
) -> list[Entry]:
    """Each with its credit; a proof with several of them credits each."""
    return [replace(entry, credit=credit(entry.name, without, having)) for entry in entries]


def credit(name: str, without: dict[str, Tried], having: dict[str, Tried]) -> Credit:
    offered = used = gained = checks = characters = 0
    for goal, now in having.items():
        before, times = without[goal], now.offered.count(name)
        offered += times > 0
        if name not in now.used:
            checks -= times
            continue
        used += 1
        if before.proved:
            checks += before.checks - now.checks
            characters += before.characters - now.characters
        else:
            gained += 1
    return Credit(offered, used, gained, checks, characters)
