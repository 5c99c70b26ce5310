"""What can be said on the command line of making problems from runs: `mutate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_mutate
from prover.cli_app import Json, examples
from prover.cli_export import Runs
from prover.errors import UserError


@examples(
    "prover mutate runs/demo --count 200 --out harder.jsonl --share harder=1",
    "prover mutate runs/a runs/b --count 50 --problems playground.jsonl --out more.jsonl",
    "prover mutate runs/demo --config configs/models.yaml --model prover --out new.jsonl",
)
def mutate(
    runs: Runs,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to, as JSON lines.")],
    count: Annotated[int, typer.Option(metavar="N", min=1, help="Problems wanted.")] = 100,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds make equal problems.")] = 0,
    problems: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Problems of the playground: their families and levels, and what not to make"
            " again. May be repeated.",
        ),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=X", help="Weigh harder, easier, negation, lemma. May be repeated."
        ),
    ] = None,
    refuted: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what is false there.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG", help="A model of it proposes as well.")
    ] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help="Which.")] = "",
    json: Json = False,
) -> int:
    """Make new problems of those that runs solved, failed at, or found false.

    Harder ones, easier ones, negations and lemmas; each is read by Lean, looked through for likely
    mistakes, then proved, refuted or left open. Exit 1 if none could be made."""
    if (config is None) != (not model):
        raise UserError("--config and --model go together: the one says where, the other which")
    asked = (config, model) if config else None
    return cli_mutate.write(
        runs, count, out, seed, problems or [], share or [], refuted, asked, json
    )
