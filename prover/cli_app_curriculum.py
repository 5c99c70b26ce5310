"""What can be said on the command line of rounds' pass rates: `curriculum`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_curriculum
from prover.cli_app import Json, examples


@examples(
    "prover curriculum runs/round1 --problems round1.jsonl",
    "prover curriculum runs/round2 --problems round2.jsonl --before runs/round1 --plan 200",
    "prover curriculum runs/round2 --plan 200 --set filter=stp --out plan.json",
)
def curriculum(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.")],
    problems: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="The playground's problems, for family and level. Repeat it."
        ),
    ] = None,
    before: Annotated[
        list[Path] | None,
        typer.Option(metavar="RUN", help="Of the round before, to compare with. Repeat it."),
    ] = None,
    plan: Annotated[
        int, typer.Option(min=0, metavar="N", help="Plan the next round's N problems.")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the plan goes, as JSON.")
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Of the plan: weigh, filter, explore, mutants."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Say what runs proved by family and level, what they failed at, and what to make next.

    Lean is not asked. With --plan the number of problems of each family and level, and of mutants,
    with the reasons in words."""
    order = cli_curriculum.Order(
        tuple(runs), tuple(problems or ()), tuple(before or ()), plan, out, tuple(sets or ())
    )
    return cli_curriculum.curriculum(order, json)
