"""`prover audit`: try to cheat, and show what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.table import Table

from prover.audit import Trial, Trick, Watch, audit, families, headline, load, totals
from prover.cli_output import OK, WRONG, data, data_json, display, out
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.lean.toolchain import Progress
from prover.session import open_lean

CORPUS = Path("problems/audit")


def audit_command(
    names: Sequence[str], source: Path, as_json: bool, config: LeanConfig | None = None
) -> int:
    """Run the tricks; WRONG unless all are refused rightly and every honest twin counts."""
    tricks = load(source, names)
    config = config or LeanConfig()
    with display() as shown:
        watch = partial(shown.setup, "auditing")
        trials = run(tried(tricks, config, shown.setup, watch))
    if as_json:
        data_json([trial.as_json() for trial in trials])
    else:
        describe(trials)
    return OK if totals(trials).clean else WRONG


async def tried(
    tricks: Sequence[Trick], config: LeanConfig, progress: Progress, watch: Watch
) -> list[Trial]:
    async with open_lean(config, config.processes(), progress) as verifier:
        return await audit(verifier, tricks, watch)


def describe(trials: Sequence[Trial]) -> None:
    """The table, every deviation by name, and one line that sums up."""
    out.print(family_table(trials))
    for trial in trials:
        if not trial.good:
            data(deviation(trial))
    data(headline(totals(trials)))


def family_table(trials: Sequence[Trial]) -> Table:
    table = Table(header_style="bold")
    table.add_column("family", no_wrap=True)
    for name in ("tricks", "accepted", "right reason", "another reason", "twins accepted"):
        table.add_column(name, justify="right")
    for family, of in families(trials).items():
        counts = (of.tricks, of.accepted, of.right, of.other, of.twins)
        table.add_row(family, *map(str, counts))
    return table


def deviation(trial: Trial) -> str:
    verdict = trial.verdict
    said = " ".join(part for part in (verdict.status, verdict.kind) if part)
    return f"{trial.name}: {said}" + (f": {verdict.reason}" if verdict.reason else "")
