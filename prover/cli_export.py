"""`prover export`: a run's proofs as they are, or a data set with a selection that has reasons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from prover.cli_output import OK, data, display, note
from prover.cli_signals import run
from prover.data import proofs
from prover.data.card import Facts
from prover.data.export import Order
from prover.data.export import export as write
from prover.data.kinds import KINDS, STRATA
from prover.data.selection import Wanted
from prover.data.shapes import FORMATS
from prover.errors import UserError
from prover.lean import toolchain
from prover.session import fit, open_lean
from prover.store import read_config

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="The data set's folder.")]
Kind = Annotated[str, typer.Option(help=f"What a row is: {', '.join([*KINDS, 'steps'])}.")]
Shape = Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")]
Family = Annotated[
    str, typer.Option(metavar="NAME", help="Whose questions a trainer's formats ask.")
]
Decontaminate = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="A benchmark whose statements may not be in it. Repeat it."),
]
PerStatement = Annotated[
    int, typer.Option(min=0, help="Shortest proofs of one goal that stay; 0: all.")
]
Longest = Annotated[int, typer.Option(min=0, help="Characters of what is learnt; 0: no limit.")]
Near = Annotated[
    float,
    typer.Option(min=0, max=0.95, help="Drop statements this similar to another; 0: none."),
]
Difficulty = Annotated[
    str, typer.Option(metavar="LIST", help=f"Of {', '.join(STRATA)}: those that stay.")
]
License = Annotated[str, typer.Option(metavar="SPDX", help="The licence of the problems.")]
Model = Annotated[str, typer.Option(metavar="DIR", help="Measure each row's loss under this.")]
Loss = Annotated[
    str, typer.Option(metavar="LOW:HIGH", help="Nats a token between which rows stay.")
]


def export(
    runs: Sequence[Path],
    out: Path,
    kind: str,
    shape: str,
    family: str,
    decontaminate: Sequence[Path] | None,
    per_statement: int,
    longest: int,
    near: float,
    difficulty: str,
    license: str,
    model: str,
    loss: str,
) -> int:
    """The folder's name on stdout, what stayed and what went on stderr."""
    plain = not (kind or shape or family or decontaminate or longest or near or difficulty)
    if plain and len(runs) == 1 and not (license or model or loss) and per_statement == 4:
        count = proofs.export(runs[0], out)
        note(f"{count} rows")
        data(str(out / proofs.FILE))
        return OK
    low, high = bounds(loss)
    if bool(loss) != bool(model):
        raise UserError("--model and --loss LOW:HIGH go together")
    strata = tuple(part.strip() for part in difficulty.split(",")) if difficulty else STRATA
    wanted = Wanted(per_statement, longest, near, strata, low, high)
    order = Order(
        tuple(runs), kind or "proofs", shape or "jsonl", out, family, license,
        tuple(decontaminate or ()), wanted, model,
    )  # fmt: skip
    order.checked()
    with display() as shown:
        facts = run(written(order, shown.setup))
    note(told(facts))
    data(str(out))
    return OK


def bounds(loss: str) -> tuple[float | None, float | None]:
    """`0.1:2.5`, or one side of it."""
    if not loss:
        return None, None
    low, colon, high = loss.partition(":")
    try:
        found = float(low) if low else None, float(high) if high else None
    except ValueError:
        colon = ""
    if not colon:
        raise UserError(f"--loss wants LOW:HIGH in nats a token, for example 0.1:2.5, not {loss!r}")
    return found


async def written(order: Order, progress: toolchain.Progress) -> Facts:
    """A Lean is opened where the order needs one: that of the first run."""
    config = read_config(order.runs[0]).lean
    if not order.needs_lean:
        return await write(order, None, lambda found: fit(found, config)[0])
    async with open_lean(config, config.processes(), progress) as verifier:
        return await write(order, verifier, lambda found: fit(found, config)[0])


def told(facts: Facts) -> str:
    gone = [f"{count} {reason}" for reason, count in facts.dropped.items() if count]
    return f"{facts.rows} rows" + (f"; left out: {', '.join(gone)}" if gone else "")
