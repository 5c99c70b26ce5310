"""What can be said on the command line of the playground."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_playground
from prover.cli_app import Json, app, examples, shown
from prover.config import LeanConfig

playground = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make Lean problems by families with a dial for difficulty, and say how various they are.",
    epilog=shown(["prover playground families", "prover playground report problems.jsonl"]),
)
app.add_typer(playground, name="playground")


@examples(
    "prover playground generate --count 1000 --out problems.jsonl",
    "prover playground generate --per-family 30 --families recurrence,trees --out some.jsonl",
    "prover playground generate --count 100000 --no-settle --workers 2 --out many.jsonl",
    group=playground,
)
def generate(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to, as JSON lines.")],
    count: Annotated[int, typer.Option(metavar="N", min=0, help="How many in all.")] = 0,
    per_family: Annotated[int, typer.Option(metavar="N", min=0, help="How many of each.")] = 0,
    families: Annotated[
        str, typer.Option(metavar="A,B", help="Only these families \\[default: all].")
    ] = "",
    levels: Annotated[str, typer.Option(metavar="M-N", help="Levels from 1 on.")] = "1-3",
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, other problems.")] = 0,
    settle: Annotated[
        bool, typer.Option("--settle/--no-settle", help="Let Lean try to prove and refute each.")
    ] = True,
    known: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Problems that must not recur. May be repeated."),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Lean processes.")] = 2,
    json: Json = False,
) -> int:
    """Make problems: elaborated, linted, distinct. Stopped, the same command goes on."""
    config = LeanConfig(workers=workers, cache=False)
    return cli_playground.make(
        count, per_family, families, levels, seed, out, settle, known or [], config, json
    )


@examples(
    "prover playground report problems.jsonl",
    "prover playground report train.jsonl held-out.jsonl --json",
    group=playground,
)
def report(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Of the playground.")],
    json: Json = False,
) -> int:
    """Say how various problems are, and what several files have in common."""
    return cli_playground.report(files, json)


@examples("prover playground families", group=playground)
def families(json: Json = False) -> int:
    """List the families, and what their levels turn."""
    return cli_playground.families(json)
