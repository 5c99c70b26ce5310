"""Several runs side by side: what each proved and spent, and whether they differ by chance; pure.

Runs are paired by problem: with the same problems in both, most of what makes one score larger
than another (which problems there are) is the same on both sides and cancels. McNemar's exact test
looks at the problems that only one of two runs proved; the interval is a bootstrap over pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from prover.budget import Spent, spent_in_all
from prover.errata import digest
from prover.graph import ProofGraph
from prover.passk import Estimate, bootstrap, wilson
from prover.report import RowVerdict, summary


@dataclass(frozen=True)
class Run:
    """One run as far as a comparison goes."""

    name: str
    verdicts: dict[str, RowVerdict]
    statements: dict[str, str]
    """By problem: its header, and a digest of its statement."""
    total: Spent
    lean: str

    @property
    def verified(self) -> set[str]:
        return {name for name, verdict in self.verdicts.items() if verdict == "verified"}


@dataclass(frozen=True)
class Paired:
    """A run against the first, over the problems that both have and can tell of."""

    name: str
    pairs: int
    both: int
    only_first: tuple[str, ...]
    only_this: tuple[str, ...]
    undecided: tuple[str, ...]
    """Left out: inconclusive or under way in one of the two, or unsupported in only one."""
    other: tuple[str, ...]
    """Left out: of one run only, or stated differently."""
    difference: Estimate | None
    """Of the shares proved, this run's less the first's."""
    p: float
    """McNemar's exact test, two-sided: how likely a split as uneven as this one is by chance."""


def read(name: str, graph: ProofGraph) -> Run:
    statements = {
        problem: f"{node.problem.header}\n{digest(node.problem.statement)}"
        for problem, node in graph.problems.items()
    }
    verdicts = {row.problem: row.verdict for row in summary(graph).rows}
    return Run(name, verdicts, statements, spent_in_all(graph), graph.lean)


UNKNOWN: tuple[RowVerdict, ...] = ("inconclusive", "unsupported", "open", "proved")
"""`proved` is tier 1's word, where tier 2 has none or could not decide."""
NEITHER: tuple[RowVerdict, RowVerdict] = ("unsupported", "unsupported")


def paired(first: Run, this: Run) -> Paired:
    names = list(dict.fromkeys([*first.verdicts, *this.verdicts]))
    same = [n for n in names if first.statements.get(n) == this.statements.get(n)]
    told = [n for n in same if first.verdicts[n] not in UNKNOWN and this.verdicts[n] not in UNKNOWN]
    ours, theirs = this.verified, first.verified
    only_this = tuple(n for n in told if n in ours and n not in theirs)
    only_first = tuple(n for n in told if n in theirs and n not in ours)
    moved = [float((n in ours) - (n in theirs)) for n in told]
    return Paired(
        this.name,
        len(told),
        sum(n in ours and n in theirs for n in told),
        only_first,
        only_this,
        tuple(
            n for n in same if n not in told and (first.verdicts[n], this.verdicts[n]) != NEITHER
        ),
        tuple(n for n in names if n not in same),
        bootstrap(moved) if moved else None,
        mcnemar(len(only_first), len(only_this)),
    )


def mcnemar(one: int, other: int) -> float:
    """The exact two-sided test: were both equally good, each discordant pair would be a fair
    coin's throw (McNemar 1947)."""
    throws = one + other
    tail = sum(math.comb(throws, i) for i in range(min(one, other) + 1))
    return min(1.0, float(2 * tail / 2**throws))


def run_table(runs: Sequence[Run]) -> Table:
    table = Table(header_style="bold")
    table.add_column("run", overflow="fold")
    for heading in (
        "problems", "supported", "verified", "of the supported, 95 %", "inconclusive", "attempts",
        "Lean s", "Lean s a proof", "tokens", "tokens a proof",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for run in runs:
        table.add_row(run.name, *cells(run))
    return table


def cells(run: Run) -> list[str]:
    verdicts = list(run.verdicts.values())
    supported, verified = len(verdicts) - verdicts.count("unsupported"), len(run.verified)
    shown = wilson(verified, supported) if supported else None
    share = f"{shown.value:.1%} ({shown.low:.1%} to {shown.high:.1%})" if shown else ""
    return [
        str(len(verdicts)), str(supported), str(verified), share,
        str(verdicts.count("inconclusive")), str(run.total.attempts),
        f"{run.total.seconds:.1f}", a_proof(run.total.seconds, verified, 1),
        str(run.total.tokens or ""), a_proof(run.total.tokens, verified, 0),
    ]  # fmt: skip


def a_proof(spent: float, verified: int, digits: int) -> str:
    return f"{spent / verified:.{digits}f}" if verified and spent else ""


def paired_table(first: str, found: Sequence[Paired]) -> Table:
    table = Table(header_style="bold", title=f"against {first}, problem by problem")
    table.add_column("run", overflow="fold")
    for heading in (
        "pairs", "both", f"only {first}", "only this", "difference, 95 %", "McNemar p", "undecided",
        "not shared",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for each in found:
        moved = each.difference
        change = f"{moved.value:+.1%} ({moved.low:+.1%} to {moved.high:+.1%})" if moved else ""
        table.add_row(
            each.name, str(each.pairs), str(each.both), str(len(each.only_first)),
            str(len(each.only_this)), change, f"{each.p:.3f}", str(len(each.undecided)),
            str(len(each.other)),
        )  # fmt: skip
    return table
