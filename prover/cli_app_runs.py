"""What can be said on the command line of finished runs: `serve`, `replay`, `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_export, cli_replay, cli_serve
from prover.cli_app import Run, examples


@examples("prover serve runs/demo", "prover serve runs --port 8000")
def serve(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run's folder, or one that holds several.")
    ],
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Who may look: this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="0 takes a free one.")
    ] = 0,
) -> int:
    """Show runs in the browser, also while they go on: prints the page's address."""
    return cli_serve.serve(run, host, port)


@examples(
    "prover replay runs/demo",
    "prover replay runs/demo --at 400",
    "prover replay runs/demo --problem sum_of_odd_numbers",
    "prover replay runs/demo --search",
)
def replay(
    run: Run,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to \\[default: a temporary folder].")
    ] = None,
    at: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Show how it stood after N events.")
    ] = None,
    problem: Annotated[
        str, typer.Option(metavar="NAME", help="Show what was done for one problem, by event.")
    ] = "",
    search: Annotated[
        bool, typer.Option("--search", help="Let the search choose again, on recorded verdicts.")
    ] = False,
) -> int:
    """Make all that a run leaves again from its events, without Lean and models, and compare.

    Exit 1 if anything comes out otherwise than it is in the run's folder."""
    if search:
        return cli_replay.search_again(run)
    if problem:
        return cli_replay.one_problem(run, problem, at)
    return cli_replay.moment(run, at) if at else cli_replay.whole(run, out)


@examples(
    "prover export runs/demo --out dataset",
    "prover export runs/demo --kind sketches --format hf --license apache-2.0 --out sketches",
    "prover export runs/a runs/b --kind steps --format stepwise --out steps",
    "prover export runs/demo --kind repairs --format trl --decontaminate miniF2F --out repairs",
)
def export(
    runs: cli_export.Runs,
    out: cli_export.Out,
    kind: cli_export.Kind = "",
    shape: cli_export.Shape = "",
    family: cli_export.Family = "",
    decontaminate: cli_export.Decontaminate = None,
    per_statement: cli_export.PerStatement = 4,
    longest: cli_export.Longest = 0,
    near: cli_export.Near = 0.0,
    difficulty: cli_export.Difficulty = "",
    license: cli_export.License = "",
    model: cli_export.Model = "",
    loss: cli_export.Loss = "",
) -> int:
    """Write what runs have found as a data set, with a card, checksums and each row's lineage.

    With RUN and --out alone: its verified proofs, as the run's own dataset folder has them."""
    values = dict(locals())
    return cli_export.export(**values)
