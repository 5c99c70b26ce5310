"""What a run cost, by stage and by problem: a table for a terminal and for the page, and JSON.

Of every cost it is said how much of it went where no proof came: to problems that are not verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from rich.table import Table

from prover.graph import ProofGraph
from prover.graph_nodes import INCONCLUSIVE
from prover.ledger import STAGES, Cost, Proved, summed


@dataclass(frozen=True)
class Line:
    """One stage of the work, or a sum over them."""

    name: str
    cost: Cost
    vain: Cost
    """The part of it that went to problems without a proof."""


def lines(graph: ProofGraph) -> list[Line]:
    """By stage, those left out on which nothing was spent."""
    vain = summed(
        (stage, cost)
        for (problem, _, stage), cost in graph.ledger.entries.items()
        if not is_verified(graph, problem)
    )
    found = graph.ledger.by_stage()
    return [
        Line(stage, found[stage], vain.get(stage, Cost())) for stage in STAGES if stage in found
    ]


def is_verified(graph: ProofGraph, problem: str) -> bool:
    return graph.problem_state(problem) == "verified"


def totals(graph: ProofGraph) -> Line:
    vain = Cost()
    for line in lines(graph):
        vain.add(line.vain)
    return Line("in all", graph.ledger.total, vain)


def each_proof(graph: ProofGraph) -> Line | None:
    """The share of one verified proof in all that was spent; None without any."""
    proofs = sum(is_verified(graph, problem) for problem in graph.problems)
    if not proofs:
        return None
    whole = totals(graph)
    return Line("a verified proof", share(whole.cost, proofs), share(whole.vain, proofs))


def share(cost: Cost, parts: int) -> Cost:
    """Counts are rounded, kinds of what is inconclusive left out."""
    usage = {name: value / parts for name, value in asdict(cost.usage).items()}
    counts = {name: round(value) for name, value in usage.items() if name not in REAL}
    spent = type(cost.usage)(**counts, **{name: usage[name] for name in REAL})
    return Cost(round(cost.tests / parts), cost.seconds / parts, spent, round(cost.retries / parts))


REAL = ("seconds", "money")
"""Of a usage what is no count."""

NUMBERS = ("tests", "Lean s", "in vain", "retries", "inconclusive")
OF_MODELS = ("requests", "tokens in", "tokens out", "money")
SHOWN_POINTS = 5
"""Proofs over time in the terminal."""


def headings(graph: ProofGraph) -> list[str]:
    return ["stage", *NUMBERS, *(OF_MODELS if graph.ledger.total.usage.requests else ())]


def cells(line: Line, models: bool) -> list[str]:
    cost, use = line.cost, line.cost.usage
    found = [
        line.name, str(cost.tests or ""), f"{cost.seconds:.1f}", f"{line.vain.seconds:.1f}",
        str(cost.retries or ""), in_words(cost.inconclusive),
    ]  # fmt: skip
    if models:
        found += [
            str(use.requests or ""), str(use.prompt_tokens or ""),
            str(use.completion_tokens or ""), f"{use.money:.2f}" if use.money else "",
        ]  # fmt: skip
    return found


def in_words(inconclusive: Mapping[str, int]) -> str:
    """`timeout 3, memory 1`, in the fixed order of kinds."""
    return ", ".join(f"{k} {inconclusive[k]}" for k in INCONCLUSIVE if inconclusive.get(k))


def rows(graph: ProofGraph) -> list[list[str]]:
    """Stages, their sum, and the share of one proof."""
    last = [totals(graph), *([each] if (each := each_proof(graph)) else [])]
    models = bool(graph.ledger.total.usage.requests)
    return [cells(line, models) for line in [*lines(graph), *last]]


def over_time(graph: ProofGraph) -> str:
    """When so many proofs were there, a few times on the way; empty without proofs."""
    proofs = graph.ledger.proofs
    if not proofs:
        return ""
    steps = min(len(proofs), SHOWN_POINTS)
    counts = dict.fromkeys(round(len(proofs) * n / steps) for n in range(1, steps + 1))
    points = [(count, proofs[count - 1]) for count in counts]
    said = (f"{n} by {p.elapsed:.0f} s ({p.seconds:.0f} Lean s)" for n, p in points)
    return f"proofs over time: {', '.join(said)}"


def render_ledger(graph: ProofGraph) -> Table | None:
    """For a terminal; None for a run that has spent nothing."""
    if not graph.ledger.entries:
        return None
    table = Table(header_style="bold", caption=over_time(graph) or None, caption_justify="left")
    for heading in headings(graph):
        words = heading in ("stage", "inconclusive")
        table.add_column(heading, justify="left" if words else "right")
    lower = len(lines(graph)) - 1
    for number, row in enumerate(rows(graph)):
        table.add_row(*row, end_section=number == lower)
    return table


def ledger_html(graph: ProofGraph) -> str:
    """For the page; empty for a run that has spent nothing."""
    if not graph.ledger.entries:
        return ""
    words = (0, 5)
    kinds = ["" if number in words else " class=num" for number in range(len(headings(graph)))]
    heads = "".join(f"<th{k}>{h}" for k, h in zip(kinds, headings(graph), strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{k}>{escape(c)}" for k, c in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows(graph)
    )
    return (
        "<details open><summary>What it cost; in vain: on problems without a proof</summary>"
        f'<div class="scroll"><table>\n<tr>{heads}</tr>\n{body}\n</table></div></details>'
    )


def ledger_json(graph: ProofGraph) -> dict[str, Any]:
    """The whole ledger: what is spent by stage, by problem and by goal, and the proofs over time.

    Every list adds up to `total`, seconds to what rounding leaves.
    """
    book = graph.ledger
    return {
        "total": cost_json(book.total),
        "stages": [
            {"stage": line.name, **cost_json(line.cost),
             "lean_seconds_in_vain": round(line.vain.seconds, 4)}
            for line in lines(graph)
        ],
        "problems": [
            {"problem": problem, "verified": is_verified(graph, problem), **cost_json(cost)}
            for problem, cost in book.by_problem().items()
        ],
        "entries": [
            {"problem": problem, "goal": goal, "stage": stage, **spent_only(cost_json(cost))}
            for (problem, goal, stage), cost in book.entries.items()
        ],
        "proofs_over_time": [point_json(count, p) for count, p in enumerate(book.proofs, 1)],
    }  # fmt: skip


def cost_json(cost: Cost) -> dict[str, Any]:
    use = cost.usage
    return {
        "tests": cost.tests,
        "lean_seconds": round(cost.seconds, 4),
        "retries": cost.retries,
        "inconclusive": {kind: cost.inconclusive[kind] for kind in INCONCLUSIVE},
        "requests": use.requests,
        "refused": use.refused,
        "samples": use.samples,
        "tokens_in": use.prompt_tokens,
        "tokens_out": use.completion_tokens,
        "model_seconds": round(use.seconds, 4),
        "money": use.money,
    }


def spent_only(cost: dict[str, Any]) -> dict[str, Any]:
    """Without what is zero: there is a line for every goal and stage."""
    known = {kind: count for kind, count in cost["inconclusive"].items() if count}
    return {key: value for key, value in {**cost, "inconclusive": known}.items() if value}


def point_json(count: int, proof: Proved) -> dict[str, Any]:
    return {
        "proofs": count,
        "problem": proof.problem,
        "seconds": round(proof.elapsed, 3),
        "lean_seconds": round(proof.seconds, 3),
        "tokens": proof.tokens,
        "money": proof.money,
    }
