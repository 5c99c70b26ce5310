"""`prover train`: a model of one's own from the proofs of finished runs."""

from __future__ import annotations

import dataclasses
import json
import shlex
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from prover.cli_output import OK, data, display, note
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.playground.made import parse
from prover.selecting import choosing
from prover.selecting.choosing import Chosen
from prover.selecting.facts import known_of
from prover.store import EVENTS, read_events, write_atomic
from prover.training import rows, train
from prover.training.rows import Row, Split
from prover.training.settings import METHODS, ROWS, Method, Settings

STEPS = 400
"""From scratch, by default: minutes on one core."""
EPOCHS = 3.0
"""For a model that can write Lean before, by default."""


@dataclass(frozen=True)
class Choice:
    """Which training rows are learnt from."""

    names: tuple[str, ...] = ()
    """Of selection methods."""
    count: int | None = None
    judge: str = ""
    """The folder of the model that is asked for probabilities."""
    families: Path | None = None

    @property
    def asked(self) -> bool:
        return bool(self.names) or self.count is not None


def method(text: str) -> Method:
    for known in METHODS:
        if text == known:
            return known
    raise UserError(f"--method wants {', '.join(METHODS)}, not {text!r}")


def begin(
    runs: Sequence[Path],
    folder: Path | None,
    settings: Settings,
    holdout: str,
    unverified: bool,
    rows_only: bool,
    corrections: int,
    choice: Choice = Choice(),
) -> int:
    if not runs:
        raise UserError("name the runs to learn from, for example: prover train runs/demo")
    folder = folder or Path("models") / f"tiny-{time.strftime('%Y%m%d-%H%M%S')}"
    gathered = rows.capped(gather(runs, unverified), corrections)
    found = split(gathered, holdout, settings.seed)
    note(told(found))
    record = None
    if choice.asked:
        chosen = choose(choice, found.train, runs, settings)
        found, record = dataclasses.replace(found, train=chosen.rows), chosen.record
        note(told_choice(chosen))
    if rows_only:
        write_atomic(folder / ROWS, rows.dump([*found.train, *found.held_out]))
        data(str(folder / ROWS))
        return OK
    if not (settings.epochs or settings.steps):
        long = {"steps": STEPS} if settings.random_base else {"epochs": EPOCHS}
        settings = Settings(**{**vars(settings), **long})
    return under_way(folder, lambda shown: train.start(found, settings, folder, shown, record))


def choose(
    choice: Choice, found: Sequence[Row], runs: Sequence[Path], settings: Settings
) -> Chosen:
    """Raises UserError if fewer rows are left than were asked for."""
    made = playground(choice.families) if choice.families else {}
    graphs = (ProofGraph.of(read_events(run)) for run in runs if not of_rows(run))
    judge = choice.judge or ("" if settings.random_base else settings.base)
    chosen = choosing.chosen(
        choice.names, found, known_of(graphs, made, judge), choice.count, settings.seed
    )
    if chosen.missing:
        raise UserError(
            f"--rows {choice.count}: only {len(chosen.rows)} rows are left to draw from"
        )
    return chosen


def playground(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"--families: cannot read {file}") from exc
    return {each.problem.name: each.family for each in parse(text, str(file))}


def told_choice(chosen: Chosen) -> str:
    reasons = [f"{count} {reason}" for reason, count in chosen.dropped.items()]
    kept = f"{len(chosen.rows)} rows chosen of {chosen.record['given']}"
    return f"{kept}; {', '.join(reasons)}" if reasons else kept


def go_on(folder: Path | None) -> int:
    if folder is None:
        raise UserError("--resume wants the training's folder: --out DIR")
    return under_way(folder, lambda shown: train.resume(folder, shown))


def under_way(folder: Path, work: Any) -> int:
    """A training with live progress; interrupted, it says how to go on."""
    try:
        with display() as shown:
            record = work(shown.work)
    except KeyboardInterrupt:
        if (folder / ROWS).exists():
            note(f"go on with: prover train --resume --out {folder}")
        raise
    for line in result(folder, record):
        data(line)
    return OK


def gather(runs: Sequence[Path], unverified: bool) -> list[Row]:
    """The rows of all runs; a file holds rows that were written before."""
    return [row for run in runs for row in read(run, unverified)]


def read(run: Path, unverified: bool) -> Iterable[Row]:
    if of_rows(run):
        return rows.parse(run.read_text(encoding="utf-8"), str(run))
    events = list(read_events(run))
    return rows.proofs(ProofGraph.of(events), unverified, rows.failures(events))


def of_rows(run: Path) -> bool:
    return run.suffix == ".jsonl" and run.is_file() and run.name != EVENTS


def split(found: Sequence[Row], holdout: str, seed: int) -> Split:
    """By a share of the problems, or by a file with a problem's name in each line."""
    try:
        share = float(holdout)
    except ValueError:
        return rows.split(found, named(Path(holdout)))
    if not 0 <= share < 1:
        raise UserError(f"--holdout wants a share below 1, or a file, not {holdout}")
    return rows.split(found, rows.draw(found, share, seed))


def named(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"--holdout: cannot read {file}") from exc
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def told(found: Split) -> str:
    counts = [
        f"{len(part)} {name} of {len({row.problem for row in part})} problems{corrected(part)}"
        for name, part in (("rows to learn from", found.train), ("held out", found.held_out))
    ]
    left = f", {found.left_out} left out since a held-out goal is the same"
    common = Counter(row.by for row in found.train if not row.failed).most_common(3)
    best = ", ".join(f"{by} {count}" for by, count in common)
    return f"{'; '.join(counts)}{left if found.left_out else ''}; most by {best or 'nobody'}"


def corrected(part: Sequence[Row]) -> str:
    count = sum(1 for row in part if row.failed)
    return f", {count} of them corrections" if count else ""


def result(folder: Path, record: dict[str, Any]) -> list[str]:
    """What a training came to, the section of a configuration, and the command that uses it."""
    loss, held_out = record["loss"], record["held_out_loss"]
    measured = f", held out {held_out['first']:.2f} -> {held_out['last']:.2f}" if held_out else ""
    section = (folder / train.MODEL).read_text(encoding="utf-8")
    keys = yaml.safe_load(section)
    model = json.dumps(keys["models"]["tiny"], ensure_ascii=False)
    return [
        f"model:  {folder} ({record['parameters'] / 1e6:.2f} million weights)",
        f"loss:   {loss['first']:.2f} -> {loss['last']:.2f}{measured} in {record['steps']} steps, "
        f"{record['seconds']:.0f} s, {record['memory_mb']} MB ({record['device']})",
        f"curve:  {folder / 'losses.png'}",
        f"config: {folder / train.MODEL}",
        *(f"  {line}" for line in section.splitlines()),
        "next:   prover run configs/demo.yaml --set 'prover=[tiny, portfolio]' "
        f"--set {shlex.quote(f'models.tiny={model}')}",
    ]
