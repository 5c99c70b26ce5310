"""What a campaign, a problem or a goal has cost, and whether its caps allow more. Pure.

A cap is hard in what is begun: nothing is started once it is reached. What is under way then is
still booked, so at most that much is spent beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prover.config import Caps, ModelConfig, RunConfig
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode
from prover.llm.messages import Usage

PER_PRICE = 1_000_000
"""Prices are for a million tokens."""


@dataclass(frozen=True)
class Spent:
    attempts: int = 0
    """Attempts and sketches."""
    seconds: float = 0.0
    """Lean seconds."""
    tokens: int = 0
    """In prompts and answers."""
    money: float = 0.0
    """As the models' configured prices have it."""


def price(usage: Usage, model: ModelConfig) -> float:
    """What a request cost, in the currency of the model's prices."""
    paid = usage.prompt_tokens * model.price.prompt + usage.completion_tokens * model.price.answer
    return paid / PER_PRICE


def of_usage(attempts: int, seconds: float, usage: Iterable[Usage]) -> Spent:
    total = sum(usage, Usage())
    return Spent(attempts, seconds, total.prompt_tokens + total.completion_tokens, total.money)


def spent_on_goal(node: GoalNode) -> Spent:
    sketches = len(node.sketched)
    return of_usage(node.attempts + sketches, node.seconds, [node.asked])


def spent_on_problem(graph: ProofGraph, problem: str) -> Spent:
    node = graph.problems[problem]
    return of_usage(node.attempts + node.sketches, node.seconds, node.asked.values())


def spent_in_all(graph: ProofGraph) -> Spent:
    total = graph.spending
    return of_usage(total.attempts, total.seconds, [total.usage])


def reached(spent: Spent, caps: Caps) -> str:
    """Which cap allows no more, in words; empty while all do."""
    for name, unit in (
        ("attempts", "attempts"), ("seconds", "Lean seconds"), ("tokens", "tokens"),
        ("money", "of money"),
    ):  # fmt: skip
        cap = getattr(caps, name)
        if cap is not None and getattr(spent, name) >= cap:
            return f"{cap:g} {unit} spent"
    return ""


def out_of_budget(graph: ProofGraph, problem: str, config: RunConfig) -> str:
    """Why no more may be spent on a problem; empty while some may."""
    if why := reached(spent_in_all(graph), config.budget):
        return f"the campaign's budget: {why}"
    return reached(spent_on_problem(graph, problem), config.search.caps)
