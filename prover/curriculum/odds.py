"""What occurs more often among some things than among others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

PRIOR = 4.0
"""Things that the prior counts for, with as many occurrences as there are among all."""


@dataclass(frozen=True)
class Odds:
    name: str
    here: int
    """Of the first things, those with it."""
    there: int
    log_odds: float
    """Of having it here, over having it there; natural logarithm."""
    z: float
    """The same over its standard deviation."""


def odds(name: str, here: int, of_here: int, there: int, of_there: int) -> Odds:
    """The log-odds ratio with an informative prior of Monroe, Colaresi and Quinn 2008 (Political
    Analysis 16, 372-403), with a Beta prior for their Dirichlet: things either have it or not."""
    base = (here + there + 0.5) / (of_here + of_there + 1.0)
    counts = [
        (here + PRIOR * base, of_here - here + PRIOR * (1 - base)),
        (there + PRIOR * base, of_there - there + PRIOR * (1 - base)),
    ]
    first, second = (log(have / lack) for have, lack in counts)
    variance = sum(1 / have + 1 / lack for have, lack in counts)
    return Odds(name, here, there, first - second, (first - second) / variance**0.5)


def contrasted(here: Sequence[Iterable[str]], there: Sequence[Iterable[str]]) -> list[Odds]:
    """Of all that the things have, most of the first ones first."""
    first, second = counted(here), counted(there)
    found = [
        odds(name, first.get(name, 0), len(here), second.get(name, 0), len(there))
        for name in first.keys() | second.keys()
    ]
    return sorted(found, key=lambda each: (-each.z, each.name))


def counted(things: Sequence[Iterable[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for thing in things:
        for name in set(thing):
            found[name] = found.get(name, 0) + 1
    return found
