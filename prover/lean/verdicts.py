"""Verdicts kept from run to run: a bounded SQLite file in the user's cache folder.

It may be lost at any time and nothing but time is lost with it: what cannot be opened, read or
written costs the cache and one warning, never the run. Several processes may use it at once.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from prover import database
from prover.database import MISREAD, busy
from prover.errors import InfrastructureError
from prover.types import Verdict

FILE = "verdicts.sqlite"
MAX_ROWS = 1_000_000
MAX_BYTES = 500_000_000
TRIM_SHARE = 0.1
"""What goes at a time, oldest use first, once there is too much."""
TRIM_EVERY = 5_000
"""New verdicts after which the size is looked at; it is when the file is opened, too."""
BUSY_SECONDS = 2.0
"""How long one look or one note waits for other processes; then it is done without."""
HOUR = 3600
"""Use is noted to the hour: most answers then write nothing."""

SCHEMA = """CREATE TABLE IF NOT EXISTS verdicts
(key TEXT PRIMARY KEY, used INTEGER NOT NULL, verdict TEXT NOT NULL) WITHOUT ROWID"""

Warn = Callable[[str], None]


class Verdicts:
    """Verdicts by key. `path` None keeps them in memory. Use from one thread."""

    def __init__(
        self,
        path: Path | None,
        warn: Warn,
        max_rows: int = MAX_ROWS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.path = path
        self._warn = warn
        self._max_rows, self._max_bytes = max_rows, max_bytes
        self._new = 0
        self._base: sqlite3.Connection | None = None
        try:
            self._base = connect(path)
            self._trim(self._base)
        except (*MISREAD, OSError) as exc:
            self._give_up(exc)

    def get(self, key: str) -> Verdict | None:
        """The verdict kept under a key, if there is one."""
        if self._base is None:
            return None
        try:
            row = self._base.execute(
                "SELECT used, verdict FROM verdicts WHERE key = ?", (key,)
            ).fetchone()
            if row is None:
                return None
            if row[0] != (now := hour()):
                self._base.execute("UPDATE verdicts SET used = ? WHERE key = ?", (now, key))
            return Verdict.from_dict(json.loads(row[1]))
        except MISREAD as exc:
            if not busy(exc):
                self._give_up(exc)
            return None

    def put(self, key: str, verdict: Verdict) -> None:
        if self._base is None:
            return
        row = (key, hour(), json.dumps(asdict(verdict)))
        try:
            self._base.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)", row)
            self._new += 1
            if self._new % TRIM_EVERY == 0:
                self._trim(self._base)
        except MISREAD as exc:
            if not busy(exc):
                self._give_up(exc)

    def close(self) -> None:
        """Idempotent; the cache is empty afterwards."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _trim(self, base: sqlite3.Connection) -> None:
        rows, used = size(base)
        while rows > self._max_rows or used > self._max_bytes and rows:
            gone = max(1, rows - self._max_rows, int(rows * TRIM_SHARE))
            oldest = "SELECT key FROM verdicts ORDER BY used LIMIT ?"
            base.execute(f"DELETE FROM verdicts WHERE key IN ({oldest})", (gone,))
            rows, used = size(base)

    def _give_up(self, exc: Exception) -> None:
        self.close()
        self._warn(
            f"no verdicts are reused: the cache {self.path} cannot be used ({exc});"
            " `prover cache --clear` makes a new one"
        )


def connect(path: Path | None) -> sqlite3.Connection:
    return database.connect(path, SCHEMA, BUSY_SECONDS)


def size(base: sqlite3.Connection) -> tuple[int, int]:
    """(rows, bytes) that the verdicts take up; the file may hold free room besides."""
    (rows,) = base.execute("SELECT count(*) FROM verdicts").fetchone()
    return rows, database.size(base)


def stored(path: Path) -> tuple[int, int]:
    """(verdicts, bytes) in a file, which need not exist. Raises InfrastructureError if damaged."""
    if not path.exists():
        return 0, 0
    try:
        base = connect(path)
        try:
            return size(base)
        finally:
            base.close()
    except sqlite3.Error as exc:
        raise InfrastructureError(
            f"the cache {path} cannot be read ({exc}); `prover cache --clear` makes a new one"
        ) from exc


def clear(path: Path) -> None:
    """Forget all verdicts. A sound file may be in use: it is emptied; a damaged one is removed."""
    if not path.exists():
        return
    try:
        base = connect(path)
        try:
            base.execute("DELETE FROM verdicts")
            base.execute("VACUUM")
        finally:
            base.close()
    except sqlite3.Error:
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)


def hour() -> int:
    return int(time.time()) // HOUR
