"""Benchmark statements known to be wrong, found by what they say; pure.

A benchmark is copied and mended, so a problem's name does not tell whether the copy at hand has
the fault. Each entry of `errata.json` has the digests of the wrong statements themselves.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from prover.digest import sha256
from prover.lean import source
from prover.types import Problem

Fault = Literal["false", "vacuous", "degenerate", "misstated"]
"""`false`: its negation can be proved; `vacuous`: its hypotheses contradict one another;
`degenerate`: true for a trivial reason that was not meant; `misstated`: it says something else,
of which it is not known whether it is true."""

MEMBERSHIP = re.compile(r"([∑∏]\s*[^,∑∏]*?)\sin\s")
"""Mathlib wrote `∑ x in s` until 2025 and writes `∑ x ∈ s` since."""


@dataclass(frozen=True)
class Erratum:
    suite: str
    name: str
    fault: Fault
    why: str
    sources: tuple[str, ...]
    """Who says so."""
    digests: tuple[str, ...]
    """Of the statements that have the fault, by `digest`."""


@functools.cache
def known() -> dict[str, Erratum]:
    """By digest."""
    text = resources.files("prover").joinpath("errata.json").read_text(encoding="utf-8")
    rows = [
        Erratum(**{**row, "sources": tuple(row["sources"]), "digests": tuple(row["digests"])})
        for row in json.loads(text)
    ]
    return {digest: row for row in rows for digest in row.digests}


def digest(statement: str) -> str:
    """Equal for statements that differ in their theorem's name, layout, comments and the notation
    of membership under a big operator. Headers are left out."""
    text = source.normalise(source.rename(statement, "it"))
    text = MEMBERSHIP.sub(r"\1 ∈ ", text)
    return sha256(" ".join(re.findall(r"\w+|[^\w\s]", text)))


def wrong(problems: Iterable[Problem]) -> dict[str, Erratum]:
    """Those of the problems whose statement is known to be wrong, by name."""
    found = ((p.name, known().get(digest(p.statement))) for p in problems)
    return {name: erratum for name, erratum in found if erratum}
