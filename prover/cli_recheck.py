"""`prover recheck`: proofs checked again from their certificates."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from prover import problems, recheck, recheck_export
from prover.certificate import read
from prover.cli_output import DOWN, OK, WRONG, data, display
from prover.cli_signals import run
from prover.config import LeanConfig, ProblemsConfig
from prover.errors import UserError
from prover.lean import toolchain
from prover.recheck import Rechecked, Trusted
from prover.recheck_export import Theorem
from prover.session import fit, open_lean


def recheck_folder(
    folder: Path, go_on: bool, config: LeanConfig, source: Path | None = None
) -> int:
    """A line for each proof and a summary. WRONG if one differs, DOWN if Lean could not say."""
    if recheck_export.is_export(folder):
        if source:
            raise UserError("--problems is for certificates; an export's rows hold their problems")
        return export_folder(folder, go_on, config)
    found = recheck.find(folder)
    trusted = known(source, config) if source else None
    with display() as shown:
        rows = run(recheck_all(found, go_on, config, shown.setup, trusted))
    counts = Counter[str](row.outcome for row in rows)
    data(summary(counts, len(found)))
    if counts["different"]:
        return WRONG
    return DOWN if counts["inconclusive"] else OK


def export_folder(folder: Path, go_on: bool, config: LeanConfig) -> int:
    """The files first: where one was changed, Lean is asked nothing."""
    rows = recheck_export.files(folder)
    for row in rows:
        data(line(row))
    if rows:
        return WRONG
    found = list(recheck_export.theorems(folder))
    with display() as shown:
        rows = run(export_all(found, go_on, config, shown.setup))
    counts = Counter[str](row.outcome for row in rows)
    data(summary(counts, len(found), "proved again"))
    if counts["different"]:
        return WRONG
    return DOWN if counts["inconclusive"] else OK


async def export_all(
    found: Sequence[Theorem], go_on: bool, config: LeanConfig, progress: toolchain.Progress
) -> list[Rechecked]:
    """Ends at the first difference unless it is to go on."""
    rows: list[Rechecked] = []
    ordered = sorted(found, key=lambda theorem: theorem.imports)
    for imports, group in itertools.groupby(ordered, key=lambda theorem: theorem.imports):
        async with open_lean(config, config.processes(), progress, imports) as verifier:
            async for row in recheck_export.recheck(verifier, list(group)):
                rows.append(row)
                data(line(row))
                if row.outcome == "different" and not go_on:
                    return rows
    return rows


def known(source: Path, config: LeanConfig) -> Trusted:
    """The problems of a source by name, as a run would take them."""
    fitted, _ = fit(problems.load(ProblemsConfig(source=str(source))), config)
    return {problem.name: problem for problem in fitted}


async def recheck_all(
    found: Sequence[Path],
    go_on: bool,
    config: LeanConfig,
    progress: toolchain.Progress,
    trusted: Trusted | None,
) -> list[Rechecked]:
    """Ends at the first difference unless it is to go on. A Lean is opened for each set of
    imports."""
    rows: list[Rechecked] = []
    for imports, group in itertools.groupby(sorted(found, key=imports_of), key=imports_of):
        size = config.processes()
        async with open_lean(config, size, progress, imports) as verifier:
            async for row in recheck.recheck(verifier, list(group), size, trusted):
                rows.append(row)
                data(line(row))
                if row.outcome == "different" and not go_on:
                    return rows
    return rows


def imports_of(path: Path) -> tuple[str, ...]:
    try:
        return tuple(read(path).imports)
    except UserError:
        return ()  # said when its turn comes


def line(row: Rechecked) -> str:
    return f"{row.outcome:<12} {row.name}: {row.said} ({row.seconds:.1f} s)"


def summary(counts: Counter[str], total: int, same: str = "as certified") -> str:
    text = f"{counts['same']} of {total} proofs {same}"
    for outcome in ("different", "inconclusive"):
        if counts[outcome]:
            text += f", {counts[outcome]} {outcome}"
    left = total - sum(counts.values())
    return text + (f", {left} not looked at (--all goes on after a difference)" if left else "")
