"""What can be said on the command line of training: `train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_train
from prover.cli_app import examples
from prover.cli_train import Choice
from prover.training.settings import CORRECTIONS, SCRATCH, Settings

Select = Annotated[
    str,
    typer.Option(
        metavar="METHODS", help="How training rows are chosen: difficulty,grape,cap:4, say."
    ),
]
Count = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Draw so many of them, exactly.")
]
Judge = Annotated[
    str,
    typer.Option(metavar="DIR", help="The model that grape, flow, stm ask \\[default: the base]."),
]
Families = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Problems of the playground, which name their family."),
]


@examples(
    "prover train runs/demo --out models/tiny",
    "prover train runs/demo runs/more --holdout 0.2 --seed 1 --steps 400",
    "prover train runs/demo --base models/tiny --method dora --out models/tuned",
    "prover train --resume --out models/tiny",
    "prover train runs/demo --select 'difficulty,cap:2' --rows 60 --out models/chosen",
    "prover train runs/demo --rows-only --out rows",
)
def train(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RUN]...", help="Folders of finished runs, or rows.jsonl files."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The model's folder; models/tiny-TIME without."),
    ] = None,
    base: Annotated[
        str,
        typer.Option(metavar="MODEL", help="A folder with weights and tokenizer, or scratch."),
    ] = SCRATCH,
    method: Annotated[str, typer.Option(help="full, or an adapter: lora, dora.")] = "full",
    epochs: Annotated[
        float | None, typer.Option(help="Passes over the rows; 3 for a base, without.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Or the number of updates; 400 from scratch, without.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and held-out problems.")] = 0,
    holdout: Annotated[
        str,
        typer.Option(metavar="SHARE|FILE", help="Of the problems; or a file with their names."),
    ] = "0.15",
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Also proved goals of unverified problems.")
    ] = False,
    corrections: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Rows of failed attempts, for each goal at most."),
    ] = CORRECTIONS,
    select: Select = "",
    rows: Count = None,
    judge: Judge = "",
    families: Families = None,
    rows_only: Annotated[bool, typer.Option("--rows-only", help="Write rows.jsonl only.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training in DIR that was stopped.")
    ] = False,
) -> int:
    """Train a model on the proofs of finished runs: small from scratch, or a base of yours.

    On two cores and the proofs of one run it takes minutes. Needs the extra `train` installed."""
    if resume:
        return cli_train.go_on(out)
    settings = Settings(base, cli_train.method(method), epochs or 0, steps or 0, seed)
    choice = Choice(tuple(filter(None, select.split(","))), rows, judge, families)
    return cli_train.begin(
        runs or [], out, settings, holdout, unverified, rows_only, corrections, choice
    )
