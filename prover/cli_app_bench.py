"""What can be said on the command line of benchmarks: `bench`, `compare`, `lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prover import cli_bench, cli_lint
from prover.cli_app import Backend, Json, Project, RunOut, Sets, examples, lean_config


@examples(
    "prover bench minif2f --source ../miniF2F-lean4 --split valid",
    "prover bench minif2f --source minif2f.jsonl --split test --json --set search.seconds=60",
    "prover bench putnambench --source ../PutnamBench",
    "prover bench proofnet --source proofnet.jsonl --config configs/models.yaml --samples 32",
)
def bench(
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help="What to call it, for example minif2f.")
    ],
    source: Annotated[
        Path, typer.Option(metavar="DIR", help="Its checkout, or its JSONL file, any layout.")
    ],
    split: Annotated[str, typer.Option(help="valid or test; all when empty.")] = "",
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG", help="A YAML file whose problems are not used.")
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Draw N whole proofs a problem from each model, for pass@k."
        ),
    ] = 0,
    out: RunOut = None,
    json: Json = False,
    sets: Sets = None,
) -> int:
    """Run a campaign over a benchmark and print its score; every proof lies in DIR/proofs.

    The score comes with what it rests on: the hash of the statements, those known to be wrong,
    what is inconclusive, and how many proofs smaller budgets would have brought."""
    return cli_bench.bench(suite, source, split, samples, out, config, sets or [], json)


@examples("prover compare runs/one runs/other", "prover compare runs/one runs/other --json")
def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs, the baseline first.")
    ],
    json: Json = False,
) -> int:
    """Set runs side by side: scores, cost, and whether a difference is more than chance.

    The others are paired with the first, problem by problem."""
    return cli_bench.compare(runs, json)


@examples(
    "prover lint ../miniF2F-lean4 --split valid",
    "prover lint problems.jsonl --no-lean --json",
)
def lint(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="Problems in any layout that bench reads.")
    ],
    split: Annotated[str, typer.Option(help="valid or test; all when empty.")] = "",
    lean: Annotated[
        bool, typer.Option("--lean/--no-lean", help="Have Lean look; without, only the text.")
    ] = True,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=0.0, help="Lean seconds on one statement at most.")
    ] = 5.0,
    backend: Backend = "embedded",
    project: Project = "",
    json: Json = False,
) -> int:
    """Look for statements that do not say what they are meant to.

    Exit 1 if Lean proves one false, or its hypotheses contradictory."""
    config = lean_config(backend, project) if lean else None
    return cli_lint.lint(source, split, config, seconds, json)
