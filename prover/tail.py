"""Reading runs while they are written: what is new since the last look, and a first glance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prover.errors import UserError
from prover.store import EVENTS, decode, is_run
from prover.types import Event


class Tail:
    """The events of a run directory, each given out once."""

    def __init__(self, run: Path) -> None:
        self._file = run / EVENTS
        self._start: bytes = b""
        self._at = 0
        self._line = 0

    def read(self) -> list[Event] | None:
        """Those that were appended since; None if it is another run's file now: begin again.

        Raises UserError if it cannot be read, or for a whole line that is no event.
        """
        try:
            with self._file.open("rb") as stream:
                start = stream.read(len(self._start)) if self._start else stream.readline()
                if start != self._start and self._start:
                    return None
                self._start = start if start.endswith(b"\n") else b""
                if stream.seek(0, 2) < self._at:
                    return None
                stream.seek(self._at)
                return [self._decode(line) for line in stream if line.endswith(b"\n")]
        except OSError as exc:
            raise UserError(f"cannot read {self._file}: {exc.strerror}") from exc

    def _decode(self, line: bytes) -> Event:
        self._at += len(line)
        self._line += 1
        return decode(line, f"{self._file}:{self._line}")


@dataclass(frozen=True)
class Glance:
    """A run as a list of runs tells of it."""

    name: str
    problems: int
    verified: int
    """Problems whose file tier 2 has taken; the run's own page leaves out contradictions too."""
    finished: bool


def glance(run: Path) -> Glance:
    """Counted without folding the run: the few lines that matter, known by how they begin.

    Raises UserError as `Tail` does.
    """
    problems, verified, finished = 0, set[str](), False
    try:
        with (run / EVENTS).open("rb") as stream:
            for number, line in enumerate(stream, 1):
                problems += begins(line, "problem_added")
                if begins(line, "run_finished"):
                    finished = True
                elif begins(line, "run_started") or begins(line, "interrupted"):
                    finished = False
                if begins(line, "assembled") and line.endswith(b"\n"):
                    data = decode(line, f"{run / EVENTS}:{number}").data
                    if data["verdict"]["status"] == "proved":
                        verified.add(str(data["problem"]))
    except OSError as exc:
        raise UserError(f"cannot read {run / EVENTS}: {exc.strerror}") from exc
    return Glance(run.name, problems, len(verified), finished)


def begins(line: bytes, kind: str) -> bool:
    """As `store.encode` writes an event of this type."""
    return line.startswith(b'{"type": "%s"' % kind.encode())


def runs_in(folder: Path) -> list[Path]:
    """The folder itself if it is a run, else the runs in it, the newest first.

    Raises UserError if there is none.
    """
    if is_run(folder):
        return [folder]
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder")
    found = [path for path in folder.iterdir() if is_run(path)]
    if not found:
        raise UserError(f"{folder} holds no run and is none: name a run's folder, or one of runs")
    return sorted(found, key=lambda path: (-(path / EVENTS).stat().st_mtime, path.name))
