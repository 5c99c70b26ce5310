"""SQLite files that several processes use at once and that may be damaged."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

OPEN_TRIES = 5
MISREAD = (sqlite3.Error, ValueError, TypeError, AttributeError)
"""What a damaged file makes SQLite raise, or us when we read what it holds."""


def busy(exc: Exception) -> bool:
    """Another process has the file at the moment: no fault of the file."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def connect(path: Path | None, schema: str, seconds: float) -> sqlite3.Connection:
    """The database, made if it is not there, or one in memory; every statement is a transaction
    of its own, which waits for other processes for so long. Raises sqlite3.Error or OSError."""
    for _ in range(OPEN_TRIES - 1):
        try:
            return connect_once(path, schema, seconds)
        except sqlite3.Error as exc:
            # Those who open a new file at once get in one another's way, and SQLite may not wait.
            if not busy(exc):
                raise
            time.sleep(0.2)
    return connect_once(path, schema, seconds)


def connect_once(path: Path | None, schema: str, seconds: float) -> sqlite3.Connection:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    base = sqlite3.connect(path or ":memory:", timeout=seconds, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        for statement in schema.split(";"):
            base.execute(statement)
    except BaseException:
        base.close()
        raise
    return base


def size(base: sqlite3.Connection) -> int:
    """Bytes that the content takes up; the file may hold free room besides."""
    page, pages, free = (
        base.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page * (pages - free))
