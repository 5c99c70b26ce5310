"""A problem that the playground made, with where it comes from; one JSON line each.

The line's first keys are a problem's own, so `problems.source: FILE.jsonl` of a run reads it as any
other file of problems; the others say how it came about and what Lean has said of it so far.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from prover.digest import sha256
from prover.errors import UserError
from prover.types import Problem

Cell = tuple[str, int]
"""A family and a level of it."""
Standing = Literal["open", "proved", "refuted"]
"""`proved`: Lean took `proof` (tier 1); `refuted`: Lean took a proof of the negation."""


@dataclass(frozen=True)
class Made:
    problem: Problem
    family: str
    """Of the generator, or that of the problem it was made from."""
    level: int
    """The difficulty dial, from 1; a family's docstring says what it turns."""
    how: str = "drawn"
    """`drawn` by a family's generator, or the mutator that made it."""
    parents: tuple[str, ...] = ()
    """Names of the problems it was made from."""
    key: str = ""
    """The goal's canonical key, once Lean has elaborated it."""
    standing: Standing = "open"
    proof: str = ""
    """The body that Lean took, if it is proved."""
    counterexample: str = ""

    @property
    def cell(self) -> Cell:
        return self.family, self.level

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Made:
        own = {k: data[k] for k in Problem.__dataclass_fields__ if k in data}
        rest = {k: data[k] for k in cls.__dataclass_fields__ if k in data and k != "problem"}
        return cls(Problem(**own), **{**rest, "parents": tuple(rest.get("parents", ()))})

    def line(self) -> str:
        data = asdict(self)
        return json.dumps({**data.pop("problem"), **data}, ensure_ascii=False) + "\n"


def identity(made: Made) -> str:
    """Equal for equal problems: the canonical key, and the header that gives it its meaning.

    The key alone has the names of a header's definitions, not what they are.
    """
    return distinct(made.key, made.problem.header)


def distinct(key: str, header: str) -> str:
    return f"{key}@{sha256(header)}" if header.strip() else key


def dump(found: Iterable[Made]) -> str:
    return "".join(each.line() for each in found)


def parse(text: str, where: str) -> list[Made]:
    """The inverse of `dump`. Raises UserError naming the line that is none of the playground's."""
    made = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                made.append(Made.from_dict(json.loads(line)))
            except (ValueError, KeyError, TypeError) as exc:
                raise UserError(f"{where}:{number} is no problem of the playground: {exc}") from exc
    return made
