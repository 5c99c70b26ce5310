"""Provers: what proposes proofs of a goal. The portfolio needs no model.

A prover never talks to Lean. It is asked in stages: the next one begins when Lean has judged all
of the last, so that it can make use of what Lean said.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from prover.diophantine import diophantine
from prover.graph_nodes import GoalNode, Record, Records
from prover.number_scripts import bounded, finite, intervals, residues, small_witnesses
from prover.premises import Retrieve, none_found
from prover.scripts import (
    Script,
    body,
    plain,
    with_cases,
    with_definitions,
    with_hypotheses,
    with_premises,
)
from prover.types import Candidate, Goal, Proposal


class Prover(Protocol):
    name: str
    stages: int
    """How often it can be asked for one goal."""
    remote: bool
    """It asks a model, which may take its time."""

    def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        """Candidates for this goal as they come, best first within each batch; those that were
        tried before are passed over. `records` say what came of each way so far. Raises ModelError
        if its model cannot be asked."""
        ...

    def forget(self, goal: str) -> None:
        """It will not be asked for this goal again: what it has in mind of it may go."""
        ...


PRIOR_TRIES = 2.0
"""How many tries a script's own cost counts for, beside what came of it in this run."""
PRIOR_SECONDS = 0.15


class Portfolio:
    """Tactic scripts chosen by what the goal looks like, the most promising first."""

    name, stages, remote = "portfolio", 1, False

    def __init__(
        self,
        retrieve: Retrieve = none_found,
        learns: bool = True,
        before: Mapping[str, Record] = MappingProxyType({}),
    ) -> None:
        """What came of the scripts `before` this run counts like what comes of them in it. Without
        `learns` the order is that of the scripts' costs, whatever came of them."""
        self._retrieve, self._learns, self._before = retrieve, learns, before

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        def dear(script: Script) -> float:
            way = f"{self.name}:{script.name}"
            record = records.get(way, Record()) + self._before.get(way, Record())
            return -promise(script, record) if self._learns else script.cost

        found = [*scripts_for(node.goal), *with_premises(self._retrieve(node.goal))]
        scripts = sorted(found, key=dear)
        yield [Candidate(body(node.goal, s.text), f"{self.name}:{s.name}") for s in scripts]

    def forget(self, goal: str) -> None:
        pass


def promise(script: Script, record: Record) -> float:
    """Success rate over the root of the mean time, as far as known; else as its cost says.

    Of independent tries the order by rate over time reaches a success soonest (L. G. Mitten, An
    analytic solution to the least cost testing sequence problem, 1960). The root is measured: it
    takes no longer and half the attempts (docs/log.md).
    """
    likely, count = 0.5 * math.pow(2.0, -script.cost / 2), PRIOR_TRIES
    rate = (record.wins + count * likely) / (record.tries + count)
    seconds = (record.seconds + count * PRIOR_SECONDS) / (record.judged + count)
    return rate / math.sqrt(seconds)


def scripts_for(goal: Goal) -> list[Script]:
    groups = (
        plain(goal),
        with_definitions(goal),
        with_cases(goal),
        with_hypotheses(goal),
        finite(goal),
        small_witnesses(goal),
        residues(goal),
        bounded(goal),
        intervals(goal),
        diophantine(goal),
    )
    seen: dict[str, Script] = {}
    for script in (s for group in groups for s in group):
        seen.setdefault(script.text, script)
    return list(seen.values())
