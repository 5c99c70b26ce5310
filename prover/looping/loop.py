"""Rounds one after the other: whatever is not done yet is done next."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path

from prover.cli_output import note
from prover.config import dump
from prover.errors import UserError
from prover.looping import table
from prover.looping.places import CONFIG, Places, finished
from prover.looping.settings import LoopConfig, load
from prover.looping.stages import STAGES, Here
from prover.looping.steps import Step, Stop, last_round, next_step, steps
from prover.store import write_atomic
from prover.training.settings import require

CLOCK = "seconds.json"
"""Wall clock of each step, for `stop.hours`; of one that was broken off what it took in the end."""


def go(config: LoopConfig, folder: Path) -> tuple[list[table.Rounded], str]:
    """To the end, from wherever the folder's files are; the rounds, and why it ended early.

    Raises UserError if the folder is another loop's, SetupError if no training is possible here.
    """
    if config.trains:
        require()
    places = Places(claimed(config, folder))
    seconds = read_clock(folder)
    while True:
        last, why = end(config, places, sum(seconds.values()))
        step = next_step(done(places, config), last, config.benchmark is not None, config.trains)
        if step is None:
            return finish(config, places, last), why
        note(f"== {step}")
        began = time.monotonic()
        STAGES[step.stage](Here(config, places, step))
        seconds[str(step)] = round(time.monotonic() - began, 1)
        write_atomic(folder / CLOCK, json.dumps(seconds, indent=1) + "\n")


def claimed(config: LoopConfig, folder: Path) -> Path:
    """The folder with its configuration in it."""
    file = folder / CONFIG
    if file.exists():
        if load(file, []).digest() != config.digest():
            raise UserError(
                f"{folder} holds a loop with another configuration: name another folder, or go on "
                f"with its own {file}"
            )
    elif folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty and holds no loop: name a new folder")
    write_atomic(file, dump(config))
    return folder


def done(places: Places, config: LoopConfig) -> set[Step]:
    """The steps that are done, as far as they are in order: what comes behind a gap is not."""
    found = set()
    for step in steps(config.rounds, config.benchmark is not None, config.trains):
        if not places.is_done(step):
            if step.stage == "transfer":
                continue
            break
        found.add(step)
    return found


def end(config: LoopConfig, places: Places, seconds: float) -> tuple[int, str]:
    runs = (places.round(number).held_out for number in range(config.rounds + 1))
    solved = [table.measured(run).solved for run in runs if finished(run)]
    stop = Stop(config.stop.stale, config.stop.hours)
    return last_round(config.rounds, solved, seconds, stop)


def finish(config: LoopConfig, places: Places, last: int) -> list[table.Rounded]:
    found = table.rounds(places, last, config.served.prover)
    write_atomic(places.folder / "rounds.json", json.dumps(table.as_json(found), indent=1) + "\n")
    if importlib.util.find_spec("matplotlib"):
        table.draw(found, places.folder / table.PICTURE)
    else:
        note(f"no {table.PICTURE}: it needs matplotlib")
    return found


def read_clock(folder: Path) -> dict[str, float]:
    file = folder / CLOCK
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
