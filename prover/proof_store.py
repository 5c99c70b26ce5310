"""Proofs kept from problem to problem and from run to run: an SQLite file (design decision 9).

They are found by Lean version, header and canonical key, or by the conclusion alone. A hit is a
proposal like any other: Lean judges it again, and nothing here is trusted. What cannot be opened,
read or written costs a proof and one warning, never the run. Several processes may use the file.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from prover import database
from prover.database import MISREAD, busy
from prover.digest import sha256
from prover.errors import InfrastructureError
from prover.types import Goal, LeanFacts, Lemma

FILE = "proofs.sqlite"
A_KEY = 3
"""Proofs kept of one goal: the shortest."""
MAX_CHARS = 50_000
"""A longer proof is not kept: looking it up would cost more than it is likely to save."""
FAILURES = 3
"""A proof that failed so often, and more often than it served, is not proposed any more."""
BUSY_SECONDS = 2.0
"""How long a run waits for other processes at each look or note; then it is done without."""

SCHEMA = """CREATE TABLE IF NOT EXISTS headers (digest TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS proofs (id TEXT PRIMARY KEY, lean TEXT NOT NULL, scope TEXT NOT NULL,
 key TEXT NOT NULL, conclusion TEXT NOT NULL, hypotheses TEXT NOT NULL, statement TEXT NOT NULL,
 body TEXT NOT NULL, lemmas TEXT NOT NULL, header TEXT NOT NULL, proved_by TEXT NOT NULL,
 problem TEXT NOT NULL, source TEXT NOT NULL, seconds REAL NOT NULL, made INTEGER NOT NULL,
 checked INTEGER NOT NULL, hits INTEGER NOT NULL, failures INTEGER NOT NULL,
 length INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS by_key ON proofs (lean, scope, key);
CREATE INDEX IF NOT EXISTS by_conclusion ON proofs (lean, scope, conclusion)"""

Warn = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True)
class StoredProof:
    """A goal and a proof of it that needs nothing but the header."""

    lean: str
    """The Lean that proved it (`lean_of`)."""
    scope: str
    """Digest of the header if the goal rests on its definitions, empty if on imports alone: then
    it serves under any header."""
    key: str
    conclusion: str
    """The key of the goal without its hypotheses."""
    hypotheses: tuple[str, ...]
    """Their shapes (`types.Binder`), sorted."""
    statement: str
    body: str
    lemmas: tuple[Lemma, ...]
    """What the body refers to, in order."""
    header: str
    """The whole text that it was proved under."""
    proved_by: str
    problem: str
    source: str
    seconds: float
    """What Lean took to judge it; 0 if the verdict was reused."""
    made: int
    """Seconds since the epoch."""
    checked: bool = True
    """Lean has accepted it here; false for what was imported and not used yet."""
    hits: int = 0
    """How often it has closed a goal."""
    failures: int = 0
    row: str = field(default="", compare=False)
    """The `id` that it is stored under."""

    @property
    def id(self) -> str:
        """What it says, hashed; of a row that somebody has changed, what it said."""
        if self.row:
            return self.row
        lemmas = [[lemma.statement, lemma.body] for lemma in self.lemmas]
        what = [self.lean, self.scope, self.key, self.statement, self.body, lemmas]
        return sha256(json.dumps(what))[:32]

    @property
    def length(self) -> int:
        """In characters, the statements of lemmas included."""
        return len(self.body) + sum(len(x.statement) + len(x.body) for x in self.lemmas)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> StoredProof:
        """Raises TypeError, KeyError or ValueError for what is none."""
        lemmas = tuple(Lemma.from_dict(lemma) for lemma in data["lemmas"])
        made = cls(**{**data, "lemmas": lemmas, "hypotheses": tuple(data["hypotheses"])})
        texts = [x for lemma in made.lemmas for x in (lemma.statement, lemma.body)]
        texts += [made.lean, made.scope, made.key, made.conclusion, made.statement, made.body]
        texts += [made.header, made.proved_by, made.problem, made.source, *made.hypotheses]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is missing")
        numbers = int(made.made), int(made.hits), int(made.failures)
        return replace(
            made, seconds=float(made.seconds), made=numbers[0], checked=bool(made.checked),
            hits=numbers[1], failures=numbers[2],
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        lemmas = [{"statement": x.statement, "body": x.body} for x in self.lemmas]
        return {name: value for name, value in asdict(self).items() if name != "row"} | {
            "lemmas": lemmas
        }


FIELDS = tuple(field.name for field in fields(StoredProof))
NAMED = {"header": "headers.text", "row": "proofs.id"}
COLUMNS = ", ".join(NAMED.get(name, name) for name in FIELDS)
SELECT = f"SELECT {COLUMNS} FROM proofs JOIN headers ON headers.digest = proofs.header"


def lean_of(facts: LeanFacts) -> str:
    """Which Lean a proof is for; what its libraries give is another one's."""
    return " ".join([facts.lean, *sorted(facts.imports)])


def scope(goal: Goal) -> str:
    return sha256(goal.header) if goal.scoped else ""


def shapes(goal: Goal) -> tuple[str, ...]:
    return tuple(sorted(binder.shape for binder in goal.binders if binder.prop))


def fits(proof: StoredProof, goal: Goal) -> bool:
    """Might it close the goal? It has the same key, or no hypothesis that the goal lacks."""
    if (proof.scope, proof.key) == (scope(goal), goal.key):
        return True
    if not goal.conclusion or (proof.scope, proof.conclusion) != (scope(goal), goal.conclusion):
        return False
    return Counter(proof.hypotheses) <= Counter(shapes(goal))


class ProofStore:
    """`path` None keeps them in memory. Use from one thread.

    `strict`, for commands: what goes wrong raises InfrastructureError.
    """

    def __init__(self, path: Path | None, warn: Warn, strict: bool = False) -> None:
        self.path, self.strict = path, strict
        self._warn = warn
        self._base: sqlite3.Connection | None = None
        try:
            self._base = database.connect(path, SCHEMA, BUSY_SECONDS)
        except (*MISREAD, OSError) as exc:
            self._failed(exc)

    def put(self, proof: StoredProof) -> bool:
        """Keep a proof; one that Lean has accepted now is good, whatever became of it before.

        False if it was there, is too long, or longer than A_KEY others of the same goal."""
        return proof.length <= MAX_CHARS and self._try(lambda base: insert(base, proof), False)

    def exact(self, lean: str, goal: Goal) -> list[StoredProof]:
        """Of the same goal up to names and order: the shortest first."""
        where = "lean = ? AND scope = ? AND key = ?"
        values = (lean, scope(goal), goal.key)
        order = "length, proofs.id"
        return self._try(lambda base: list(select(base, where, values, order)), [])

    def fewer(self, lean: str, goal: Goal, most: int) -> list[StoredProof]:
        """Of goals with its conclusion and no other hypotheses: those with the fewest first."""
        where = "lean = ? AND scope = ? AND conclusion = ? AND key != ?"
        values = (lean, scope(goal), goal.conclusion, goal.key)
        order = "json_array_length(hypotheses), length, proofs.id"

        def look(base: sqlite3.Connection) -> list[StoredProof]:
            found = (p for p in select(base, where, values, order) if fits(p, goal))
            return [p for p, _ in zip(found, range(most), strict=False)]

        return self._try(look, []) if goal.conclusion else []

    def under(self, lean: str, header: str, most: int) -> list[StoredProof]:
        """Of goals that rest on definitions of this header: the shortest first."""
        where, values = "lean = ? AND scope = ?", (lean, sha256(header))

        def look(base: sqlite3.Connection) -> list[StoredProof]:
            found = select(base, where, values, "length, proofs.id")
            return [p for p, _ in zip(found, range(most), strict=False)]

        return self._try(look, [])

    def all(self, lean: str = "") -> list[StoredProof]:
        """Those of one Lean, or all, oldest first."""
        where, values = ("lean = ?", (lean,)) if lean else ("true", ())
        return self._try(lambda base: list(select(base, where, values, "made, proofs.id", 0)), [])

    def note(self, proof: str, proved: bool) -> None:
        """The proof of this id was tried: it closed a goal, or failed to."""
        change = "hits = hits + 1, checked = 1" if proved else "failures = failures + 1"
        what = f"UPDATE proofs SET {change} WHERE id = ?"
        self._try(lambda base: base.execute(what, (proof,)), None)

    def mark_checked(self, proof: str) -> None:
        what = "UPDATE proofs SET checked = 1 WHERE id = ?"
        self._try(lambda base: base.execute(what, (proof,)), None)

    def remove(self, proof: str) -> None:
        what = "DELETE FROM proofs WHERE id = ?"
        self._try(lambda base: base.execute(what, (proof,)), None)

    def size(self) -> int:
        return self._try(database.size, 0)

    def close(self) -> None:
        """Idempotent; the store is empty afterwards."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _try(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if self._base is None:
            return otherwise
        try:
            return act(self._base)
        except MISREAD as exc:
            if self.strict or not busy(exc):
                self._failed(exc)
            return otherwise

    def _failed(self, exc: Exception) -> None:
        self.close()
        text = f"the proof store {self.path} cannot be used ({exc})"
        if self.strict:
            what = "try again later" if busy(exc) else "move it away, and a new one is made"
            raise InfrastructureError(f"{text}; {what}") from exc
        self._warn(f"no proofs are looked up or stored: {text}")


def insert(base: sqlite3.Connection, proof: StoredProof) -> bool:
    header, data = sha256(proof.header), proof.to_dict()
    lists = {name: json.dumps(data[name]) for name in ("hypotheses", "lemmas")}
    row = {**data, **lists, "header": header, "id": proof.id, "length": proof.length}
    with transaction(base):
        base.execute("INSERT OR IGNORE INTO headers VALUES (?, ?)", (header, proof.header))
        values = ", ".join(f":{name}" for name in row)
        known = base.execute("SELECT 1 FROM proofs WHERE id = ?", (proof.id,)).fetchone()
        base.execute(
            f"INSERT INTO proofs ({', '.join(row)}) VALUES ({values}) ON CONFLICT (id) DO UPDATE"
            " SET checked = 1, failures = 0, body = excluded.body, lemmas = excluded.lemmas"
            " WHERE excluded.checked",
            row,
        )
        shortest = (
            "SELECT id FROM proofs WHERE lean = ? AND scope = ? AND key = ?"
            " ORDER BY checked DESC, length, id LIMIT -1 OFFSET ?"
        )
        key = (proof.lean, proof.scope, proof.key, A_KEY)
        gone = base.execute(f"DELETE FROM proofs WHERE id IN ({shortest}) RETURNING id", key)
        return known is None and (proof.id,) not in gone.fetchall()


@contextmanager
def transaction(base: sqlite3.Connection) -> Iterator[None]:
    base.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        base.execute("ROLLBACK")
        raise
    base.execute("COMMIT")


def select(
    base: sqlite3.Connection,
    where: str,
    values: Sequence[Any],
    order: str,
    failures: int = FAILURES,
) -> Iterator[StoredProof]:
    """Those that have not failed too often; with `failures` 0 all."""
    usable = f" AND failures < {failures} + hits" if failures else ""
    for row in base.execute(f"{SELECT} WHERE {where}{usable} ORDER BY {order}", tuple(values)):
        yield read_row(row)


def read_row(row: Sequence[Any]) -> StoredProof:
    data = dict(zip(FIELDS, row, strict=True))
    lists = {name: json.loads(data[name]) for name in ("hypotheses", "lemmas")}
    return StoredProof.from_dict({**data, **lists})


def now() -> int:
    return int(time.time())
