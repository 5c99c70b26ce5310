"""What the search thinks and what it spent where: the ways that proved goals, the goals at hand."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from prover.estimates import chance, value
from prover.graph import ProofGraph

MOST_WAYS, MOST_GOALS = 12, 8
"""Rows shown of each."""


@dataclass(frozen=True)
class Way:
    """One proposer's way, `portfolio:omega`, over all goals of the run."""

    by: str
    tries: int
    proofs: int
    """Goals closed; of a sketch, by way of its holes."""
    seconds: float
    """Lean seconds in all."""


@dataclass(frozen=True)
class AtHand:
    """An open goal of a problem that is being worked on."""

    goal: str
    chance: float
    """That it will be closed, as far as the run tells."""
    value: float
    """The chance that everything else is closed that its problem then still needs."""
    attempts: int
    seconds: float


def ways(graph: ProofGraph) -> list[Way]:
    """Those first that closed most goals, then those that cost most."""
    found = [Way(by, r.tries, r.wins, r.seconds) for by, r in graph.records.items()]
    return sorted(found, key=lambda way: (-way.proofs, -way.seconds))


def at_hand(graph: ProofGraph) -> list[AtHand]:
    """The likeliest to bring their problems on first; none of closed problems."""
    names = [
        goal
        for name, node in graph.problems.items()
        if node.root and not node.outcome
        for goal in graph.live_goals(name)
    ]
    rows = [
        AtHand(name, chance(graph, node), value(graph, name), node.attempts, node.seconds)
        for name in names
        for node in [graph.goals[name]]
    ]
    return sorted(rows, key=lambda row: -row.chance * row.value)


def in_vain(graph: ProofGraph) -> float:
    """Lean seconds of goals that no proof of a problem rests on, so far."""
    proved = [n.root for n in graph.problems.values() if n.root and is_proved(graph, n.root)]
    used = {goal for root in proved for goal in graph.proof_order(root)}
    return sum(node.seconds for name, node in graph.goals.items() if name not in used)


def is_proved(graph: ProofGraph, goal: str) -> bool:
    return graph.goals[goal].status == "proved"


def render_ways(graph: ProofGraph) -> Table:
    shown = ways(graph)[:MOST_WAYS]
    table = Table(header_style="bold", caption=spent(graph), caption_justify="left")
    table.add_column("way", overflow="fold")
    for heading in ("tries", "goals closed", "Lean s"):
        table.add_column(heading, justify="right")
    for way in shown:
        table.add_row(Text(way.by), str(way.tries), str(way.proofs), f"{way.seconds:.1f}")
    return table


def spent(graph: ProofGraph) -> str:
    more = len(graph.records) - MOST_WAYS
    text = f"{more} more ways; " if more > 0 else ""
    total = sum(node.seconds for node in graph.goals.values())
    text += f"{in_vain(graph):.1f} of {total:.1f} Lean seconds on goals that no proof rests on"
    money = graph.usage().money
    return text + (f"; {money:.2f} paid for models" if money else "")


def render_goals(graph: ProofGraph) -> Table | None:
    """The goals that the next attempts may go to; None for a run that is over."""
    rows = at_hand(graph)[:MOST_GOALS]
    if not rows:
        return None
    table = Table(header_style="bold")
    table.add_column("goal at hand", overflow="fold")
    for heading in ("chance", "value", "attempts", "Lean s"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            Text(row.goal), f"{row.chance:.0%}", f"{row.value:.0%}", str(row.attempts),
            f"{row.seconds:.1f}",
        )  # fmt: skip
    return table
