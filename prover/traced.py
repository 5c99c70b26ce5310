"""The theorems of a Lean file as problems: what stands before one is its header. Text only.

Whoever knows the places (Lean's parser, LeanDojo) says where theorems begin and end; here they
become rows that `problems.source` reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prover.lean import source

PREFIX = re.compile(
    r"^[ \t]*(?P<command>(?:open|set_option|variable|omit|include|universe)\b[^\n]*)[ \t]in\s*\Z",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Found:
    """One theorem of a file; the places are offsets in its text."""

    start: int
    """Where its attributes and modifiers begin."""
    proof: int
    end: int
    sorry: bool
    """It has no proof, or none that holds where such theorems are left out."""


@dataclass(frozen=True)
class Traced:
    """One theorem of a repository."""

    name: str
    statement: str
    header: str
    file: str
    line: int
    informal: str = ""
    proof: str = ""
    """Empty for one that ends in `sorry`."""

    def row(self, name: str) -> dict[str, Any]:
        """As `problems.source` reads it (miniF2F's JSONL), with its place and its proof beside."""
        return {
            "name": name,
            "formal_statement": f"{self.statement} := by sorry",
            "header": self.header,
            "informal_prefix": self.informal,
            "file": self.file,
            "line": self.line,
            **({"reference": self.proof} if self.proof else {}),
        }


@dataclass(frozen=True)
class Premise:
    """Something of a repository that a proof may cite."""

    name: str
    """With its namespace."""
    statement: str
    file: str
    line: int
    kind: str = "theorem"

    def row(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Trace:
    """What a repository has; `skipped` says, a line each, what could not be made use of."""

    theorems: tuple[Traced, ...]
    premises: tuple[Premise, ...]
    skipped: tuple[str, ...] = ()


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def offset_of(text: str, line: int, column: int) -> int:
    """The offset of a 1-based line and 0-based column, in characters as Lean counts them."""
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at + column


def header_before(text: str, start: int, theorems: Iterable[Found]) -> tuple[str, str]:
    """(header, informal statement) of what begins at `start`.

    Theorems above without a proof are left out: a proof could cite them and prove nothing.
    """
    holes = [(began(text, f.start), f.end, "") for f in theorems if f.sorry and f.end <= start]
    before, informal = source.split_doc(source.splice(text[:start], holes))
    before = re.sub(r"\A\s*module\b", "", before)
    before, commands = prefixes(before)
    header = "\n".join([before.strip(), *commands]).strip()
    return f"{header}\n" if header else "", informal


def prefixes(before: str) -> tuple[str, list[str]]:
    """Take off `open Nat in` and the like at the end; as commands they say the same."""
    commands: list[str] = []
    while match := PREFIX.search(source.mask(before)):
        commands.insert(0, before[match.start() : match.end("command")].strip())
        before = before[: match.start()]
    return before, commands


def began(text: str, start: int) -> int:
    """Where what belongs to a theorem begins: its doc comment, and `open Nat in` above that."""
    before, informal = source.split_doc(text[:start])
    own = before if informal else text[:start]
    above, commands = prefixes(own)
    return len(above) if commands else len(own)


def theorem(text: str, at: Found, above: Sequence[Found], file: str, statement: str = "") -> Traced:
    """One theorem of a file's text; `statement` where Lean's parser has said it."""
    header, informal = header_before(text, at.start, above)
    _, _, name, written = source.split_problem(text[at.start : at.proof].removesuffix(":="))
    proof = "" if at.sorry else as_term(text, at)
    return Traced(
        name, statement or written, header, file, line_of(text, at.start), informal, proof
    )


def as_term(text: str, at: Found) -> str:
    """The proof as one term; equations become those of a `fun`, each line in its columns."""
    proof = text[at.proof : at.end].strip()
    column = at.proof - text.rfind("\n", 0, at.proof) - 1
    return f"fun\n{' ' * column}{proof}" if proof.startswith("|") else proof


def problem_rows(theorems: Iterable[Traced], proved: bool) -> list[dict[str, Any]]:
    """Rows with names of their own; those with proofs only if wanted."""
    used: dict[str, int] = {}
    rows = []
    for one in theorems:
        if one.proof and not proved:
            continue
        used[one.name] = used.get(one.name, 0) + 1
        nth = used[one.name]
        rows.append(one.row(one.name if nth == 1 else f"{one.name}_{nth}"))
    return rows
