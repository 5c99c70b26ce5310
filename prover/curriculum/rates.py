"""How often which solver proved which problem: counts of finished runs, with intervals. Pure.

A *try* of the whole run is one run over one problem, a success that it was proved. A try of a
proposer is one attempt on one goal that Lean decided; what Lean could not decide counts nowhere.
Goals are pooled by their canonical key, over problems and over runs.

How a count is read depends on what ended it. Where the number of tries was fixed, c of n is
binomial and c/n unbiased. Where a success ends the tries, as in a search, n is chance as well and
c/n says too much; then (c - 1)/(n - 1) is unbiased (Haldane 1945, Biometrika 33, 222-225). On a
goal with a limit of tries it is that where a success ended them and c/n where the limit did
(Girshick, Mosteller and Savage 1946); sums over goals of both sorts take what lies between, by
their shares. On one goal it is 0 or 1 for a first success, so it is of use for sums only. But the
likelihood p^c (1-p)^(n-c) is the same whatever ended the tries (Raiffa and Schlaifer 1961), so the
posterior is, and its mode c/n: strata and intervals are read off these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.curriculum.beta import quantile
from prover.curriculum.strata import Stratum, stratum
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.passk import CONFIDENCE, Estimate
from prover.playground.made import Cell, Made

RUN = "run"
"""The solver that is the whole run."""
ANY = "any"
"""All proposers together, attempt by attempt."""
DRAWN = "drawn"
"""`Made.how` of what a generator drew: only that tells of the generator's level."""

"""A family and its level; level 0 where nobody said one."""


@dataclass(frozen=True)
class Rate:
    tries: int = 0
    successes: int = 0
    stopped: int = 0
    """On so many goals a success ended the tries."""
    goals: int = 0
    """That the tries are on, a goal of two runs twice."""

    def __add__(self, other: Rate) -> Rate:
        return Rate(
            self.tries + other.tries,
            self.successes + other.successes,
            self.stopped + other.stopped,
            self.goals + other.goals,
        )

    @property
    def share(self) -> float:
        """c/n, the posterior's mode; 0 without tries."""
        return self.successes / self.tries if self.tries else 0.0

    @property
    def mean(self) -> float:
        """Of the posterior under the uniform prior."""
        return (self.successes + 1) / (self.tries + 2)

    @property
    def corrected(self) -> float:
        """(c - f)/(n - f), f being the share of goals on which a success ended the tries."""
        ended = self.stopped / self.goals if self.goals else 0.0
        if self.tries <= ended:
            return self.share
        return (self.successes - ended) / (self.tries - ended)

    def interval(self) -> Estimate:
        """The share with the equal-tailed 95 % interval of the posterior under the uniform prior.

        Without a success it reaches down to 0 and without a failure up to 1, as Brown, Cai and
        DasGupta (2001) have it for Jeffreys' prior, so that it holds the share."""
        tail, failures = (1.0 - CONFIDENCE) / 2.0, self.tries - self.successes
        a, b = self.successes + 1.0, failures + 1.0
        low = quantile(tail, a, b) if self.successes else 0.0
        high = quantile(1.0 - tail, a, b) if failures else 1.0
        return Estimate(self.share, low, high)

    @property
    def stratum(self) -> Stratum | None:
        return stratum(self.successes, self.tries) if self.tries else None

    def as_dict(self) -> dict[str, Any]:
        found = self.interval()
        return {
            "tries": self.tries,
            "successes": self.successes,
            "stopped": self.stopped,
            "goals": self.goals,
            "share": round(self.share, 4),
            "corrected": round(self.corrected, 4),
            "low": round(found.low, 4),
            "high": round(found.high, 4),
            "stratum": self.stratum,
        }


@dataclass
class Tally:
    """A goal by its canonical key, over all runs."""

    key: str
    name: str
    """Of the problem, or the goal's id, where it was met first."""
    cell: Cell
    how: str
    """As a playground's problem says; `DRAWN` for others."""
    root: bool = False
    """It is a problem's own goal at least once, no mere hole."""
    rate: Rate = Rate()
    """Of whole runs over it as a problem."""
    by: dict[str, Rate] = field(default_factory=dict)
    """By solver, as a problem or as a hole."""
    refuted: bool = False

    def add(self, solver: str, rate: Rate) -> None:
        self.by[solver] = self.by.get(solver, Rate()) + rate


@dataclass(frozen=True)
class Rates:
    tallies: dict[str, Tally]
    """By canonical key; unsupported problems and what no run came to are left out."""
    holes: dict[str, tuple[str, ...]]
    """By unproved problem: its goals below the root that resisted, those tried most first."""

    def problems(self) -> list[Tally]:
        return [each for each in self.tallies.values() if each.root]

    def cells(self, how: str = DRAWN) -> dict[Cell, Rate]:
        """Problems proved of those tried, once for each run; false ones do not count."""
        found: dict[Cell, Rate] = {}
        for each in self.problems():
            if each.how == how and not each.refuted:
                found[each.cell] = found.get(each.cell, Rate()) + each.rate
        return dict(sorted(found.items()))

    def ways(self) -> dict[str, Rate]:
        """The same by how problems were made: drawn, or by which mutator."""
        found: dict[str, Rate] = {}
        for each in self.problems():
            if not each.refuted:
                found[each.how] = found.get(each.how, Rate()) + each.rate
        return dict(sorted(found.items()))

    def solvers(self) -> dict[str, Rate]:
        """Over all goals. A proposer is asked for what others left, so rates of different proposers
        are of different goals."""
        found: dict[str, Rate] = {}
        for each in self.tallies.values():
            for solver, rate in each.by.items():
                found[solver] = found.get(solver, Rate()) + rate
        return dict(sorted(found.items()))

    def as_dict(self) -> dict[str, Any]:
        return {
            "cells": [
                {"family": family, "level": level, **rate.as_dict()}
                for (family, level), rate in self.cells().items()
            ],
            "ways": {how: rate.as_dict() for how, rate in self.ways().items()},
            "solvers": {name: rate.as_dict() for name, rate in self.solvers().items()},
            "problems": [row(each) for each in self.problems()],
            "goals": [row(each) for each in self.tallies.values() if not each.root],
        }


def row(each: Tally) -> dict[str, Any]:
    family, level = each.cell
    rates = {solver: rate.as_dict() for solver, rate in sorted(each.by.items())}
    about = {"name": each.name, "key": each.key, "family": family, "level": level, "how": each.how}
    return {**about, "refuted": each.refuted, "rates": rates}


def rates(graphs: Sequence[ProofGraph], made: Mapping[str, Made]) -> Rates:
    """Of finished runs' graphs, with what the playground says of problems by their names."""
    found: dict[str, Tally] = {}
    holes: dict[str, tuple[str, ...]] = {}
    for graph in graphs:
        known = models(graph)
        counts = {node.goal.id: attempts(node, known) for node in decided(graph)}
        fixed = evenly(counts.values())
        for name, solvers in counts.items():
            each = met(found, graph, graph.goals[name], made)
            note(each, graph, graph.goals[name])
            for solver, (tries, successes) in solvers.items():
                stopped = bool(successes) and solver not in fixed
                each.add(solver, Rate(tries, successes, int(stopped), 1))
        holes |= {name: left for name in graph.problems if (left := resisting(graph, name))}
    return Rates(found, holes)


def met(
    found: dict[str, Tally], graph: ProofGraph, node: GoalNode, made: Mapping[str, Made]
) -> Tally:
    """The goal's entry. A problem's own name and cell go before those of a hole like it."""
    goal, one = node.goal, made.get(node.goal.problem)
    each = found.setdefault(goal.key or goal.id, Tally(goal.key, goal.id, ("", 0), DRAWN))
    if not each.root:
        each.cell = cell_of(graph, goal.problem, made)
        each.how = one.how if one else DRAWN
        if not goal.depth:
            each.root, each.name = True, goal.id
    return each


def note(each: Tally, graph: ProofGraph, node: GoalNode) -> None:
    """What the whole run made of a goal; a false one is nobody's failure."""
    if node.refuted:
        each.refuted = True
        return
    won = node.status == "proved" and not graph.problems[node.goal.problem].contradictions
    rate = Rate(1, int(won), 0, 1)
    each.add(RUN, rate)
    if not node.goal.depth:
        each.rate += rate


def cell_of(graph: ProofGraph, problem: str, made: Mapping[str, Made]) -> Cell:
    """A problem that is none of the playground's has its source for a family."""
    if one := made.get(problem):
        return one.cell
    return graph.problems[problem].problem.source or "problems", 0


def decided(graph: ProofGraph) -> Iterator[GoalNode]:
    """Root goals that the run is done with, and holes that anything was tried on."""
    for node in graph.goals.values():
        if node.goal.depth:
            if node.tally or node.status == "proved":
                yield node
        elif graph.problems[node.goal.problem].outcome or node.status == "proved":
            yield node


Counts = dict[str, tuple[int, int]]
"""Tries and successes by solver."""


def attempts(node: GoalNode, known: set[str]) -> Counts:
    """The attempts on a goal that Lean decided."""
    found: Counts = {}
    decided = [(by, 1, count) for (by, what), count in node.tally.items() if what == "proved"]
    decided += [(by, 0, count) for (by, _, _), count in node.rejections.items()]
    for by, success, count in decided:
        for name in (solver_of(by, known), ANY):
            tries, successes = found.get(name, (0, 0))
            found[name] = tries + count, successes + success * count
    return found


def evenly(counts: Iterable[Counts]) -> set[str]:
    """Solvers with equally many tries on every goal that they had any on, as `prover bench
    --samples` draws them: no success ended these."""
    seen: dict[str, set[int]] = {}
    for solvers in counts:
        for name, (tries, _) in solvers.items():
            seen.setdefault(name, set()).add(tries)
    return {name for name, tries in seen.items() if len(tries) == 1}


def solver_of(by: str, known: set[str]) -> str:
    """A model, whatever it was asked for; anything else by its whole name."""
    name = by.removeprefix("repair:").partition(":")[0]
    return name if name in known else by


def models(graph: ProofGraph) -> set[str]:
    return {model for node in graph.problems.values() for model, _ in node.asked}


def resisting(graph: ProofGraph, problem: str) -> tuple[str, ...]:
    """Holes of an unproved problem that were tried and neither proved nor refuted."""
    root = graph.problems[problem].root
    if not root or graph.goals[root].status == "proved" or graph.goals[root].refuted:
        return ()
    below = [graph.goals[name] for name in graph.below(root)[1:]]
    left = [n for n in below if n.status != "proved" and not n.refuted and n.attempts]
    return tuple(n.goal.id for n in sorted(left, key=lambda n: (-n.attempts, n.goal.id)))
