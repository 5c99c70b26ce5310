"""Premises: theorems of the library that may help with a goal, found by the constants they share.

The library's theorems lie in an SQLite file, one for each Lean, with a full-text index whose words
are constants. The index brings what shares rare constants with the goal (bm25); the order among
those is by how much of a theorem's own constants the goal has too, each weighted by its rarity
(Meng and Paulson, "Lightweight relevance filtering for machine-generated resolution problems",
2009, section 3). What a theorem is called counts a little besides.
"""

from __future__ import annotations

import math
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prover.errors import InfrastructureError
from prover.types import Goal

FORMAT = 1
"""Of the file; to be raised when its tables change."""
IN_MEMORY = Path(":memory:")
SHORTLIST = 1_000
"""Theorems that the index brings, to be ordered one by one."""
LOOKED_AT = 6_000
"""Theorems that the index ranks at most, unless a single constant is in more: the rarest constants
find them, since what shares only `Eq` and `Nat` with a goal would take long and be of no use."""
WORD_WEIGHT = 0.5
"""What a word of a theorem's name that the goal speaks of adds, in units of a constant's rarity."""
SAME_HEAD = 1.5
"""What it counts that a theorem concludes with the goal's head, so that it might be applied."""
COVERAGE = 2.0
"""How much it counts that a theorem speaks of nothing but what the goal speaks of."""

SCHEMA = """
CREATE TABLE constants (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, used INTEGER NOT NULL);
CREATE TABLE premises (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL,
    hypotheses INTEGER NOT NULL, head TEXT NOT NULL, symbols TEXT NOT NULL, words TEXT NOT NULL,
    weight REAL NOT NULL, statement TEXT);
CREATE VIRTUAL TABLE found USING fts5(symbols, words, content='');
"""

Row = tuple[str, int, str, Sequence[str], Sequence[str]]
"""As the driver lists a theorem: name, hypotheses, head and constants of the conclusion, all
constants."""

Found = tuple[str, int, str, str, str, float]
"""A row of the file: name, hypotheses, head, ids of all constants, words of the name, and how rare
its constants are together."""


@dataclass(frozen=True)
class Premise:
    name: str
    hypotheses: int
    """Explicit arguments that nothing later depends on."""
    head: str
    """Head constant of the conclusion."""


Retrieve = Callable[[Goal], Sequence[Premise]]
"""The best premises for a goal, best first."""


def none_found(goal: Goal) -> Sequence[Premise]:
    return ()


class Premises:
    """The premises of one Lean. Use from one thread."""

    def __init__(self, path: Path, rows: Sequence[Row] = ()) -> None:
        """Raises InfrastructureError if the file cannot be read or is not complete.

        With `IN_MEMORY` for a path, the premises are `rows`."""
        self.path = path
        with readable(path):
            self._base = sqlite3.connect(path)
            if path == IN_MEMORY:
                self._base.executescript(SCHEMA)
                fill(self._base, rows)
            (self.size,) = self._base.execute("SELECT count(*) FROM premises").fetchone()

    def close(self) -> None:
        self._base.close()

    def find(self, goal: Goal, number: int) -> list[Premise]:
        """Raises InfrastructureError if the file cannot be read."""
        constants = [*map(bare, goal.constants)]
        return self.search(constants, words_of_goal(goal), number, goal.head)

    def search(
        self, constants: Sequence[str], words: Iterable[str], number: int, head: str = ""
    ) -> list[Premise]:
        """Those that share most with what is given, best first."""
        spoken = set(words)
        with readable(self.path):
            known = self._known(constants)
            rows = self._shortlist(known, spoken)
        weights = {str(i): rarity(used, self.size) for i, used in known.items()}
        if weights:
            rows.sort(key=lambda row: (-score(row, weights, spoken, head), row[0]))
        return [Premise(*row[:3]) for row in rows[:number]]

    def statements(self, names: Sequence[str]) -> dict[str, str]:
        """Those that are kept already."""
        marks = ",".join("?" * len(names))
        query = f"SELECT name, statement FROM premises WHERE name IN ({marks})"
        with readable(self.path):
            return {n: s for n, s in self._base.execute(query, tuple(names)) if s is not None}

    def keep(self, statements: dict[str, str]) -> None:
        """Lean prints a statement once; a file that cannot be written costs only that."""
        rows = [(text, name) for name, text in statements.items()]
        try:
            with self._base:
                self._base.executemany("UPDATE premises SET statement = ? WHERE name = ?", rows)
        except sqlite3.Error:
            pass

    def _known(self, constants: Sequence[str]) -> dict[int, int]:
        marks = ",".join("?" * len(constants))
        query = f"SELECT id, used FROM constants WHERE name IN ({marks})"
        return dict(self._base.execute(query, tuple(constants)))

    def _shortlist(self, known: dict[int, int], words: set[str]) -> list[Found]:
        terms = [f"symbols : c{i}" for i in rarest(known)]
        terms = terms or [f'words : "{word}"' for word in sorted(words)]
        if not terms:
            return []
        best = "SELECT rowid AS id FROM found WHERE found MATCH ? ORDER BY rank LIMIT ?"
        columns = "name, hypotheses, head, symbols, words, weight"
        query = f"SELECT {columns} FROM ({best}) JOIN premises USING (id)"
        return list(self._base.execute(query, (" OR ".join(terms), SHORTLIST)))


def rarity(used: int, size: int) -> float:
    """Nats of a constant that stands in `used` of `size` theorems."""
    return math.log((size + 1) / (used + 0.5))


def rarest(known: dict[int, int]) -> list[int]:
    """The rarest constants, as many as together stand in so many theorems."""
    chosen, total = list[int](), 0
    for i, used in sorted(known.items(), key=lambda item: (item[1], item[0])):
        total += used
        if chosen and total > LOOKED_AT:
            break
        chosen.append(i)
    return chosen


def score(row: Found, weights: dict[str, float], spoken: set[str], head: str) -> float:
    """How much a theorem shares with a goal, less the more it speaks of other things."""
    _, _, concludes, symbols, called, weight = row
    shared = sum(weights.get(symbol, 0.0) for symbol in symbols.split())
    named = [word in spoken for word in called.split()]
    words = sum(named) / max(len(named), 1)
    covered = shared / (weight + 1.0)
    alike = SAME_HEAD if concludes == head else 1.0
    return float(alike * (shared + WORD_WEIGHT * words) * covered**COVERAGE)


PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def words(name: str) -> list[str]:
    """`List.getElem?_append` -> list, get, elem, append."""
    return [part.lower() for part in PART.findall(name)]


def words_of_goal(goal: Goal) -> set[str]:
    """Of the names of its constants and of the definitions that it rests on, types left out."""
    names = [n.split(".")[-1] for n in (*goal.constants, *goal.definitions)]
    return {w for n in names if not n.startswith("inst") for w in words(n) if len(w) > 2}


def bare(name: str) -> str:
    return name.replace("«", "").replace("»", "")


# -- making the file ---------------------------------------------------------------------------


def write(path: Path, rows: Sequence[Row]) -> None:
    """The file as a whole, or not at all. Raises InfrastructureError if it cannot be written."""
    part = path.with_suffix(f".{os.getpid()}.part")
    with readable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        base = sqlite3.connect(part, isolation_level=None)
        try:
            base.execute("PRAGMA synchronous = OFF")
            base.executescript(f"BEGIN; {SCHEMA}")
            fill(base, rows)
            base.execute("COMMIT")
        finally:
            base.close()
        part.replace(path)


def fill(base: sqlite3.Connection, rows: Sequence[Row]) -> None:
    rows = list({row[0]: row for row in rows}.values())  # Lean may derive one in two modules
    used: dict[str, int] = {}
    for row in rows:
        for name in set(row[4]):
            used[name] = used.get(name, 0) + 1
    ids = {name: i for i, name in enumerate(used, 1)}
    base.executemany(
        "INSERT INTO constants VALUES (?, ?, ?)", ((ids[n], n, u) for n, u in used.items())
    )
    for i, (name, hypotheses, head, _, constants) in enumerate(rows, 1):
        symbols = sorted({ids[n] for n in constants})
        text, called = " ".join(map(str, symbols)), " ".join(words(name))
        weight = sum(rarity(used[n], len(rows)) for n in set(constants))
        base.execute(
            "INSERT INTO premises VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
            (i, name, hypotheses, head, text, called, weight),
        )
        terms = " ".join(f"c{s}" for s in symbols)
        base.execute(
            "INSERT INTO found (rowid, symbols, words) VALUES (?, ?, ?)", (i, terms, called)
        )


@contextmanager
def readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        raise InfrastructureError(
            f"the index of the library {path} cannot be used ({exc}); remove it and a new one is"
            " made, or set search.premises to 0"
        ) from exc
