"""What a pass rate is worth to the next round: nothing at 0 and at 1, most at the edge. Pure.

learnability   1 - p where 0 < p < 1, else 0: the proposer's reward of Absolute Zero
               (arXiv 2505.03335)
variance       p (1 - p), the variance of one try: without any, no try is better than the mean
uniform        1

Filters leave out what is too easy to learn from, and what nobody can say is provable:

stp            proved, but less than a quarter of the time (STP, arXiv 2502.00212)
kimina         at most half of the time (the prompts of Kimina-Prover-RL, after arXiv 2504.11354)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction
from math import floor
from typing import Literal, TypeVar

from pydantic import Field

from prover.config import Section
from prover.curriculum.rates import ANY, Rate, Rates
from prover.curriculum.strata import BOUNDS

PRIOR_TRIES = 4.0
"""For so many tries the best that a weight can be counts, so that what is hardly known is tried
(optimistic initial values: Sutton and Barto 2018, section 2.6)."""
KIMINA_MOST = 0.5

Weigh = Literal["uniform", "learnability", "variance"]
Filter = Literal["none", "stp", "kimina"]
K = TypeVar("K", bound=Hashable)


class CurriculumConfig(Section):
    weigh: Weigh = "learnability"
    """How a pass rate becomes a weight."""
    filter: Filter = "none"
    """Which pass rates count at all."""
    explore: float = Field(default=0.1, ge=0, le=1)
    """The share that is spread evenly over all cells, whatever is known of them."""
    mutants: float = Field(default=0.3, ge=0, le=1)
    """The share that is made from problems of this round, where it has any to make them from."""


def learnability(p: float) -> float:
    return 1.0 - p if 0.0 < p < 1.0 else 0.0


def variance(p: float) -> float:
    return p * (1.0 - p)


def uniform(p: float) -> float:
    return 1.0


WEIGHTS = {
    "learnability": (learnability, 1.0),
    "variance": (variance, 0.25),
    "uniform": (uniform, 1.0),
}
"""With the most that each can be."""


def passes(rate: Rate, filter: Filter) -> bool:
    if filter == "stp":
        return 0.0 < rate.share < BOUNDS[1]
    return filter == "none" or rate.share <= KIMINA_MOST


def weight(rate: Rate, config: CurriculumConfig) -> float:
    """Of a problem or a cell with this rate, as far as it is known."""
    of, _ = WEIGHTS[config.weigh]
    return of(rate.share) if rate.tries and passes(rate, config.filter) else 0.0


def worth(rate: Rate, config: CurriculumConfig) -> float:
    """The weight, with `PRIOR_TRIES` tries at which it was the best there is."""
    _, best = WEIGHTS[config.weigh]
    known = rate.tries * weight(rate, config)
    return (known + PRIOR_TRIES * best) / (rate.tries + PRIOR_TRIES)


def weighed(rates: Rates, config: CurriculumConfig, solver: str = ANY) -> dict[str, float]:
    """Problems by name with their weights, those at 0 left out: to draw training prompts, or
    parents of mutants, at the edge of a solver."""
    found = {
        each.name: weight(each.by[solver], config)
        for each in rates.problems()
        if solver in each.by and not each.refuted
    }
    return {name: value for name, value in found.items() if value > 0.0}


def spread(weights: Mapping[K, float], explore: float) -> dict[K, float]:
    """Shares that sum to 1: by weight, but for the part that goes to all alike."""
    total, even = sum(weights.values()), 1.0 / max(len(weights), 1)
    if not total:
        return dict.fromkeys(weights, even)
    return {key: (1 - explore) * (w / total) + explore * even for key, w in weights.items()}


def evenly(count: int, keys: Iterable[K]) -> dict[K, int]:
    """Even shares; what is left over goes to the first ones."""
    return apportion(count, dict.fromkeys(keys, 1.0))


def apportion(count: int, shares: Mapping[K, float]) -> dict[K, int]:
    """Whole numbers that sum to `count`, by largest remainder; ties go to whom stands first.

    Raises ValueError for a negative count, and for shares that are negative or all 0."""
    parts = {key: Fraction(share) for key, share in shares.items()}
    total = sum(parts.values())
    if count < 0 or total <= 0 or min(parts.values()) < 0:
        raise ValueError(f"{count} cannot be shared out by {dict(shares)}")
    exact = {key: count * part / total for key, part in parts.items()}
    found = {key: floor(value) for key, value in exact.items()}
    left = count - sum(found.values())
    for key in sorted(exact, key=lambda key: found[key] - exact[key])[:left]:
        found[key] += 1
    return found
