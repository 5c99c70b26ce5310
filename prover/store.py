"""A run directory: its configuration, its events and where its other files go.

`events.jsonl` only grows, one event a line, one writer at a time (an advisory lock on the file).
A line counts once its newline is written: a torn last line is cut off when the run is opened
again, and readers of a run under way leave it out. Every other file is replaced atomically.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from prover import config as configuration
from prover.config import RunConfig
from prover.errors import InfrastructureError, UserError, boundary
from prover.types import Event

EVENTS = "events.jsonl"
CONFIG = "config.yaml"

SYNC_SECONDS = 0.5
"""How much of a run a power cut may take; a killed process takes nothing."""


class RunStore:
    """The one writer of a run directory. Use as a context manager, or close it."""

    def __init__(self, path: Path, config: RunConfig, file: FileIO) -> None:
        """`file` is the events file, open and locked; use `create` or `resume`."""
        self.path, self.config = path, config
        self._file = file
        self._end = cut_torn_line(file)
        self._synced = time.monotonic()

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> RunStore:
        """Start a run, or go on with it if the folder holds one of the same configuration."""
        if not is_run(path):
            refuse_foreign(path)
        with boundary(UserError, f"cannot write a run to {path}"):
            path.mkdir(parents=True, exist_ok=True)
            file = lock(path)
        with closed_on_error(file):
            if (path / CONFIG).exists():
                refuse_other_config(path, config)
            else:
                write_atomic(path / CONFIG, configuration.dump(config))
            return cls(path, config, file)

    @classmethod
    def resume(cls, path: Path) -> RunStore:
        """Go on with a run, under the configuration it was started with."""
        config = read_config(path)
        file = lock(path)
        with closed_on_error(file):
            return cls(path, config, file)

    def append(self, event: Event) -> None:
        """Write one event; after this it survives the death of this process."""
        line = encode(event)
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as exc:
            self._undo()
            raise InfrastructureError(
                f"cannot write {self.path / EVENTS}: {exc.strerror}; make room and resume the run"
            ) from exc
        self._end += len(line)
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            self._sync()

    def events(self) -> Iterator[Event]:
        return read_events(self.path)

    def write_proof(self, problem: str, lean: str, certificate: str, proved: bool) -> Path:
        """Store a finished file beside its certificate; returns where it lies.

        What tier 2 does not hold proved goes to `quarantine`: nothing but proofs is in `proofs`.
        """
        proof = proof_path(self.path, problem) if proved else quarantine_path(self.path, problem)
        write_atomic(certificate_path(proof), certificate)
        write_atomic(proof, lean)
        return proof

    def close(self) -> None:
        """Idempotent; gives the lock back."""
        if not self._file.closed:
            self._sync()
            self._file.close()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def _undo(self) -> None:
        """Take back what a failed write left, so that no torn line can end up in the middle."""
        with contextlib.suppress(OSError):
            os.truncate(self._file.fileno(), self._end)

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_events(path: Path) -> Iterator[Event]:
    """The events of a run directory (or of an events file), also while it is being written.

    Raises UserError naming file and line for a whole line that is no event.
    """
    file = path / EVENTS if path.is_dir() else path
    try:
        stream = file.open("rb")
    except OSError as exc:
        raise UserError(f"{path} holds no run: cannot read {file}: {exc.strerror}") from exc
    with stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                return
            yield decode(line, f"{file}:{number}")


def read_config(path: Path) -> RunConfig:
    """The configuration of a run directory. Raises UserError if it is none."""
    if not (path / CONFIG).is_file():
        raise UserError(f"{path} holds no run to go on with: it has no {CONFIG}")
    return configuration.load(path / CONFIG)


def is_run(path: Path) -> bool:
    return (path / EVENTS).is_file()


def proof_path(run: Path, problem: str) -> Path:
    return run / "proofs" / f"{file_name(problem)}.lean"


def quarantine_path(run: Path, problem: str) -> Path:
    return run / "quarantine" / f"{file_name(problem)}.lean"


def certificate_path(proof: Path) -> Path:
    return proof.with_name(proof.name.removesuffix(".lean") + ".cert.json")


def file_name(problem: str) -> str:
    """A file name for a problem: its own name where that is safe, different for others."""
    safe = re.sub(r"[^\w.'-]", "_", problem)[:100].lstrip(".")
    if safe == problem and safe:
        return safe
    return f"{safe}-{hashlib.sha256(problem.encode()).hexdigest()[:8]}"


def write_atomic(path: Path, text: str) -> None:
    """Replace a file as a whole: readers see the old text or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def encode(event: Event) -> bytes:
    return json_line(dataclasses.asdict(event))


def json_line(record: dict[str, Any]) -> bytes:
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates, which a model can produce
        return json.dumps(record).encode() + b"\n"


def decode(line: bytes, where: str) -> Event:
    try:
        data = json.loads(line)
        if not (isinstance(data["type"], str) and isinstance(data["data"], dict)):
            raise ValueError("type must be text and data an object")
        return Event(data["type"], float(data["time"]), data["data"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as exc:
        why = " ".join(str(exc).split())
        raise UserError(
            f"{where} is no event ({type(exc).__name__}: {why}); "
            "restore the file from a copy, or remove this line to owe its attempt again"
        ) from exc


def lock(path: Path) -> FileIO:
    """Open the events for appending, or raise UserError if another process does so."""
    file = open(path / EVENTS, "a+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        file.close()
        raise UserError(f"another campaign is writing {path}; wait for it, or stop it") from exc
    return file


@contextlib.contextmanager
def closed_on_error(file: FileIO) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise


def cut_torn_line(file: FileIO) -> int:
    """Cut the events file after its last newline; returns its length."""
    size = end = os.fstat(file.fileno()).st_size
    while end:
        start = max(0, end - 65536)
        newline = os.pread(file.fileno(), end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.truncate(file.fileno(), end)
    return end


def refuse_foreign(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file; name a folder for the run")
    if path.is_dir() and any(path.iterdir()):
        raise UserError(
            f"{path} is not empty and holds no run; name a new or empty folder for the run"
        )


def refuse_other_config(path: Path, config: RunConfig) -> None:
    if read_config(path).digest() != config.digest():
        raise UserError(
            f"{path} holds a run with another configuration; name another folder, "
            f"resume that run with its own {CONFIG}, or delete the folder to start over"
        )
