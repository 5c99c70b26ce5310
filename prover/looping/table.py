"""What a loop has come to, round by round: a table and a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from prover.curves import Reached, reached
from prover.looping.places import Places, Round, finished, graph_of, read_made
from prover.passk import wilson
from prover.store import proof_path, read_events
from prover.training.settings import read_record

PICTURE = "rounds.png"
BUDGETS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Checks by Lean for a held-out problem, at which what is solved is counted."""


@dataclass(frozen=True)
class Measured:
    """A run over held-out problems."""

    problems: int
    solved: int
    at: Mapping[int, int]
    """Solved with at most so many checks each."""
    checks: int
    """On all problems, those unsolved included."""
    length: float
    """Median characters of a solved problem's proof, its lemmas included; 0 if none is solved."""

    @property
    def checks_a_proof(self) -> float:
        return self.checks / self.solved if self.solved else float("nan")


@dataclass(frozen=True)
class Rounded:
    """One round; what it has not come to is None."""

    number: int
    prover: str
    held_out: Measured | None = None
    transfer: Measured | None = None
    problems: int | None = None
    refuted: int | None = None
    """Of the problems: found false when they were made."""
    proved: int | None = None
    rows: int | None = None
    """Made from this round's proofs."""
    learnt: int | None = None
    """Rows that the round's model was trained on."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Rows that were not, by reason."""
    loss: float | None = None


def measured(run: Path) -> Measured:
    found = reached(read_events(run))
    solved = [each for each in found if each.verified]
    return Measured(
        len(found),
        len(solved),
        {k: sum(each.spent.attempts <= k for each in solved) for k in budgets(found)},
        sum(each.spent.attempts for each in found),
        float(median(length(run, each.problem) for each in solved)) if solved else 0.0,
    )


def budgets(found: Sequence[Reached]) -> list[int]:
    most = max((each.spent.attempts for each in found), default=0)
    return [k for k in BUDGETS if k <= most] or [1]


def length(run: Path, problem: str) -> int:
    """Of the part of the file behind its header: theorems alone."""
    text = proof_path(run, problem).read_text(encoding="utf-8")
    return len(text[max(0, text.find("theorem ")) :])


def rounded(here: Round, prover: str) -> Rounded:
    more: dict[str, Any] = {}
    if finished(here.held_out):
        more["held_out"] = measured(here.held_out)
    if finished(here.benchmark):
        more["transfer"] = measured(here.benchmark)
    if here.problems.exists():
        made = read_made(here.problems)
        more |= {"problems": len(made), "refuted": sum(m.standing == "refuted" for m in made)}
    if finished(here.search):
        graph = graph_of(here.search)
        more["proved"] = sum(graph.problem_state(name) == "verified" for name in graph.problems)
    if here.recycled.exists():
        more["rows"] = json.loads(here.recycled.read_text())["rows"]
    if here.chosen.exists():
        record = json.loads(here.chosen.read_text())
        more |= {"learnt": record["kept"], "dropped": record["dropped"]}
        more["loss"] = (read_record(here.model).get("loss") or {}).get("last")
    return Rounded(here.number, prover, **more)


def rounds(places: Places, last: int, prover: Sequence[str]) -> list[Rounded]:
    """Those that have been begun."""
    found = [
        rounded(places.round(n), ", ".join(prover) if n else "portfolio") for n in range(last + 1)
    ]
    return [each for each in found if each.held_out or each.learnt]


def render(found: Sequence[Rounded]) -> Table:
    shared = sorted({k for each in found if each.held_out for k in each.held_out.at})
    table = Table(title="held-out problems solved with so many checks by Lean, by round")
    table.add_column("round")
    heads = (
        *(f"≤{k}" for k in shared),
        "solved", "95 %", "checks\na proof", "length", "made", "proved", "rows", "learnt", "loss",
    )  # fmt: skip
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for each in found:
        table.add_row(*cells(each, shared))
    return table


def cells(each: Rounded, shared: Sequence[int]) -> list[str]:
    own = each.held_out
    measured = [""] * (len(shared) + 4)
    if own:
        share = wilson(own.solved, own.problems)
        measured = [
            *(str(own.at.get(k, own.solved)) for k in shared),
            f"{own.solved}/{own.problems}",
            f"{100 * share.low:.0f}-{100 * share.high:.0f}",
            f"{own.checks_a_proof:.1f}",
            f"{own.length:.0f}",
        ]
    counts = (each.problems, each.proved, each.rows, each.learnt)
    loss = "" if each.loss is None else f"{each.loss:.2f}"
    return [str(each.number), *measured, *map(shown, counts), loss]


def shown(count: int | None) -> str:
    return "" if count is None else str(count)


def dropped(found: Sequence[Rounded]) -> list[str]:
    """What was not learnt from and why, a line a round."""
    return [
        f"round {each.number} learnt from {each.learnt} rows; left out: "
        + (", ".join(f"{n} {why}" for why, n in each.dropped.items()) or "none")
        for each in found
        if each.learnt is not None
    ]


def transfers(found: Sequence[Rounded]) -> list[str]:
    """On the benchmark, where one was measured."""
    return [
        f"round {each.number} on the benchmark: {own.solved} of {own.problems} solved by "
        f"{own.checks} checks, {own.checks_a_proof:.1f} a proof"
        for each in found
        if (own := each.transfer)
    ]


def as_json(found: Sequence[Rounded]) -> list[dict[str, Any]]:
    return [asdict(each) for each in found]


def draw(found: Sequence[Rounded], path: Path) -> None:
    """Solved by checks, a line a round; checks a proof and the rows learnt from, by round."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4), layout="constrained")
    shades = pyplot.get_cmap("viridis")
    for i, each in enumerate(found):
        if own := each.held_out:
            colour = shades(i / max(len(found) - 1, 1) * 0.85)
            left.plot(list(own.at), list(own.at.values()), marker="o", color=colour,
                      label=f"round {each.number}")  # fmt: skip
    numbers = [each.number for each in found if each.held_out]
    middle.plot(numbers, [e.held_out.checks_a_proof for e in found if e.held_out], marker="o")
    learnt = [(e.number, e.learnt, sum(e.dropped.values())) for e in found if e.learnt is not None]
    for place, label in ((1, "learnt from"), (2, "left out")):
        below = [each[1] if place == 2 else 0 for each in learnt]
        tops = [e[place] for e in learnt]
        right.bar([e[0] for e in learnt], tops, bottom=below, width=0.6, label=label)
    left.set(xlabel="checks by Lean for a problem, at most", ylabel="held-out problems solved")
    ticks = sorted({k for each in found if each.held_out for k in each.held_out.at})
    left.set_xscale("log", base=2)
    left.set_xticks(ticks, [str(k) for k in ticks])
    middle.set(xlabel="round", ylabel="checks for each solved problem")
    right.set(xlabel="round", ylabel="rows")
    for axes in (left, middle, right):
        axes.set_ylim(0, axes.get_ylim()[1] * 1.05)
        axes.grid(alpha=0.3)
    for axes in (middle, right):
        axes.set_xticks(numbers)
    for axes in (left, right):
        axes.legend(loc="lower right" if axes is left else "upper left")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
