"""What an attempt is worth: its chance to close a goal, times what that goal is worth to the root,
over the root of what it costs. Pure, from what came of such attempts in this run so far.

Every number is a rate with a prior, so a new run has estimates too and soon its own.
"""

from __future__ import annotations

import math

from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, Record

PRIOR_TRIES = 4.0
"""How many tries a prior counts for."""
ATTEMPT_RATE, ATTEMPT_SECONDS = 0.1, 0.2
SKETCH_RATE, SKETCH_SECONDS = 0.15, 0.2
HOLE_RATE, HOLE_SECONDS = 0.4, 1.0
"""Priors: of an attempt, of a sketch that is compiled, of a hole, and their Lean seconds."""
RESISTS = 20.0
"""After so many attempts in vain a hole is half as likely to be closed as at first."""
LATER = 0.85
"""A decomposer's later ideas are worth this much less, each than the one before."""
RETRY_COST = 16.0
"""Seconds are many times as many where the limits are, and they were not enough once."""


def rate(record: Record, prior: float) -> float:
    return (record.wins + PRIOR_TRIES * prior) / (record.tries + PRIOR_TRIES)


def mean_seconds(record: Record, prior: float) -> float:
    return (record.seconds + PRIOR_TRIES * prior) / (record.judged + PRIOR_TRIES)


def chance(graph: ProofGraph, node: GoalNode) -> float:
    """That an open hole will be closed: less with every attempt in vain."""
    if node.status != "open":
        return float(node.status == "proved")
    return rate(graph.holes, HOLE_RATE) / (1 + (node.attempts + node.failed_sketches) / RESISTS)


def value(graph: ProofGraph, goal: str) -> float:
    """What a proof of the goal is worth: the chance that all else is closed that the root needs."""
    worth, sketch = 1.0, graph.parent(goal)
    while sketch is not None:
        others = {hole.goal for hole in sketch.holes} - {goal}
        worth *= math.prod(chance(graph, graph.goals[other]) for other in others)
        goal = sketch.goal
        sketch = graph.parent(goal)
    return worth


def worth_of_attempt(graph: ProofGraph, goal: str, by: str, again: bool = False) -> float:
    """A retry under larger limits costs more, and tells what the first attempt did not."""
    record = graph.records.get(by, Record())
    seconds = mean_seconds(record, ATTEMPT_SECONDS) * (RETRY_COST if again else 1.0)
    return value(graph, goal) * rate(record, ATTEMPT_RATE) / math.sqrt(seconds)


def worth_of_sketch(graph: ProofGraph, goal: str, by: str, place: int) -> float:
    """`place` counts those that its decomposer thought of before; what it leaves costs too."""
    record = graph.records.get(by, Record())
    left = (graph.holes.seconds + PRIOR_TRIES * HOLE_SECONDS) / (graph.holes.tries + PRIOR_TRIES)
    seconds = mean_seconds(record, SKETCH_SECONDS) + left
    likely = rate(record, SKETCH_RATE) * LATER**place
    return value(graph, goal) * likely / math.sqrt(seconds)
