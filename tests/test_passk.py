"""The estimator against its definition; intervals against known values and their own promises."""

from __future__ import annotations

import random
from itertools import combinations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.passk import Count, bootstrap, mean_pass_at, pass_at, powers, wilson


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_success(
    counted: tuple[int, int], data: st.DataObject
) -> None:
    n, c = counted
    k = data.draw(st.integers(1, n))
    outcomes = [i < c for i in range(n)]
    subsets = [any(chosen) for chosen in combinations(outcomes, k)]
    assert pass_at(Count(n, c), k) == pytest.approx(fmean(subsets))


def test_pass_at_k_is_unbiased_and_the_plug_in_is_not() -> None:
    draw, p, n, k = random.Random(0), 0.3, 10, 5
    drawn = [sum(draw.random() < p for _ in range(n)) for _ in range(20_000)]
    truth = 1 - (1 - p) ** k
    assert fmean(pass_at(Count(n, c), k) for c in drawn) == pytest.approx(truth, abs=0.005)
    assert fmean(1 - (1 - c / n) ** k for c in drawn) < truth - 0.02


@pytest.mark.parametrize("k", [0, 4])
def test_k_beyond_the_samples_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="wants between 1 and 3"):
        pass_at(Count(3, 1), k)


def test_counts_add_up() -> None:
    with pytest.raises(ValueError, match="more verdicts"):
        Count(3, 2, 2)


def test_large_numbers_stay_numbers() -> None:
    assert pass_at(Count(8192, 1), 4096) == pytest.approx(0.5)
    assert pass_at(Count(8192, 8192), 1) == 1.0


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
)
def test_wilson(successes: int, total: int, low: float, high: float) -> None:
    found = wilson(successes, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="nothing to draw"):
        bootstrap([])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_the_bootstrap_keeps_within_its_values_and_repeats_itself(values: list[float]) -> None:
    found = bootstrap(values)
    assert found == bootstrap(values)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_the_bootstrap_is_as_wide_as_chance() -> None:
    found = mean_pass_at([Count(1, i % 2) for i in range(100)], 1)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.4, abs=0.03) and found.high == pytest.approx(0.6, abs=0.03)


def test_powers_end_with_the_most() -> None:
    assert [powers(n) for n in (0, 1, 4, 6)] == [[], [1], [1, 2, 4], [1, 2, 4, 6]]
