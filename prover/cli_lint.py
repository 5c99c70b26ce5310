"""`prover lint`: suspicious statements of a benchmark, by text and by Lean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from prover import problems
from prover.cli_output import OK, WRONG, Display, data, data_json, display, out
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.errata import wrong
from prover.lint import Finding, text_findings
from prover.linting import LEVELS, Linted
from prover.linting import lint as lint_one
from prover.session import fit, open_lean
from prover.types import Problem

COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


def lint(place: Path, split: str, config: LeanConfig | None, seconds: float, as_json: bool) -> int:
    """WRONG if Lean has proved a statement false, or its hypotheses contradictory; without a
    `config` it is not asked."""
    lean = config is not None
    layout, found = problems.load_benchmark(place.stem, place, split)
    if config is not None:
        with display() as shown:
            linted = run(looked_at(found, config, seconds, shown))
    else:
        linted = [Linted(p.name, False, text_findings(p)) for p in found]
    known = [Finding(name, "known-wrong", "error", f"{e.fault}: {e.why} ({e.sources[0]})")
             for name, e in wrong(found).items()]  # fmt: skip
    if as_json:
        data_json(as_data(layout, found, linted, known, lean))
    else:
        describe(layout, linted, known, lean)
    proved = any(each.level == "error" for one in linted for each in one.findings)
    return WRONG if proved else OK


async def looked_at(
    found: Sequence[Problem], config: LeanConfig, seconds: float, shown: Display
) -> list[Linted]:
    fitted, imports = fit(found, config)
    linted: list[Linted] = []
    async with open_lean(config, 1, shown.setup, imports) as verifier:
        for number, problem in enumerate(fitted, 1):
            linted.append(await lint_one(verifier, problem, seconds))
            shown.work(f"{number} of {len(fitted)} statements", number, len(fitted))
    return linted


def every(linted: Sequence[Linted], known: Sequence[Finding]) -> list[Finding]:
    """What is worst first."""
    found = [*known, *(finding for one in linted for finding in one.findings)]
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def as_data(
    layout: str,
    found: Sequence[Problem],
    linted: Sequence[Linted],
    known: Sequence[Finding],
    lean: bool,
) -> dict[str, Any]:
    return {
        "layout": layout,
        "statements_sha256": problems.statements_sha256(found),
        "problems": len(found),
        "lean": lean,
        "supported": sum(one.supported for one in linted),
        "lean_seconds": round(sum(one.seconds for one in linted), 1),
        "rules": dict(Counter(finding.rule for finding in every(linted, known))),
        "findings": [asdict(finding) for finding in every(linted, known)],
        "inconclusive": {one.problem: one.inconclusive for one in linted if one.inconclusive},
    }


def describe(layout: str, linted: Sequence[Linted], known: Sequence[Finding], lean: bool) -> None:
    found = every(linted, known)
    table = Table(header_style="bold")
    for heading in ("problem", "rule", "what"):
        table.add_column(heading, overflow="fold")
    for finding in found:
        if finding.level != "note":
            colour = COLOURS[finding.level]
            table.add_row(Text(finding.problem), Text(finding.rule, colour), Text(finding.detail))
    if table.row_count:
        out.print(table)
    notes = Counter(finding.rule for finding in found if finding.level == "note")
    data(summary(layout, linted, found, lean))
    if notes:
        said = ", ".join(f"{rule} {count}" for rule, count in notes.most_common())
        data(f"notes, with --json in full: {said}")


def summary(layout: str, linted: Sequence[Linted], found: Sequence[Finding], lean: bool) -> str:
    """How much was looked at, and how much of it was found nothing in."""
    named = {finding.problem for finding in found if finding.level != "note"}
    text = f"{len(linted)} statements ({layout}), something to look at in {len(named)}"
    if not lean:
        return f"{text}; by their text only"
    supported = sum(one.supported for one in linted)
    seconds = sum(one.seconds for one in linted)
    lost = sum(bool(one.inconclusive) for one in linted)
    text += f"; Lean read {supported}, the others were judged by their text; {seconds:.0f} Lean s"
    return f"{text}; {lost} with questions left open" if lost else text
