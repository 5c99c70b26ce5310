"""What a family of problems is: named draws with a dial, and the text of a statement."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from prover.playground.terms import Env, Term, free, holds, perturbed

NEAR_MISSES = 0.12
"""The share of draws that are changed in one place, so that most of them are false."""


@dataclass(frozen=True)
class Draft:
    """A statement before Lean has seen it."""

    signature: str
    """What follows the theorem's name: binders, `:`, the conclusion."""
    header: str = ""
    likely: bool | None = None
    """Whether it held on the values that Python tried; None if that is not known."""

    def statement(self, name: str) -> str:
        return f"theorem {name} {self.signature}"


@dataclass(frozen=True)
class Family:
    name: str
    draw: Callable[[random.Random, int], Draft]
    """Pure: the same generator's state and level, the same draft. Its docstring says what the
    level turns; the family's is the same text."""
    levels: int = 3
    """The dial goes from 1 to here."""

    @property
    def about(self) -> str:
        return " ".join((self.draw.__doc__ or "").split())


def signature(types: Mapping[str, str], given: Sequence[Term], goal: Term) -> str:
    """Binders for the variables that occur, hypotheses `h1 h2 ...`, and the conclusion."""
    used = set().union(free(goal), *(free(h) for h in given))
    named = [(name, type) for name, type in types.items() if name in used]
    groups = groupby(named, key=lambda pair: pair[1])
    parts = [f"({' '.join(name for name, _ in group)} : {type})" for type, group in groups]
    parts += [f"(h{i} : {h})" for i, h in enumerate(given, 1)]
    return f"{' '.join(parts)} : {goal}".strip()


def drafted(
    rng: random.Random,
    types: Mapping[str, str],
    given: Sequence[Term],
    goal: Term,
    header: str = "",
    env: Env | None = None,
    likely: bool | None = None,
) -> Draft:
    """A draft, or now and then a near-miss of it. `likely` is what is known where nothing in
    Python can reckon the goal; else it is tried on small values."""
    reckoned, changed = likely is None, goal
    if rng.random() < NEAR_MISSES:
        changed = perturbed(goal, rng)
    if reckoned:
        likely = tried(rng, types, given, changed, env)
    if changed != goal and likely:  # it may well be false where nothing was tried
        likely = None
    return Draft(signature(types, given, changed), header, likely)


def tried(
    rng: random.Random,
    types: Mapping[str, str],
    given: Sequence[Term],
    goal: Term,
    env: Env | None,
) -> bool | None:
    used = set().union(free(goal), *(free(h) for h in given))
    mine = {name: type for name, type in types.items() if name in used}
    return holds(goal, mine, rng, given, env)
