"""Quantiles of the Beta distribution, without a library that is larger than all the rest. Pure."""

from __future__ import annotations

import functools
import math

TINY = 1e-300
CLOSE = 1e-12
MOST_TERMS = 100_000
"""Of the fraction; about the root of the larger parameter are needed."""


@functools.lru_cache(maxsize=10_000)
def quantile(share: float, a: float, b: float) -> float:
    """The x below which Beta(a, b) has this share, by bisection."""
    low, high = 0.0, 1.0
    while high - low > CLOSE:
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b) (DLMF 8.17.22, dlmf.nist.gov/8.17)."""
    if not 0.0 < x < 1.0:
        return float(x >= 1.0)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly
        return 1.0 - below(1.0 - x, b, a)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x)
    return math.exp(log + b * math.log1p(-x)) / a / fraction(x, a, b)


def fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) of DLMF 8.17.23, by Lentz's method as modified by Thompson and
    Barnett (1986)."""
    value, up, down = 1.0, 1.0, 0.0
    for index in range(1, MOST_TERMS):
        m, odd = divmod(index, 2)
        top = -(a + m) * (a + b + m) if odd else m * (b - m)
        part = top * x / ((a + index - 1) * (a + index))
        down = 1.0 / (1.0 + part * down or TINY)
        up = 1.0 + part / up or TINY
        value *= up * down
        if abs(up * down - 1.0) < CLOSE / 100:
            break
    return value
