"""A run told again from its record: its events are folded anew, without Lean and without models.

What a run leaves besides its events, report, pictures, proofs and dataset, follows from them. A
replay makes all of it once more, in a folder of its own, and compares: any user's run can be looked
at, at any moment of it, and a program that draws other conclusions from it than before is noticed.
Certificates are Lean's own word; they are copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from prover.assembly import assemble
from prover.data import proofs as dataset
from prover.errors import UserError, boundary
from prover.graph import ProofGraph
from prover.report_page import write_report
from prover.store import (
    CONFIG,
    EVENTS,
    certificate_path,
    read_config,
    read_events,
    write_atomic,
)
from prover.types import Event

DATASET = "dataset"
MADE = ("report.html", "graph", DATASET)
"""What is written when a run ends, or is asked for its report; it may be missing before."""
PROOFS = ("proofs", "quarantine")
"""What is written as it comes: an event names each of these."""


@dataclass(frozen=True)
class Replayed:
    out: Path
    graph: ProofGraph
    events: int
    different: tuple[str, ...]
    """Files of the run that came out otherwise, each with how."""
    missing: tuple[str, ...]
    """Files that the run's folder has not got yet."""
    same: int
    """Files that came out byte for byte."""


def replay(run: Path, out: Path) -> Replayed:
    """Make all that a run leaves again in `out`, and compare it with what the run's folder has.

    Raises UserError if there is no run, its events are damaged, or `out` is not empty.
    """
    events = list(recorded(run))
    graph = rebuild(run, out, events)
    different, missing, same = compared(run, out)
    return Replayed(out, graph, len(events), tuple(different), tuple(missing), same)


def recorded(run: Path, at: int | None = None) -> Iterator[Event]:
    """The events of a run, or the first `at` of them. Raises UserError if there are not so many."""
    events = list(islice(read_events(run), at))
    if at is not None and len(events) < at:
        raise UserError(f"{run} has {len(events)} events, so there is no moment after {at}")
    yield from events


def rebuild(run: Path, out: Path, events: list[Event]) -> ProofGraph:
    """Write the run's folder as these events tell it."""
    read_config(run)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is not empty; name a new folder for the replay")
    graph = ProofGraph.of(events)
    with boundary(UserError, f"cannot write a replay to {out}"):
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run / CONFIG, out / CONFIG)
        copy_lines(run / EVENTS, out / EVENTS, len(events))
    for problem, node in graph.problems.items():
        if node.file:
            write_proof(run, out, node.file, assemble(graph, problem))
    write_report(out)
    dataset.export(out, out / DATASET)
    return graph


def write_proof(run: Path, out: Path, file: str, text: str) -> None:
    place = Path(file)
    if place.is_absolute() or ".." in place.parts:
        raise UserError(f"an event names the file {file}, which is not in the run's folder")
    write_atomic(out / place, text)
    certificate = certificate_path(run / place)
    if certificate.is_file():
        shutil.copyfile(certificate, certificate_path(out / place))


def copy_lines(source: Path, target: Path, number: int) -> None:
    """A torn last line is left out."""
    with source.open("rb") as old, target.open("wb") as new:
        new.writelines(islice(old, number))


def compared(run: Path, out: Path) -> tuple[list[str], list[str], int]:
    """What differs, with how; what the run has not got; how many files are the same."""
    names = sorted(files(out) | files(run, PROOFS))
    different, missing, same = list[str](), list[str](), 0
    for name in names:
        ours, theirs = out / name, run / name
        if not theirs.is_file():
            late = name.startswith(MADE)
            (missing if late else different).append(name if late else f"{name}: not in {run}")
        elif not ours.is_file():
            different.append(f"{name}: no event tells of it")
        elif ours.read_bytes() != theirs.read_bytes():
            different.append(f"{name}: {where_different(theirs, ours)}")
        else:
            same += 1
    return different, missing, same


def files(folder: Path, parts: tuple[str, ...] = (*MADE, *PROOFS)) -> set[str]:
    """What a replay answers for, as paths in the folder; certificates are not among it."""
    found = [folder / "report.html"] if "report.html" in parts else []
    found += [path for part in parts for path in (folder / part).glob("**/*")]
    lean = {path for path in found if path.suffix == ".lean" or path.parent.name not in PROOFS}
    return {path.relative_to(folder).as_posix() for path in lean if path.is_file()}


def where_different(old: Path, new: Path) -> str:
    """The first line that is not the same."""
    before, after = (path.read_bytes().splitlines() for path in (old, new))
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        if one != other:
            return f"line {number} differs"
    return f"{len(before)} lines there, {len(after)} in the replay"
