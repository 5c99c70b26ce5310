"""So many rows by their odds, without replacement; and odds as weights, where nothing is drawn.

One draw takes the rows with the largest log odds + Gumbel noise, which is the same as drawing one
after the other with what is left renormalised (Efraimidis and Spirakis 2006; in this form Kool et
al. 2019, arXiv 1903.06059). Odds may be as small as 2^-10000: they stay logarithms. Pure.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from prover.digest import sha256

Shares = Mapping[str, float]


def drawn(
    odds: Sequence[float],
    lots: Sequence[float],
    families: Sequence[str],
    shares: Shares | None,
    count: int,
    seed: int,
) -> list[int]:
    """Places of `count` rows, or of all if there are fewer, in order. Where families have shares
    each row is drawn from a family that is drawn first, among those that have rows left."""
    noisy = [o - math.log(-math.log(u)) for o, u in zip(odds, lots, strict=True)]
    ordered = sorted(range(len(odds)), key=lambda i: (-noisy[i], i))
    if shares is None:
        return sorted(ordered[:count])
    left: dict[str, list[int]] = defaultdict(list)
    for place in reversed(ordered):
        left[families[place]].append(place)
    chance = random.Random(sha256(f"{seed}:families"))  # noqa: S311 - a draw, not a secret
    found: list[int] = []
    while len(found) < count and left:
        names = sorted(left)
        (name,) = chance.choices(names, [shares[name] for name in names])
        found.append(left[name].pop())
        if not left[name]:
            del left[name]
    return sorted(found)


def as_weights(
    odds: Sequence[float], families: Sequence[str], shares: Shares | None
) -> list[float]:
    """A row that would be drawn twice as often counts twice as much in the loss instead."""
    top = max(odds, default=0.0)
    weights = [math.exp(o - top) for o in odds]
    if shares is None:
        return weights
    sums: dict[str, float] = defaultdict(float)
    for family, weight in zip(families, weights, strict=True):
        sums[family] += weight
    return [w * shares[f] / sums[f] for f, w in zip(families, weights, strict=True)]


def normalised(weights: Sequence[float]) -> list[float]:
    """With mean 1, so that the learning rate means what it did; exactly 1 where all are alike."""
    if len(set(weights)) < 2:
        return [1.0 for _ in weights]
    mean = math.fsum(weights) / len(weights)
    return [weight / mean for weight in weights]
