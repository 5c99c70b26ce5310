"""Which goal gets the next attempt, when to decompose, when to stop: decisions, no I/O.

Best-first over the goals of a problem. A goal's cost grows with every decomposition above it and
with how late its decomposer thought of it; direct proofs of a goal come before its decomposition,
and all holes of a sketch get direct attempts before any is decomposed further.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from prover.config import SearchConfig
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, candidate_digest, sketch_digest
from prover.types import Candidate, Limits, Sketch

SKETCH_COST = 1.0
"""Cost of one decomposition, in units in which a goal's direct attempts lie between 0 and 1."""
LATER_SKETCH_COST = 0.35
"""What every sketch that the decomposer thought of earlier adds."""
HOLE_COST = 0.15
"""What every further open hole of the same sketch adds: all must be closed."""
RETRY_FACTOR = 4.0
"""A retry of an undecided candidate gets this many times the limits."""


@dataclass(frozen=True)
class Action:
    """Something to do for a goal."""

    kind: Literal["ask-prover", "ask-decomposer", "attempt", "sketch", "exhausted"]
    goal: str
    candidate: Candidate | None = None
    sketch: Sketch | None = None
    limits_factor: float = 1.0
    what: str = ""
    """For `exhausted`: prover or decomposer."""


@dataclass
class Agenda:
    """What provers and decomposers have proposed for one goal; not part of the events."""

    candidates: list[Candidate] | None = None
    """None until the prover was asked."""
    sketches: list[Sketch] | None = None
    under_way: set[str] = field(default_factory=set)
    """Digests of what is being tried right now."""
    undecided_sketches: set[str] = field(default_factory=set)
    """Digests of sketches of which Lean could not say whether they compile."""


Agendas = dict[str, Agenda]


def next_action(
    graph: ProofGraph, problem: str, agendas: Agendas, config: SearchConfig
) -> Action | None:
    """The best thing to do now for a problem; None if there is nothing, for now or for good."""
    goals = graph.live_goals(problem)
    options = [o for g in goals if (o := option(graph, g, agendas, config)) is not None]
    if options:
        return min(options, key=lambda o: o[0])[1]
    return retry(graph, goals, agendas)


def option(
    graph: ProofGraph, goal: str, agendas: Agendas, config: SearchConfig
) -> tuple[float, Action] | None:
    """The goal's own next action with its cost."""
    node, agenda = graph.goals[goal], agendas.setdefault(goal, Agenda())
    cost = goal_cost(graph, goal)
    if "prover" not in node.exhausted:
        return direct(graph, node, agenda, cost)
    if "decomposer" not in node.exhausted:
        return decomposition(node, agenda, cost, config)
    return None


def direct(
    graph: ProofGraph, node: GoalNode, agenda: Agenda, cost: float
) -> tuple[float, Action] | None:
    goal = node.goal.id
    if known_hopeless(graph, node):
        return cost, Action("exhausted", goal, what="prover")
    if agenda.candidates is None:
        return cost, Action("ask-prover", goal)
    done = node.tried | agenda.under_way
    for index, candidate in enumerate(agenda.candidates):
        if candidate_digest(candidate) not in done:
            late = 0.9 * index / len(agenda.candidates)
            return cost + late, Action("attempt", goal, candidate=candidate)
    if agenda.under_way:
        return None
    return cost, Action("exhausted", goal, what="prover")


def known_hopeless(graph: ProofGraph, node: GoalNode) -> bool:
    """The same goal stands elsewhere in the problem and its prover has nothing more to say."""
    if node.attempts:
        return False
    twins = graph.by_key(node.goal.problem, node.goal.key) if node.goal.key else []
    others = [graph.goals[t] for t in twins if t != node.goal.id]
    return any("prover" in t.exhausted and t.status != "proved" for t in others)


def decomposition(
    node: GoalNode, agenda: Agenda, cost: float, config: SearchConfig
) -> tuple[float, Action] | None:
    goal = node.goal.id
    if node.goal.depth >= config.depth:
        return cost, Action("exhausted", goal, what="decomposer")
    if agenda.sketches is None:
        return cost + SKETCH_COST, Action("ask-decomposer", goal)
    done = node.sketched | agenda.under_way | agenda.undecided_sketches
    for index, sketch in enumerate(agenda.sketches):
        if sketch_digest(sketch) not in done:
            late = SKETCH_COST + LATER_SKETCH_COST * index
            return cost + late, Action("sketch", goal, sketch=sketch)
    if agenda.under_way:
        return None
    return cost, Action("exhausted", goal, what="decomposer")


def goal_cost(graph: ProofGraph, goal: str) -> float:
    """What the path from the root to this goal costs."""
    cost, sketch = 0.0, graph.parent(goal)
    while sketch is not None:
        earlier = [s.id for s in graph.sketches_of(sketch.goal)].index(sketch.id)
        still_open = sum(graph.goals[h.goal].status == "open" for h in sketch.holes)
        cost += SKETCH_COST + LATER_SKETCH_COST * earlier + HOLE_COST * (still_open - 1)
        sketch = graph.parent(sketch.goal)
    return cost


def retry(graph: ProofGraph, goals: Sequence[str], agendas: Agendas) -> Action | None:
    """Once nothing else is left: undecided candidates once more, with larger limits."""
    for goal in goals:
        agenda = agendas.setdefault(goal, Agenda())
        for digest, undecided in graph.goals[goal].undecided.items():
            if len(undecided.kinds) < 2 and digest not in agenda.under_way:
                return Action(
                    "attempt", goal, candidate=undecided.candidate, limits_factor=RETRY_FACTOR
                )
    return None


def out_of_budget(graph: ProofGraph, problem: str, config: SearchConfig) -> str:
    """Why no more may be spent on a problem; empty while some may."""
    node = graph.problems[problem]
    if node.attempts + node.sketches >= config.attempts:
        return f"{config.attempts} attempts spent"
    if node.seconds >= config.seconds:
        return f"{config.seconds:g} Lean seconds spent"
    return ""


def circular(graph: ProofGraph, parent: str, keys: Collection[str]) -> bool:
    """A hole is the goal again, or a goal above it: proving it would be no progress."""
    above: set[str] = set()
    goal: str | None = parent
    while goal is not None:
        above.add(graph.goals[goal].goal.key)
        sketch = graph.parent(goal)
        goal = sketch.goal if sketch else None
    return bool(above & set(keys))


def repeats_sketch(graph: ProofGraph, goal: str, keys: Sequence[str]) -> bool:
    """Another sketch of the goal owes exactly the same."""
    wanted = sorted(keys)
    for sketch in graph.sketches_of(goal):
        owed = sorted(graph.goals[h.goal].goal.key for h in sketch.holes)
        if owed == wanted:
            return True
    return False


def experience(graph: ProofGraph) -> Counter[str]:
    """How many goals each `by` has proved so far in this run."""
    proofs = [node.proof for node in graph.goals.values()]
    return Counter(p.by for p in proofs if isinstance(p, Candidate))


def scaled(limits: Limits, factor: float) -> Limits:
    return limits if factor == 1.0 else limits.scaled(factor)
