"""What can be said on the command line of the flywheel: `loop`, `rounds`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_loop
from prover.cli_app import Json, Sets, examples


@examples(
    "prover loop configs/loop-portfolio.yaml",
    "prover loop configs/loop.yaml --out runs/other --set seed=1 --set train.select=random",
)
def loop(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A loop's YAML file.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to \\[default: runs/NAME]; there it goes on."),
    ] = None,
    sets: Sets = None,
) -> int:
    """Generate problems, search, recycle, select, train and search again, round after round.

    Broken off, the same command goes on. With a model it wants what a training wants, without one
    (configs/loop-portfolio.yaml) it learns the order of scripts alone: docs/loop.md."""
    return cli_loop.loop(config, out, sets or [])


@examples("prover rounds runs/loop", "prover rounds runs/loop --json")
def rounds(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A loop's folder.")],
    json: Json = False,
) -> int:
    """Show what a loop has come to, round by round, and whether its files are what they were."""
    return cli_loop.rounds(folder, json)
