"""Counts of runs by hand, and what is read off counts."""

from __future__ import annotations

import math
from dataclasses import asdict
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_events import PROVED, REJECTED, Writer, inconclusive

from prover.curriculum.beta import below, quantile
from prover.curriculum.rates import ANY, RUN, Rate, rates
from prover.curriculum.strata import STRATA, stratum
from prover.data.kinds import stratum as stratum_of_rows
from prover.graph import ProofGraph
from prover.llm.messages import Usage
from prover.playground.made import Made
from prover.types import Candidate, Problem

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_an_interval_holds_its_point(count: tuple[int, int]) -> None:
    successes, tries = count
    rate = Rate(tries, successes)
    found = rate.interval()
    assert 0.0 <= found.low <= rate.share <= found.high <= 1.0
    assert found.low <= rate.mean <= found.high


@given(COUNTS, st.integers(2, 9))
def test_more_of_the_same_is_known_better(count: tuple[int, int], times: int) -> None:
    successes, tries = count
    few = Rate(tries, successes).interval()
    many = Rate(times * tries, times * successes).interval()
    assert many.high - many.low < few.high - few.low


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.0, 1.0))
def test_beta_is_the_binomial_tail(a: int, b: int, x: float) -> None:
    """DLMF 8.17.5."""
    n = a + b - 1
    tail = sum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))
    assert below(x, a, b) == pytest.approx(tail, abs=1e-12)


@given(st.floats(0.001, 0.999), st.integers(1, 3000), st.integers(1, 3000))
def test_quantiles_are_where_the_share_is(share: float, a: int, b: int) -> None:
    assert below(quantile(share, a, b), a, b) == pytest.approx(share, abs=1e-6)


@given(st.integers(1, 100))
def test_strata_rise_with_the_rate(tries: int) -> None:
    places = [STRATA.index(stratum(c, tries)) for c in range(tries + 1)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(STRATA) - 1)


@given(COUNTS)
def test_strata_are_those_of_data_sets(count: tuple[int, int]) -> None:
    successes, tries = count
    same = {"never": "unsolved", "rarely": "hard", "sometimes": "medium"}
    assert stratum_of_rows(successes / tries) == same.get(stratum(successes, tries), "easy")


def stopped(p: float, limit: int) -> list[tuple[float, Rate]]:
    """All ways that tries up to a success can go, at most so many, with their chances."""
    won = [(p * (1 - p) ** (n - 1), Rate(n, 1, 1, 1)) for n in range(1, limit + 1)]
    return [*won, ((1 - p) ** limit, Rate(limit, 0, 0, 1))]


@pytest.mark.parametrize("p", [0.05, 0.3, 0.8])
def test_stopped_tries_are_right_on_average(p: float) -> None:
    ways = stopped(p, 6)
    assert sum(chance * rate.corrected for chance, rate in ways) == pytest.approx(p)
    assert sum(chance * rate.share for chance, rate in ways) > 1.05 * p


def test_sums_of_stopped_goals_are_nearer_than_shares() -> None:
    ways = stopped(0.3, 5)
    pairs = [(a * b, first + second) for a, first in ways for b, second in ways]
    corrected = sum(chance * rate.corrected for chance, rate in pairs)
    share = sum(chance * rate.share for chance, rate in pairs)
    assert abs(corrected - 0.3) < 0.03 < share - 0.3


def test_haldane_over_goals_that_all_ended_in_success() -> None:
    rate = Rate(1, 1, 1, 1) + Rate(5, 1, 1, 1) + Rate(3, 1, 1, 1)
    assert rate.corrected == pytest.approx((3 - 1) / (9 - 1))
    assert Rate(9, 3, 0, 3).corrected == pytest.approx(3 / 9)


def a_run() -> ProofGraph:
    """`sums` has a proof at its second attempt, `hard` a hole that resists, `wrong` is false."""
    writer = Writer()
    writer.start()
    for name in ("sums", "hard", "wrong", "left"):
        writer.root(name, f": {name} = 0", source="set")
    writer.attempt("sums", "tiny:sample", REJECTED)
    writer.attempt("sums", "tiny:sample", PROVED)
    writer.attempt("hard", "tiny:fresh", REJECTED)
    writer.attempt("hard", "portfolio:omega", REJECTED)
    writer.attempt("hard", "portfolio:grind", inconclusive("timeout"))
    [hole] = writer.sketch("hard", 1, "structural:cases", "by sorry", [": left over"])
    writer.attempt(hole, "portfolio:omega", REJECTED)
    usage = vars(Usage(completion_tokens=3))
    writer.add("sampled", goal="hard", model="tiny", purpose="sample", how="asked", usage=usage)
    writer.add(
        "refutation", goal="wrong", statement="theorem not_wrong : ¬ (wrong = 0)",
        candidate=asdict(Candidate("by decide", "refuter:test")), verdict=asdict(PROVED),
        counterexample="wrong = 1",
    )  # fmt: skip
    for name in ("sums", "hard", "wrong"):
        writer.add("closed", problem=name, outcome="unproved", reason="")
    return ProofGraph.of(writer.events)


MADE = {
    name: Made(Problem(name, ""), "nat", level)
    for name, level in (("sums", 1), ("hard", 2), ("wrong", 2), ("left", 2))
}


def test_a_run_is_counted() -> None:
    found = rates([a_run()], MADE)
    assert found.cells() == {("nat", 1): Rate(1, 1, 0, 1), ("nat", 2): Rate(1, 0, 0, 1)}
    assert [each.name for each in found.problems()] == ["sums", "hard", "wrong"]
    assert [each.name for each in found.problems() if each.refuted] == ["wrong"]
    assert found.holes == {"hard": ("hard/1.0",)}
    solvers = found.solvers()
    assert solvers["tiny"] == Rate(3, 1, 1, 2)
    assert solvers["portfolio:omega"] == Rate(2, 0, 0, 2)
    assert "portfolio:grind" not in solvers and "structural:cases" not in solvers
    assert solvers[ANY] == Rate(5, 1, 1, 3)
    assert solvers[RUN] == Rate(3, 1, 0, 3)


def test_runs_are_pooled_by_canonical_key() -> None:
    found = rates([a_run(), a_run()], MADE)
    assert found.cells()["nat", 1] == Rate(2, 2, 0, 2)
    assert len(found.problems()) == 3


def test_even_numbers_of_tries_were_fixed() -> None:
    writer = Writer()
    writer.start()
    for name, verdicts in (("a", (PROVED, REJECTED)), ("b", (REJECTED, REJECTED))):
        writer.root(name, f": {name} = 0")
        for verdict in verdicts:
            writer.attempt(name, "tiny:sample", verdict)
        writer.add("closed", problem=name, outcome="unproved", reason="")
    each = rates([ProofGraph.of(writer.events)], {}).solvers()["tiny:sample"]
    assert each == Rate(4, 1, 0, 2)
    assert each.corrected == fmean([0.5, 0.0])


def test_a_problem_of_no_playground_has_its_source() -> None:
    assert set(rates([a_run()], {}).cells()) == {("set", 0)}


def test_mutants_tell_nothing_of_a_generators_level() -> None:
    made = {**MADE, "hard": Made(Problem("hard", ""), "nat", 2, "composed", ("sums",))}
    found = rates([a_run()], made)
    assert found.cells() == {("nat", 1): Rate(1, 1, 0, 1)}
    assert found.ways() == {"composed": Rate(1, 0, 0, 1), "drawn": Rate(1, 1, 0, 1)}
