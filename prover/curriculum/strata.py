"""Strata of pass rates: the bounds are in this place alone, data sets take them from here. Pure."""

from __future__ import annotations

from typing import Literal

BOUNDS = (0.0, 0.25, 0.75, 1.0)
"""The highest rate of each stratum, lowest first. STP (arXiv 2502.00212) trains on conjectures
below a quarter; Goedel-Prover-V2 (arXiv 2508.03613) on problems up to three quarters."""

Stratum = Literal["never", "rarely", "sometimes", "often", "always"]
STRATA: tuple[Stratum, ...] = ("never", "rarely", "sometimes", "often", "always")
"""Those of `BOUNDS`, but for the last: what never fails is one of its own."""


def place(rate: float) -> int:
    """Which of `BOUNDS` a rate belongs to. Raises StopIteration for no rate."""
    return next(index for index, most in enumerate(BOUNDS) if rate <= most)


def stratum(successes: int, tries: int) -> Stratum:
    """Raises ValueError without tries."""
    if not 0 <= successes <= tries or not tries:
        raise ValueError(f"{successes} of {tries} is no rate")
    return "always" if successes == tries else STRATA[place(successes / tries)]
