"""What a run came to: one row a problem, totals, and a table for the terminal; no I/O.

A row says `verified` only on tier 2's word (design decision 8). Inconclusive attempts are counted
by kind and never shown as failures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.table import Table
from rich.text import Text

from prover.graph import ProofGraph
from prover.graph_nodes import INCONCLUSIVE, REFUTER, ProblemNode, Totals
from prover.store_prover import is_stored
from prover.types import Candidate, Event

RowVerdict = Literal[
    "verified", "proved", "open", "refuted", "unproved", "inconclusive", "unsupported"
]
"""`proved`: tier 1 only; `open`: still being worked on; `refuted`: false as it is written;
`inconclusive`: no attempt was judged."""

LABELS: dict[RowVerdict, str] = {
    "verified": "verified",
    "proved": "proved, not verified",
    "open": "under way",
    "refuted": "refuted",
    "unproved": "unproved",
    "inconclusive": "inconclusive",
    "unsupported": "unsupported",
}

COLOURS: dict[RowVerdict, str] = {
    "verified": "green",
    "proved": "yellow",
    "open": "cyan",
    "refuted": "blue",
    "unproved": "red",
    "inconclusive": "magenta",
    "unsupported": "dim",
}


@dataclass(frozen=True)
class Row:
    problem: str
    verdict: RowVerdict
    by: str
    """What closed it: a proposer, or sketches with the proposers that closed their holes."""
    attempts: int
    sketches: int
    seconds: float
    """Lean seconds."""
    inconclusive: Counter[str]
    only_by_decomposition: bool
    """Verified with a sketch in the proof, after direct attempts at the root had all failed."""
    reason: str = ""
    disagreement: str = ""
    """The quarantined file, where tier 2 rejected what tier 1 held proved."""
    verified_at: float | None = None
    """Seconds into the run."""
    refuted: str = ""
    """The counterexample of a problem that is false as written."""
    contradictions: tuple[str, ...] = ()
    """Goals of it that are both proved and refuted."""


@dataclass(frozen=True)
class Summary:
    rows: tuple[Row, ...]
    totals: Totals
    lean: str
    config_digest: str
    elapsed: float
    finished: bool
    dropped: int = 0
    """Work that was queued and not wanted any more when its turn came."""
    recalled: int = 0
    """Goals that a proof from the proof store closed."""

    def count(self, *verdicts: RowVerdict) -> int:
        return sum(row.verdict in verdicts for row in self.rows)

    @property
    def verified(self) -> int:
        return self.count("verified")

    @property
    def disagreements(self) -> list[str]:
        """Problems on which the tiers disagree; each one is a fault of the verifier."""
        return [row.problem for row in self.rows if row.disagreement]

    @property
    def contradictions(self) -> list[str]:
        """Goals both proved and refuted; each one is a fault of Lean or of the negation's text."""
        return [goal for row in self.rows for goal in row.contradictions]

    @property
    def refuted(self) -> list[Row]:
        return [row for row in self.rows if row.verdict == "refuted"]

    @property
    def decomposed(self) -> int:
        return sum(row.only_by_decomposition for row in self.rows)

    def per_verified(self, spent: float) -> float | None:
        """The share of one verified proof in what the whole run spent; None without any."""
        return spent / self.verified if self.verified else None


def summary(run: ProofGraph | Iterable[Event]) -> Summary:
    graph = run if isinstance(run, ProofGraph) else ProofGraph.of(run)
    rows = tuple(row(graph, problem) for problem in graph.problems)
    return Summary(
        rows,
        graph.totals(),
        graph.lean,
        graph.config_digest,
        graph.elapsed,
        graph.finished,
        graph.dropped,
        sum(
            isinstance(node.proof, Candidate) and is_stored(node.proof)
            for node in graph.goals.values()
        ),
    )


def row(graph: ProofGraph, problem: str) -> Row:
    node = graph.problems[problem]
    verdict = row_verdict(graph, node)
    return Row(
        problem,
        verdict,
        proved_by(graph, node.root) if verdict in ("verified", "proved") else "",
        node.attempts,
        node.sketches,
        node.seconds,
        graph.totals(problem).inconclusive,
        verdict == "verified" and only_by_decomposition(graph, node.root),
        row_reason(node),
        node.file if node.disagreement else "",
        node.verified_at,
        graph.goals[node.root].refuted if verdict == "refuted" else "",
        tuple(node.contradictions),
    )


def row_verdict(graph: ProofGraph, node: ProblemNode) -> RowVerdict:
    state = graph.problem_state(node.problem.name)
    if node.contradictions:
        return "unproved" if node.outcome else "open"
    if state == "verified" or state == "unsupported":
        return state
    if state == "proved":
        return "proved"
    if node.root and graph.goals[node.root].refuted:
        return "refuted"
    if not node.outcome:
        return "open"
    if node.outcome == "unsupported":
        return "unsupported"
    return "inconclusive" if nothing_judged(graph, node) else "unproved"


def row_reason(node: ProblemNode) -> str:
    if node.assembled is not None and not node.assembled.proved:
        return node.assembled.reason
    return node.unsupported or node.reason


def nothing_judged(graph: ProofGraph, node: ProblemNode) -> bool:
    """True if there were attempts or sketches and Lean gave a verdict on none of them."""
    tally = graph.tally(node.problem.name)
    outcomes = {outcome for by, outcome in tally if not by.startswith(REFUTER)}
    return bool(outcomes) and outcomes <= set(INCONCLUSIVE)


def proved_by(graph: ProofGraph, goal: str) -> str:
    """`portfolio:omega`, or `structural:induction n (portfolio:rfl, portfolio:simp)`."""
    sketches: dict[str, None] = {}
    provers: dict[str, None] = {}
    for name in reversed(graph.proof_order(goal)):
        proof = graph.goals[name].proof
        if isinstance(proof, Candidate):
            provers[proof.by] = None
        else:
            sketches[graph.sketches[str(proof)].sketch.by] = None
    leaves = ", ".join(reversed(provers))
    if not sketches:
        return leaves
    return " + ".join(sketches) + (f" ({leaves})" if leaves else "")


def only_by_decomposition(graph: ProofGraph, root: str) -> bool:
    """A sketch closed the root, and no direct attempt at it that was made ever did."""
    node = graph.goals[root]
    direct = node.verdict is not None or any(o == "proved" for _, o in node.tally)
    return isinstance(node.proof, str) and node.attempts > 0 and not direct


def kinds(inconclusive: Counter[str]) -> str:
    """`timeout 3, memory 1`, in the fixed order of kinds."""
    return ", ".join(f"{kind} {inconclusive[kind]}" for kind in INCONCLUSIVE if inconclusive[kind])


def render_table(report: Summary) -> Table:
    """The run for a terminal; the caption carries the totals."""
    table = Table(caption=headline(report), caption_justify="left", header_style="bold")
    table.add_column("problem", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("by", overflow="fold")
    table.add_column("attempts", justify="right")
    table.add_column("Lean s", justify="right")
    table.add_column("inconclusive")
    for row in report.rows:
        by = row.refuted or row.by + (" *" if row.only_by_decomposition else "")
        verdict = Text(LABELS[row.verdict], COLOURS[row.verdict])
        cells = [str(row.attempts), f"{row.seconds:.1f}", kinds(row.inconclusive)]
        table.add_row(Text(row.problem), verdict, Text(by), *cells)
    return table


def unasked(report: Summary) -> str:
    """What Lean was spared, in brackets: ` (12 from the cache, 3 shared, 40 dropped)`."""
    reused = report.totals.reused
    counts = {
        "from the cache": reused["cache"],
        "shared": reused["shared"],
        "dropped": report.dropped,
    }
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f" ({said})" if said else ""


def headline(report: Summary) -> str:
    """Totals in one or two sentences, with the cost of one verified proof."""
    supported = len(report.rows) - report.count("unsupported")
    text = f"{report.verified} of {supported} verified"
    if report.decomposed:
        text += f", {report.decomposed} only by decomposition (*)"
    text += f", {len(report.refuted)} refuted" if report.refuted else ""
    totals = report.totals
    text += f"; {totals.attempts} attempts{unasked(report)}, {totals.seconds:.1f} Lean seconds"
    seconds, attempts = report.per_verified(totals.seconds), report.per_verified(totals.attempts)
    if seconds is not None and attempts is not None:
        text += f" ({attempts:.1f} and {seconds:.1f} for each verified proof)"
    if report.recalled:
        goals = "goal" if report.recalled == 1 else "goals"
        text += f"; {report.recalled} {goals} closed from the proof store"
    lost = sum(totals.inconclusive.values())
    text += f"; {lost} inconclusive" if lost else ""
    if report.disagreements:
        text += f"; THE TIERS DISAGREE on {', '.join(report.disagreements)} (in quarantine/)"
    if report.contradictions:
        text += f"; BOTH PROVED AND REFUTED: {', '.join(report.contradictions)}"
    return text + "."
