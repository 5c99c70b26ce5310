"""What models were asked for in a run, and what each way of asking brought; no I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rich.table import Table

from prover.graph import ProofGraph
from prover.graph_nodes import INCONCLUSIVE
from prover.llm.messages import Usage
from prover.types import Candidate


@dataclass(frozen=True)
class Asked:
    """One way of asking one model: fresh samples, corrections, sketches, ..."""

    model: str
    purpose: str
    usage: Usage
    judged: int
    """Attempts and sketches that came of it and that Lean gave a verdict on."""
    accepted: int
    """Of these, proofs, or sketches that compile."""
    goals: int
    """Goals whose proof it is (a sketch: whose holes are all proved)."""

    @property
    def tokens_per_goal(self) -> float | None:
        spent = self.usage.prompt_tokens + self.usage.completion_tokens
        return spent / self.goals if self.goals else None


def asked(graph: ProofGraph) -> list[Asked]:
    """By model and purpose, in the order of first use; empty for a run without models."""
    usage: dict[tuple[str, str], Usage] = {}
    for node in graph.problems.values():
        for key, spent in node.asked.items():
            usage[key] = usage.get(key, Usage()) + spent
    tally = sum((graph.tally(name) for name in graph.problems), Counter())
    closed = closed_by(graph)
    return [
        Asked(
            model,
            purpose,
            spent,
            judged(tally, f"{model}:{purpose}"),
            accepted(tally, f"{model}:{purpose}"),
            closed[f"{model}:{purpose}"],
        )
        for (model, purpose), spent in usage.items()
    ]


def closed_by(graph: ProofGraph) -> Counter[str]:
    """How many goals each `by` has closed, by a proof or by a sketch."""
    counts: Counter[str] = Counter()
    for node in graph.goals.values():
        if isinstance(node.proof, Candidate):
            counts[node.proof.by] += 1
        elif node.proof is not None:
            counts[graph.sketches[node.proof].sketch.by] += 1
    return counts


def judged(tally: Counter[tuple[str, str]], by: str) -> int:
    return sum(n for (who, what), n in tally.items() if who == by and what not in INCONCLUSIVE)


def accepted(tally: Counter[tuple[str, str]], by: str) -> int:
    return tally[by, "proved"] + tally[by, "compiled"]


HEADINGS = (
    "model", "asked for", "requests", "refused", "samples", "tokens in", "tokens out", "model s",
    "judged", "accepted", "goals", "tokens a goal",
)  # fmt: skip


def cells(row: Asked) -> list[str]:
    use, each = row.usage, row.tokens_per_goal
    return [
        row.model, row.purpose, str(use.requests), str(use.refused or ""), str(use.samples),
        str(use.prompt_tokens),
        str(use.completion_tokens), f"{use.seconds:.1f}", str(row.judged), str(row.accepted),
        str(row.goals), "" if each is None else f"{each:.0f}",
    ]  # fmt: skip


def render_models(graph: ProofGraph) -> Table | None:
    """For a terminal; None for a run without models."""
    rows = asked(graph)
    if not rows:
        return None
    table = Table(header_style="bold")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number < 2 else "right")
    for row in rows:
        table.add_row(*cells(row))
    return table
