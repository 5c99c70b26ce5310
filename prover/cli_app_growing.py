"""What can be said on the command line of libraries that grow: `library grow`, `show`, `credit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_growing
from prover.cli_app import Json, app, examples, shown

library = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "Libraries of theorems that runs have proved, generalised, for later runs.\n\n"
        "`--set search.library=FILE` has a run offer them, each with its proof."
    ),
    epilog=shown(
        ["prover library grow runs/demo --out library.lean", "prover library show library.lean"]
    ),
)
app.add_typer(library, name="library")

File = Annotated[Path, typer.Argument(metavar="LIBRARY", help="A Lean file of theorems.")]


@examples(
    "prover library grow runs/demo --out library.lean",
    "prover library grow runs/a runs/b --held-out runs/c --most 40 --out library.lean",
    group=library,
)
def grow(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[Path, typer.Option(metavar="LIBRARY", help="The Lean file to write.")],
    held_out: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN_OR_FILE",
            help="Problems to earn credit on \\[default: every second one of the runs].",
        ),
    ] = None,
    most: Annotated[int, typer.Option(min=1, metavar="N", help="Theorems to keep.")] = 20,
    keep_all: Annotated[
        bool, typer.Option("--keep-all", help="Keep theorems that earned nothing, too.")
    ] = False,
) -> int:
    """Generalise what runs have proved and keep what shortens the proofs of held-out problems.

    Beside the file comes a JSON file of the same name, with what was left out and why."""
    return cli_growing.grow(runs, out, held_out, most, keep_all)


@examples("prover library show library.lean", group=library)
def show(file: File, json: Json = False) -> int:
    """List a library's theorems."""
    return cli_growing.show(file, json)


@examples("prover library credit runs/later --library library.lean", group=library)
def credit(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run that had the library.")],
    file: Annotated[
        Path | None,
        typer.Option("--library", metavar="LIBRARY", help="\\[default: the run's own]."),
    ] = None,
    json: Json = False,
) -> int:
    """Count how often each theorem was offered in a run, closed a goal, and is in a proof."""
    return cli_growing.credit(run, file, json)
