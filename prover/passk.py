"""pass@k and its intervals; pure.

The estimator is that of Chen et al. 2021 (arXiv 2107.03374, equation 1). It is unbiased if the
number of samples was fixed before any was judged: samples that stop at the first success are
others, and dividing their successes by their number says too much.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

CONFIDENCE = 0.95
RESAMPLES = 2_000
"""Of a bootstrap; its ends are then good to about half a percentage point."""


@dataclass(frozen=True)
class Estimate:
    """A value with the interval that holds it at `CONFIDENCE`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Count:
    """What became of one problem's samples."""

    samples: int
    passed: int
    undecided: int = 0
    """Neither proved nor rejected; no part of `passed`."""

    def __post_init__(self) -> None:
        if min(self.samples, self.passed, self.undecided) < 0:
            raise ValueError("counts are not negative")
        if self.passed + self.undecided > self.samples:
            raise ValueError("there are more verdicts than samples")


def pass_at(count: Count, k: int) -> float:
    """The chance that at least one of k of the samples passes: 1 - C(n-c, k) / C(n, k).

    As a product, since the binomials are huge. Raises ValueError unless 1 <= k <= n.
    """
    n, c = count.samples, count.passed
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} wants between 1 and {n} of {n} samples")
    missed = 1.0
    for i in range(n - c + 1, n + 1):
        missed *= max(0.0, 1.0 - k / i)
    return 1.0 - missed


def mean_pass_at(counts: Sequence[Count], k: int) -> Estimate:
    """The mean over problems, with a bootstrap interval over problems: which problems a benchmark
    has is chance too."""
    return bootstrap([pass_at(count, k) for count in counts])


def bootstrap(
    values: Sequence[float], of: Callable[[Sequence[float]], float] = fmean, seed: int = 0
) -> Estimate:
    """The percentile interval of Efron's bootstrap; the same seed gives the same interval.

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("there is nothing to draw from")
    draw = random.Random(seed)
    found = sorted(of(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = found[int(tail * RESAMPLES)], found[int((1.0 - tail) * RESAMPLES) - 1]
    return Estimate(of(values), low, high)


def wilson(successes: int, total: int) -> Estimate:
    """A share with its score interval (Wilson 1927), which keeps within 0 and 1 for few trials
    and for shares of 0 and 1. Raises ValueError for no trials."""
    if not 0 <= successes <= total or not total:
        raise ValueError(f"{successes} of {total} is no share")
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2.0)
    share, square = successes / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    spread = share * (1 - share) / total + square / (4 * total * total)
    half = z * spread**0.5 / (1 + square / total)
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


def powers(most: int) -> list[int]:
    """1, 2, 4, ... up to `most`, which is the last."""
    found = [2**i for i in range(most.bit_length())]
    return found if found and found[-1] == most else [*found, most] if most else []
