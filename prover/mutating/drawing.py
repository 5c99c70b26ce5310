"""Which mutant is looked at next: shares among kinds, turns among mutators and seeds; pure.

Everything is decided by the seed and by what came of earlier mutants, so that equal calls draw
equal mutants.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeVar

from prover.errors import UserError
from prover.mutating import easier, harder, lemmas, pairs
from prover.mutating.forms import Mutant, Seed
from prover.mutating.seeds import Seeds

T = TypeVar("T")
One = Callable[[Seed], Iterator[Mutant]]
Two = Callable[[Seed, Seed], Iterator[Mutant]]

HARDER: Mapping[str, One] = {
    "substituted": harder.substituted, "generalised": harder.generalised,
    "widened": harder.widened, "dropped": harder.dropped, "weakened": harder.weakened,
    "strengthened": harder.strengthened, "changed": harder.changed,
}  # fmt: skip
PAIRS: Mapping[str, Two] = {
    "chained": pairs.chained, "rewritten": pairs.rewritten,
    "summed": pairs.summed, "conjoined": pairs.conjoined,
}  # fmt: skip
EASIER: Mapping[str, One] = {
    "special": easier.special, "assumed": easier.assumed, "halved": easier.halved,
}  # fmt: skip
GROUPS: Mapping[str, tuple[str, ...]] = {
    "harder": ("proposed", *HARDER, *PAIRS),
    "easier": (*EASIER, "hole"),
    "negation": ("negated",),
    "lemma": ("lemma", "abstracted"),
}
SHARE: Mapping[str, float] = {"harder": 0.5, "easier": 0.25, "negation": 0.1, "lemma": 0.15}
LESS = {"summed": 0.4, "conjoined": 0.4}
"""Their part of a mutator's share: what two facts say side by side is seldom more than both."""
ROUNDS = 6
"""Mutants that one mutator makes of one seed at most."""
PARTNERS = 60
"""Of a seed in a mutator of two: others that it is tried with, most of them in vain."""
FRUITLESS = 0.2
"""A mutant that came to nothing counts so much of one that did: turns go to what bears fruit."""


@dataclass
class Turn:
    """A mutator with what it still has to offer."""

    how: str
    weight: float
    stream: Iterator[Mutant]
    drawn: int = 0
    kept: int = 0
    queue: list[Mutant] = field(default_factory=list)
    """What others have left for it: every second one, as long as it has its own."""

    @property
    def served(self) -> float:
        return (self.kept + FRUITLESS * (self.drawn - self.kept)) / self.weight

    def next(self) -> Mutant | None:
        first = next(self.stream, None) if not self.queue or self.drawn % 2 == 0 else None
        mutant = first or (self.queue.pop(0) if self.queue else None)
        self.drawn += mutant is not None
        return mutant


def turns(
    found: Seeds, proposed: Iterable[Mutant], seed: int, share: Mapping[str, float] | None
) -> list[Turn]:
    """Every mutator with its share. Raises UserError for a share of what there is not."""
    streams: dict[str, Iterator[Mutant]] = {"proposed": iter(list(proposed))}
    streams |= {how: each(how, act, found.solved, seed) for how, act in HARDER.items()}
    streams |= {how: couples(how, act, found.solved, seed) for how, act in PAIRS.items()}
    streams |= {how: each(how, act, found.failed, seed) for how, act in EASIER.items()}
    streams["widened"] = each("widened", harder.widened, [*found.solved, *found.failed], seed)
    streams["hole"] = each("hole", easier.hole, found.holes, seed)
    streams["negated"] = each("negated", lemmas.negated, found.refuted, seed)
    own = each("lemma", lemmas.lemma, found.lemmas, seed)
    streams["lemma"] = mixed(own, iter(shuffled(found.brought, f"{seed}/brought")))
    known = [*found.lemmas, *(hole for hole in found.holes if hole.standing == "solved")]
    streams["abstracted"] = each("abstracted", lemmas.abstracted, known, seed)
    weights = shares(share)
    return [
        Turn(how, LESS.get(how, 1.0) * weights[group] / len(hows), streams[how])
        for group, hows in GROUPS.items()
        for how in hows
        if weights[group] > 0
    ]


def shares(share: Mapping[str, float] | None) -> dict[str, float]:
    given = dict(SHARE if share is None else share)
    for name, value in given.items():
        if name not in GROUPS or value < 0:
            raise UserError(
                f"a share is for one of {', '.join(GROUPS)} and not negative, not {name}={value:g}"
            )
    return {name: given.get(name, 0.0) for name in GROUPS}


def batch(going: Sequence[Turn], size: int) -> list[tuple[Turn, Mutant]]:
    """The next mutants, each of whoever has had least so far; fewer where all is used up."""
    found: list[tuple[Turn, Mutant]] = []
    waiting = list(going)
    while waiting and len(found) < size:
        turn = min(waiting, key=lambda t: t.served)  # of equals the first
        mutant = turn.next()
        if mutant is None:
            waiting.remove(turn)
        else:
            found.append((turn, mutant))
    return found


def each(how: str, act: One, seeds: Sequence[Seed], seed: int) -> Iterator[Mutant]:
    """In rounds over the seeds, one mutant of each; a seed has an order of its own."""
    order = shuffled(seeds, f"{seed}/{how}")
    given: dict[int, list[Mutant]] = {}
    for number in range(ROUNDS):
        for place, one in enumerate(order):
            if number == 0:
                given[place] = shuffled(list(act(one)), f"{seed}/{how}/{one.name}")[:ROUNDS]
            if number < len(given[place]):
                yield given[place][number]


def couples(how: str, act: Two, seeds: Sequence[Seed], seed: int) -> Iterator[Mutant]:
    """As `each`, with some of the seeds that go with one for its other half."""

    def both(one: Seed) -> Iterator[Mutant]:
        others = [two for two in seeds if pairs.compatible(one, two)]
        # Those over the same definitions first: they have something to say to each other.
        order = shuffled(others, f"{seed}/{how}/with/{one.name}")
        order.sort(key=lambda two: -len(set(one.goal.definitions) & set(two.goal.definitions)))
        for two in order[:PARTNERS]:
            yield from act(one, two)

    yield from each(how, both, seeds, seed)


def mixed(*streams: Iterator[Mutant]) -> Iterator[Mutant]:
    for row in zip_longest(*streams):
        yield from (mutant for mutant in row if mutant is not None)


def shuffled(items: Sequence[T], seed: str) -> list[T]:
    return random.Random(seed).sample(list(items), len(items))
