"""Which proof state to expand next: those from which single tactics led to states not seen before.

RMaxTS of DeepSeek-Prover-V1.5 (arXiv 2408.08152, section 3.3): an expansion is rewarded if it leads
to a new state, which counts for all states above it, and a state is chosen by the upper confidence
bound of its discounted rewards (Garivier, Moulines, arXiv 0805.3415). There is a tree to walk down
here as well, but what is looked for is the best of all open goals, so the bounds along a goal's
path become what the path costs. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prover.graph import ProofGraph
from prover.graph_nodes import is_single_tactic

DISCOUNT = 0.99
"""What a reward is worth after one more expansion of the same state; the paper's."""
STALE_COST = 1.0
"""What a state costs from which nothing new comes, in the search's units: as a decomposition."""


@dataclass(frozen=True)
class Visits:
    """The expansions of a state and those below it, older ones discounted."""

    count: float = 0.0
    reward: float = 0.0

    @classmethod
    def of(cls, rewards: Iterable[bool]) -> Visits:
        """Oldest first."""
        count = reward = 0.0
        for new in rewards:
            count, reward = DISCOUNT * count + 1, DISCOUNT * reward + new
        return cls(count, reward)


def bound(own: Visits, total: float) -> float:
    """The upper confidence bound of a state; `total` counts its siblings' visits too."""
    if not own.count:
        return math.inf
    return own.reward / own.count + math.sqrt(2 * math.log(max(total, 1.0)) / own.count)


def costs(siblings: Sequence[Visits]) -> list[float]:
    """From 0, for what was never visited, to STALE_COST for what never leads anywhere new."""
    total = sum(each.count for each in siblings)
    return [STALE_COST / (1 + bound(each, total)) for each in siblings]


def path_cost(graph: ProofGraph, goal: str) -> float:
    """What the states on the way from the root to a goal cost, the goal included; those that no
    single tactic made cost nothing."""
    cost, sketch = 0.0, graph.parent(goal)
    while sketch is not None:
        if is_single_tactic(sketch.sketch.by):
            beside = states_of(graph, sketch.goal)
            cost += costs([visits(graph, state) for state in beside])[beside.index(goal)]
        goal = sketch.goal
        sketch = graph.parent(goal)
    return cost


def states_of(graph: ProofGraph, goal: str) -> list[str]:
    """The goals that single tactics made of this one."""
    made = [s for s in graph.sketches_of(goal) if is_single_tactic(s.sketch.by)]
    return list(dict.fromkeys(hole.goal for sketch in made for hole in sketch.holes))


def visits(graph: ProofGraph, goal: str) -> Visits:
    found = [e for below in graph.below(goal) for e in graph.goals[below].expansions]
    return Visits.of(e.new for e in sorted(found, key=lambda e: e.at))
