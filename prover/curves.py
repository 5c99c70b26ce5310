"""What a run would have come to with less: budget curves and samples, from its events; pure.

A curve says how many problems were verified by the time that so much was spent on each of them.
One log holds all budgets up to the one that it was run with. Where a problem was given up with
less, nothing is known of it at a larger budget, and the curve says of how many that holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from prover.budget import Spent, spent_on_problem
from prover.graph import ProofGraph
from prover.graph_nodes import INCONCLUSIVE, carrier, outcome
from prover.passk import Count
from prover.types import Candidate, Event, Verdict

Currency = Literal["attempts", "lean_seconds", "tokens"]
CURRENCIES: tuple[Currency, ...] = get_args(Currency)
FIELD: dict[Currency, str] = {
    "attempts": "attempts", "lean_seconds": "seconds", "tokens": "tokens"
}  # fmt: skip
"""Of what was spent."""
FRESH = "sample"
"""The purpose of a model's samples that see no other answer: only these are draws alike."""


@dataclass(frozen=True)
class Reached:
    problem: str
    verified: bool
    spent: Spent
    """Until it was verified, else in all."""

    def of(self, what: Currency) -> float:
        return float(getattr(self.spent, FIELD[what]))


@dataclass(frozen=True)
class Point:
    budget: float
    verified: int
    """Problems verified with at most so much each."""
    unknown: int
    """Problems not verified that were given up with less than this."""


def reached(events: Iterable[Event]) -> list[Reached]:
    """Every problem whose statement elaborates, in order."""
    graph, verified = ProofGraph(), dict[str, Spent]()
    for event in events:
        graph.apply(event)
        if event.type == "assembled":
            name = str(event.data["problem"])
            if graph.problem_state(name) == "verified":
                verified.setdefault(name, spent_on_problem(graph, name))
    return [
        Reached(name, state == "verified", verified.get(name) or spent_on_problem(graph, name))
        for name in graph.problems
        if (state := graph.problem_state(name)) != "unsupported"
    ]


def curve(found: Sequence[Reached], what: Currency) -> list[Point]:
    """At 1, 2, 5, 10, ... up to the most that any problem took; empty if none took anything."""
    most = max((each.of(what) for each in found), default=0.0)
    return [point(found, what, budget) for budget in budgets(most)]


def point(found: Sequence[Reached], what: Currency, budget: float) -> Point:
    verified = sum(each.verified and each.of(what) <= budget for each in found)
    unknown = sum(not each.verified and each.of(what) < budget for each in found)
    return Point(budget, verified, unknown)


def budgets(most: float) -> Iterator[float]:
    if most <= 0:
        return
    scale = 1.0
    while True:
        for step in (1.0, 2.0, 5.0):
            yield scale * step
            if scale * step >= most:
                return
        scale *= 10.0


@dataclass
class Drawn:
    """One model's fresh samples of whole proofs, over a run."""

    counts: dict[str, Count]
    """By problem."""

    @property
    def fixed(self) -> bool:
        """Were there equally many for each problem? Where they stop at a proof there are not."""
        return len({count.samples for count in self.counts.values()}) == 1


def samples(events: Iterable[Event]) -> dict[str, Drawn]:
    """By model: its samples at the problems' own goals, holes left out.

    A sample that was tried twice counts with what Lean said last.
    """
    said: dict[str, dict[str, dict[str, str]]] = {}
    for event in events:
        goal = str(event.data.get("goal", ""))
        if event.type != "attempt" or "/" in goal:
            continue
        candidate = carrier(Candidate, event.data["candidate"])
        model, _, purpose = candidate.by.rpartition(":")
        if candidate.sample and purpose == FRESH:
            verdict = carrier(Verdict, event.data["verdict"])
            of_goal = said.setdefault(model, {}).setdefault(goal, {})
            of_goal[candidate.sample] = outcome(verdict, "proved")
    return {
        model: Drawn({goal: count(list(each.values())) for goal, each in goals.items()})
        for model, goals in said.items()
    }


def count(outcomes: Sequence[str]) -> Count:
    undecided = sum(each in INCONCLUSIVE for each in outcomes)
    return Count(len(outcomes), outcomes.count("proved"), undecided)
