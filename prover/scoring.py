"""A benchmark's result from a run's events: the score, what it rests on and what it cost; no I/O.

The score is tier 2's word on the supported statements. What it must not hide is said beside it: the
hash of the statements, statements known to be wrong, and problems of which nothing is known, since
no attempt at them was judged or tier 2 could not decide: counted as proved and as not proved they
are the score's bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from rich.table import Table

from prover.budget import spent_on_problem
from prover.config import RunConfig
from prover.curves import CURRENCIES, Drawn, Point, curve, reached, samples
from prover.errata import digest, wrong
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import INCONCLUSIVE
from prover.layouts import unanswered
from prover.passk import Count, Estimate, mean_pass_at, powers, wilson
from prover.report import Row, Summary, summary
from prover.types import Event, Problem

NO_SAMPLES = (
    "pass@k is of equal, independent samples of whole proofs, and no prover of this run draws any"
    " (the portfolio's scripts are all different): see the curves"
)
UNEVEN = (
    "the samples of a problem ended with its proof, so their number was not fixed and pass@k cannot"
    " be told from them; draw them with --samples"
)


@dataclass(frozen=True)
class Ran:
    """What was run."""

    suite: str
    layout: str
    split: str
    statements_sha256: str
    config: RunConfig
    driver_sha256: str = ""


def result(ran: Ran, events: Sequence[Event]) -> dict[str, Any]:
    """Everything, as `bench.json` holds it."""
    graph = ProofGraph.of(events)
    found = summary(graph)
    given = [node.problem for node in graph.problems.values()]
    flagged = known_wrong(given, found)
    return {
        "suite": ran.suite,
        "layout": ran.layout,
        "split": ran.split,
        "statements_sha256": ran.statements_sha256,
        **scores(found, [row["name"] for row in flagged]),
        "inconclusive_attempts": inconclusive_attempts(found),
        "known_wrong": flagged,
        "unanswered": [problem.name for problem in given if unanswered(problem)],
        **cost(graph, found),
        "pass_at_k": pass_at_k(samples(events)),
        "curves": {what: points(curve(reached(events), what)) for what in CURRENCIES},
        "store": ran.config.search.store,
        "lean": found.lean,
        "driver_sha256": ran.driver_sha256,
        "prover": version("subgoal-prover"),
        "python": graph.python,
        "config_digest": found.config_digest,
        "config": ran.config.model_dump(mode="json"),
        "finished": found.finished,
        "results": [problem_row(graph, row) for row in found.rows],
    }


def scores(found: Summary, flagged: Iterable[str]) -> dict[str, Any]:
    """Shares are of the supported statements; the last one leaves out those known to be wrong."""
    supported = [row for row in found.rows if row.verdict != "unsupported"]
    sound = [row for row in supported if row.problem not in set(flagged)]
    doubtful = [r.problem for r in found.rows if r.verdict == "proved" and not r.disagreement]
    lost = found.count("inconclusive") + len(doubtful)
    return {
        "problems": len(found.rows),
        "supported": len(supported),
        "proved": found.verified,
        "refuted": len(found.refuted),
        "inconclusive": found.count("inconclusive"),
        "not_verified": doubtful,
        "score": share(found.verified, len(supported)),
        "score_if_inconclusive_were_proved": share(found.verified + lost, len(supported)),
        "score_of_all": share(found.verified, len(found.rows)),
        "score_without_known_wrong": share(
            sum(row.verdict == "verified" for row in sound), len(sound)
        ),
    }


def share(successes: int, total: int) -> dict[str, float] | None:
    """With its Wilson interval; None of nothing."""
    return rounded(wilson(successes, total)) if total else None


def rounded(estimate: Estimate) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(estimate).items()}


def inconclusive_attempts(found: Summary) -> dict[str, int]:
    lost = found.totals.inconclusive
    return {kind: lost[kind] for kind in INCONCLUSIVE if lost[kind]}


def known_wrong(given: Iterable[Problem], found: Summary) -> list[dict[str, Any]]:
    said = {row.problem: verdict_of(row) for row in found.rows}
    return [
        {
            "name": name,
            "fault": erratum.fault,
            "why": erratum.why,
            "sources": list(erratum.sources),
            "verdict": said[name],
        }
        for name, erratum in wrong(given).items()
    ]


def counts(found: Summary) -> dict[str, Any]:
    """Attempts are judged, or answered without Lean; dropped is what never became one; recalled
    are goals that the proof store closed."""
    totals = found.totals
    return {
        "attempts": totals.attempts,
        "judged": totals.judged,
        "from_cache": totals.reused["cache"],
        "shared": totals.reused["shared"],
        "dropped": found.dropped,
        "recalled": found.recalled,
        "lean_seconds": round(totals.seconds, 1),
    }


def cost(graph: ProofGraph, found: Summary) -> dict[str, Any]:
    totals, usage = found.totals, graph.usage()
    tokens = usage.prompt_tokens + usage.completion_tokens
    return {
        **counts(found),
        "sketches": totals.sketches,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "money": usage.money,
        "elapsed_seconds": round(found.elapsed, 1),
        "per_proof": {
            "attempts": each(found, totals.attempts + totals.sketches),
            "lean_seconds": each(found, totals.seconds),
            "tokens": each(found, tokens),
        },
    }


def each(found: Summary, spent: float) -> float | None:
    """What one verified proof cost, failures included."""
    cost = found.per_verified(spent)
    return None if cost is None else round(cost, 1)


def pass_at_k(drawn: dict[str, Drawn]) -> dict[str, Any]:
    """By model, or why it cannot be told."""
    if not drawn:
        return {"note": NO_SAMPLES}
    return {model: of_model(each) for model, each in drawn.items()}


def of_model(drawn: Drawn) -> dict[str, Any]:
    each = list(drawn.counts.values())
    said: dict[str, Any] = {
        "problems": len(each),
        "samples": sum(count.samples for count in each),
        "passed": sum(count.passed for count in each),
        "undecided": sum(count.undecided for count in each),
        "counts": {name: [c.samples, c.passed] for name, c in drawn.counts.items()},
    }
    if not drawn.fixed:
        return {**said, "note": UNEVEN}
    said["pass_at"] = estimates(each)
    if said["undecided"]:
        kinder = [Count(c.samples, c.passed + c.undecided) for c in each]
        said["pass_at_if_undecided_passed"] = estimates(kinder)
    return said


def estimates(found: Sequence[Count]) -> dict[str, dict[str, float]]:
    return {str(k): rounded(mean_pass_at(found, k)) for k in powers(found[0].samples)}


def points(found: Sequence[Point]) -> list[dict[str, float]]:
    return [asdict(point) for point in found]


VERDICTS = {
    "verified": "proved", "proved": "unproved", "open": "unproved", "refuted": "unproved"
}  # fmt: skip
"""A row's verdict in a score, which knows only tier 2's word; the others keep their names."""


def verdict_of(row: Row) -> str:
    return VERDICTS.get(row.verdict, row.verdict)


def scored(row: Row) -> dict[str, Any]:
    return {
        "name": row.problem,
        "verdict": verdict_of(row),
        "reason": row.reason,
        "by": row.by,
        "attempts": row.attempts,
        "lean_seconds": round(row.seconds, 3),
    }


def problem_row(graph: ProofGraph, row: Row) -> dict[str, Any]:
    node = graph.problems[row.problem]
    return {
        **scored(row),
        "sketches": row.sketches,
        "tokens": spent_on_problem(graph, row.problem).tokens,
        "inconclusive": {kind: count for kind, count in sorted(row.inconclusive.items()) if count},
        "refuted": row.refuted,
        "statement_sha256": statement_digest(node.problem),
    }


def statement_digest(problem: Problem) -> str:
    """Empty for a statement without a name to leave out, which none that was read is."""
    try:
        return digest(problem.statement)
    except UserError:
        return ""


# For a terminal


def percent(value: dict[str, float] | None) -> str:
    """`53.7 % (40.6 to 66.3)`."""
    if value is None:
        return "none"
    low, high = 100 * value["low"], 100 * value["high"]
    return f"{100 * value['value']:.1f} % ({low:.1f} to {high:.1f})"


def lines(found: dict[str, Any]) -> list[str]:
    """The totals, one a line."""
    per, lost = found["per_proof"], found["inconclusive_attempts"]
    said = [
        ("statements", f"{found['problems']} ({found['layout']}), {found['statements_sha256']}"),
        ("supported", found["supported"]),
        ("proved", f"{found['proved']}: {percent(found['score'])} of the supported"),
        ("inconclusive", inconclusive_line(found)),
        ("attempts", f"{found['attempts']} and {found['sketches']} sketches"),
        ("lost attempts", ", ".join(f"{kind} {n}" for kind, n in lost.items()) or "none"),
        ("Lean seconds", found["lean_seconds"]),
        ("tokens", f"{found['prompt_tokens']} in, {found['completion_tokens']} out"),
        ("a proof", ", ".join(f"{v} {k.replace('_', ' ')}" for k, v in per.items() if v)),
        ("store", found["store"]),
        ("Lean", found["lean"]),
        *wrong_lines(found),
        *pass_lines(found["pass_at_k"]),
    ]
    return [f"{name:<14} {value}" for name, value in said]


def inconclusive_line(found: dict[str, Any]) -> str:
    doubtful = found["not_verified"]
    if not found["inconclusive"] and not doubtful:
        return "0"
    most = percent(found["score_if_inconclusive_were_proved"])
    also = f", and not verified: {', '.join(doubtful)}" if doubtful else ""
    return f"{found['inconclusive']}{also}; were all proved, {most}"


def wrong_lines(found: dict[str, Any]) -> list[tuple[str, object]]:
    flagged = found["known_wrong"]
    names = ", ".join(f"{row['name']} ({row['fault']}, {row['verdict']})" for row in flagged)
    said: list[tuple[str, object]] = []
    if flagged:
        said.append(("known wrong", f"{len(flagged)}: {names}"))
        said.append(("without them", percent(found["score_without_known_wrong"])))
    if found["unanswered"]:
        said.append(("unanswered", f"a definition is `sorry`: {', '.join(found['unanswered'])}"))
    return said


def pass_lines(found: dict[str, Any]) -> list[tuple[str, object]]:
    if "note" in found:
        return [("pass@k", found["note"])]
    said: list[tuple[str, object]] = []
    for model, row in found.items():
        if "note" in row:
            said.append((f"pass@k {model}", row["note"]))
        said += [(f"pass@{k} {model}", percent(v)) for k, v in row.get("pass_at", {}).items()]
        if row["undecided"]:
            said.append((f"undecided {model}", f"{row['undecided']} of {row['samples']} samples"))
    return said


HEADINGS = {
    "attempts": "attempts and sketches",
    "lean_seconds": "Lean seconds",
    "tokens": "tokens",
}


def curve_table(found: dict[str, Any]) -> Table:
    """Problems verified within a budget for each; in brackets those given up with less."""
    table = Table(header_style="bold", caption="verified, each within the budget (given up before)")
    table.add_column("budget", justify="right")
    curves = {what: {p["budget"]: p for p in ps} for what, ps in found["curves"].items() if ps}
    for what in curves:
        table.add_column(HEADINGS[what], justify="right")
    for budget in sorted({budget for points in curves.values() for budget in points}):
        table.add_row(f"{budget:g}", *(cell(points.get(budget)) for points in curves.values()))
    return table


def cell(point: dict[str, float] | None) -> str:
    if point is None:
        return ""
    unknown = f" ({point['unknown']})" if point["unknown"] else ""
    return f"{point['verified']}{unknown}"
