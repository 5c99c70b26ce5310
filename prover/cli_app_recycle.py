"""What can be said on the command line of recycling: `recycle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_recycle
from prover.cli_app import examples
from prover.recycling.pivots import GAP
from prover.recycling.recycle import MOST_CHECKS


@examples(
    "prover recycle runs/demo --out rows.jsonl",
    "prover recycle runs/a runs/b --as-they-are --out rows.jsonl",
    "prover recycle runs/demo --out rows.jsonl --pivots pairs.jsonl",
    "prover train rows.jsonl --out models/mine",
)
def recycle(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The rows, for `prover train`.")],
    as_they_are: Annotated[
        bool, typer.Option("--as-they-are", help="Shorten no proof, only make them whole.")
    ] = False,
    pivots: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write pairs of steps that decided here, for DPO."),
    ] = None,
    gap: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of a pair: least difference of success rates.")
    ] = GAP,
    checks: Annotated[
        int, typer.Option(min=0, help="Requests to Lean, for each run, at most.")
    ] = MOST_CHECKS,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Lean processes \\[default: as the run's].")
    ] = None,
) -> int:
    """Training rows of finished runs: every verified proof in one piece and as short as may be.

    A goal that a sketch proved gets one body; from each body goes what Lean can do without."""
    order = cli_recycle.Order(tuple(runs), out, not as_they_are, checks, workers, pivots, gap)
    return cli_recycle.begin(order)
