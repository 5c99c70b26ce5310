"""`prover loop` and `prover rounds`: the flywheel, and what it has come to."""

from __future__ import annotations

from pathlib import Path

from prover.cli_output import OK, WRONG, data, data_json, error, note, out
from prover.cli_signals import Interrupted
from prover.errors import InfrastructureError, UserError
from prover.looping import lineage, settings, table
from prover.looping.loop import go
from prover.looping.places import CONFIG, Places


def loop(path: Path, folder: Path | None, sets: list[str]) -> int:
    config = settings.load(path, sets)
    folder = folder or Path("runs") / config.name
    try:
        found, why = go(config, folder)
    except (Interrupted, KeyboardInterrupt, InfrastructureError):
        if (folder / CONFIG).exists():
            note(f"go on with the same command: prover loop {folder / CONFIG} --out {folder}")
        raise
    if why:
        note(f"ended early: {why}")
    shown(found, folder)
    return OK


def rounds(folder: Path, as_json: bool) -> int:
    """Exit 1 if a file is not any more what it was when something was made from it."""
    if not (folder / CONFIG).exists():
        raise UserError(f"{folder} holds no loop: it has no {CONFIG}")
    config, places = settings.load(folder / CONFIG, []), Places(folder)
    found = table.rounds(places, config.rounds, config.served.prover)
    changed = lineage.changed(folder, places.lineage())
    if as_json:
        data_json({"rounds": table.as_json(found), "changed": changed})
    else:
        shown(found, folder)
    for name in changed:
        error(f"{name} was changed afterwards")
    return WRONG if changed else OK


def shown(found: list[table.Rounded], folder: Path) -> None:
    out.print(table.render(found))
    for line in [*table.dropped(found), *table.transfers(found)]:
        data(line)
    if (folder / table.PICTURE).exists():
        data(f"picture: {folder / table.PICTURE}")
