"""`prover curriculum`: pass rates of runs, what they failed at, and a plan of the next round."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from prover.cli_output import OK, data, data_json, note, out
from prover.config import set_key
from prover.curriculum.failures import Failures, analyse
from prover.curriculum.planning import Plan, plan
from prover.curriculum.rates import ANY, RUN, Rate, Rates, rates
from prover.curriculum.weights import CurriculumConfig
from prover.errors import UserError, first_fault
from prover.graph import ProofGraph
from prover.playground.made import Made, parse
from prover.store import read_events, write_atomic

COLOURS = {"never": "red", "rarely": "yellow", "sometimes": "yellow", "often": "green"}
SOLVERS = 12
"""Proposers that are shown, those with most successes first; `--json` has all."""


@dataclass(frozen=True)
class Order:
    runs: tuple[Path, ...]
    problems: tuple[Path, ...] = ()
    before: tuple[Path, ...] = ()
    plan: int = 0
    out: Path | None = None
    sets: tuple[str, ...] = ()


def curriculum(order: Order, as_json: bool) -> int:
    if order.out and not order.plan:
        raise UserError("--out is for the plan; say of how many problems with --plan N")
    config = configured(order.sets)
    made = {each.problem.name: each for file in order.problems for each in read_made(file)}
    graphs = [read_graph(run) for run in order.runs]
    found, failures = rates(graphs, made), analyse(graphs, made)
    before = rates([read_graph(run) for run in order.before], made) if order.before else None
    planned = None
    if order.plan:
        cells = sorted({*found.cells(), *(each.cell for each in made.values())})
        planned = plan(found, order.plan, config, cells, before, failures)
        if order.out:
            write_atomic(order.out, json.dumps(planned.as_dict(), indent=2, ensure_ascii=False))
    if as_json:
        data_json(as_dict(found, failures, planned))
    else:
        show(found, failures, planned, order.out)
    return OK


def configured(sets: Sequence[str]) -> CurriculumConfig:
    values: dict[str, Any] = {}
    for override in sets:
        set_key(values, override)
    try:
        return CurriculumConfig.model_validate(values)
    except ValidationError as exc:
        key, why = first_fault(exc)
        raise UserError(f"--set {key}: {why}") from exc


def read_made(file: Path) -> list[Made]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"cannot read the problems {file}: {exc}") from exc
    return parse(text, str(file))


def read_graph(run: Path) -> ProofGraph:
    graph = ProofGraph.of(read_events(run))
    if not graph.finished:
        note(f"{run} is not finished: the problems that it is not done with are left out")
    return graph


def as_dict(found: Rates, failures: Failures, planned: Plan | None) -> dict[str, Any]:
    made = {"rates": found.as_dict(), "failures": failures.as_dict()}
    return {**made, "plan": planned.as_dict()} if planned else made


def show(found: Rates, failures: Failures, planned: Plan | None, file: Path | None) -> None:
    cells = [((family, level), rate) for (family, level), rate in found.cells().items()]
    out.print(rate_table("problems proved", ("family", "level"), cells))
    if set(found.ways()) - {"drawn"}:
        ways = [((how,), rate) for how, rate in found.ways().items()]
        out.print(rate_table("by how they were made", ("made",), ways))
    out.print(solver_table(found))
    for title, headings, rows in failures.tables():
        out.print(plain_table(title, headings, rows))
    for line in failures.notes():
        data(line)
    if planned:
        out.print(plan_table(planned))
        for line in planned.why:
            data(f"- {line}")
    if file:
        data(str(file))


def table_of(title: str, headings: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def rate_table(
    title: str, keys: Sequence[str], rows: Sequence[tuple[tuple[Any, ...], Rate]]
) -> Table:
    table = table_of(title, [*keys, "proved", "of", "%", "95 %", "stratum"])
    for key, rate in rows:
        stratum = rate.stratum or ""
        names = [str(part) if part != 0 else "" for part in key]
        table.add_row(*names, *numbers(rate), Text(stratum, COLOURS.get(stratum, "")))
    return table


def solver_table(found: Rates) -> Table:
    """The whole run and all proposers together stand first."""
    rows = found.solvers().items()
    best = sorted(rows, key=lambda row: (row[0] not in (RUN, ANY), -row[1].successes, row[0]))
    headings = ["solver", "successes", "of tries", "%", "95 %", "stopped", "% corrected"]
    table = table_of("goals proved, holes of sketches included", headings)
    for name, rate in best[: SOLVERS + 2]:
        table.add_row(name, *numbers(rate), str(rate.stopped), f"{100 * rate.corrected:.1f}")
    return table


def numbers(rate: Rate) -> list[str]:
    found = rate.interval()
    between = f"{100 * found.low:.0f} to {100 * found.high:.0f}"
    return [str(rate.successes), str(rate.tries), f"{100 * rate.share:.1f}", between]


def plain_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = table_of(title, headings)
    for row in rows:
        table.add_row(*(Text(part) for part in row))
    return table


def plan_table(planned: Plan) -> Table:
    table = table_of("the next round", ["family or kind", "level", "problems"])
    for (family, level), count in planned.cells.items():
        table.add_row(Text(family), str(level or ""), str(count))
    for kind, count in planned.mutants.items():
        table.add_row(Text(f"mutants: {kind}"), "", str(count))
    return table
