"""A library as a Lean file: theorems that later campaigns offer as premises, and what each earned.

The file is its own record: what stands in it is read back, a comment above a theorem says what it
earned, and anyone may add theorems by hand. Each theorem rests on Lean's core and on theorems above
it alone, so it serves under every header.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from prover.assembly import replace_name, theorem_name, theorem_text
from prover.errors import UserError
from prover.lean import source
from prover.store import write_atomic
from prover.types import Lemma

HEADER = "set_option autoImplicit false\n"
"""Without it a name that is unknown outside of its problem's header would become a variable."""
HELPER = re.compile(r"_aux\d+$")
"""Ends the name of what only serves another theorem of the file."""


@dataclass(frozen=True)
class Credit:
    """What a theorem was worth on held-out goals: the search with it against the one without."""

    offered: int = 0
    """Goals that it was offered for."""
    used: int = 0
    """Goals whose proof has it."""
    gained: int = 0
    """Of those, goals that were not proved without it."""
    checks: int = 0
    """Checks saved on the others, less those that were lost where it was offered in vain."""
    characters: int = 0
    """By which the proofs of the others were shorter; the theorem itself is not counted."""

    @property
    def deserved(self) -> bool:
        return self.gained > 0 or (self.used > 0 and self.checks > 0)

    @property
    def rank(self) -> tuple[int, int, int]:
        return self.gained, self.checks, self.characters

    def __str__(self) -> str:
        return (
            f"credit: used in {self.used} of {self.offered} held-out goals, {self.gained} gained,"
            f" {self.checks} checks and {self.characters} characters saved"
        )


@dataclass(frozen=True)
class Entry:
    """One theorem of a library."""

    name: str
    statement: str
    body: str
    brings: tuple[Lemma, ...] = ()
    """What the body refers to, in order."""
    credit: Credit | None = None
    """None if nothing was measured."""
    instances: tuple[str, ...] = ()
    """Goals that it was made from."""

    @property
    def lemmas(self) -> tuple[Lemma, ...]:
        """All that a proof with it takes, itself last."""
        return (*self.brings, Lemma(self.statement, self.body))

    def to_dict(self) -> dict[str, object]:
        return {k: v for k, v in asdict(self).items() if k not in ("body", "brings")}


@dataclass(frozen=True)
class Library:
    entries: tuple[Entry, ...]
    why: dict[str, int] = field(default_factory=dict)
    """How many statements were left out, by reason, and what came in."""

    @property
    def text(self) -> str:
        """The Lean file."""
        return "\n\n".join([HEADER.strip(), *blocks(self.entries)]) + "\n"


def blocks(entries: Iterable[Entry]) -> Iterator[str]:
    """Each theorem once, below what it rests on and a comment that says what it earned."""
    there: set[Lemma] = set()
    for entry in entries:
        *helpers, own = entry.lemmas
        yield from (theorem_text(h) for h in helpers if h not in there)
        there.update(entry.lemmas)
        said = [str(entry.credit)] if entry.credit else []
        said += [f"from: {', '.join(entry.instances)}"] if entry.instances else []
        yield "\n".join([*(f"-- {line}" for line in said), theorem_text(own)])


def write(library: Library, path: Path) -> Path:
    """The Lean file, and beside it a JSON file for programs, whose path is returned."""
    write_atomic(path, library.text)
    record = path.with_suffix(".json")
    data = {"entries": [entry.to_dict() for entry in library.entries], "why": library.why}
    write_atomic(record, json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    return record


# -- reading -----------------------------------------------------------------------------------


def load(path: Path) -> Library:
    """Raises UserError if the file cannot be read or a theorem in it has no proof."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"cannot read the library {path}: {exc}") from exc
    return Library(tuple(parse(text, str(path))))


def parse(text: str, where: str) -> Iterator[Entry]:
    found = source.theorems(text)
    ends = [*(match.start() for match in found[1:]), len(text)]
    above: list[Lemma] = []
    for match, end in zip(found, ends, strict=True):
        statement, body = source.split_declaration(text[match.start("keyword") : end])
        body = source.normalise(body)
        if not body or re.search(r"\bsorry\b", source.mask(body)):
            name = theorem_name(statement)
            raise UserError(f"{where}: the theorem {name} has no proof; a library offers proofs")
        own = Lemma(statement, body)
        name = theorem_name(statement)
        if not HELPER.search(name):
            yield Entry(name, statement, body, named_by(own, above))
        above.append(own)


def named_by(lemma: Lemma, above: Sequence[Lemma]) -> tuple[Lemma, ...]:
    """Those above that it rests on, directly or not, in order."""
    needed: list[Lemma] = []
    for other in reversed(above):
        name = theorem_name(other.statement)
        if any(uses(each, name) for each in (lemma, *needed)):
            needed.append(other)
    return tuple(reversed(needed))


def uses(lemma: Lemma, name: str) -> bool:
    """Does its proof name this theorem?"""
    return replace_name(lemma.body, name, "") != lemma.body
