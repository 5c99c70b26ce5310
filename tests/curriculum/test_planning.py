"""Plans from counts by hand: the sums, where the weight goes, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.curriculum.planning import MOST_OF_ONE, MUTANTS, plan
from prover.curriculum.rates import ANY, DRAWN, Rate, Rates, Tally
from prover.curriculum.weights import (
    PRIOR_TRIES,
    CurriculumConfig,
    apportion,
    learnability,
    passes,
    spread,
    variance,
    weighed,
    weight,
    worth,
)
from prover.errors import UserError
from prover.playground.made import Cell

CONFIGS = st.builds(
    CurriculumConfig,
    weigh=st.sampled_from(["uniform", "learnability", "variance"]),
    filter=st.sampled_from(["none", "stp", "kimina"]),
    explore=st.floats(0, 1),
    mutants=st.floats(0, 1),
)
CELLS = st.tuples(st.sampled_from(["lists", "logic", "sums"]), st.integers(1, 4))


def made(outcomes: dict[Cell, str], holes: bool = True) -> Rates:
    """For each cell a word with a letter a problem: p proved, u unproved, f false."""
    tallies, left = {}, {}
    for (family, level), word in outcomes.items():
        for number, letter in enumerate(word):
            name = f"{family}{level}_{number}"
            rate = Rate() if letter == "f" else Rate(1, int(letter == "p"), 0, 1)
            each = Tally(name, name, (family, level), DRAWN, True, rate, {}, letter == "f")
            tallies[name] = each
            if letter == "u" and holes:
                left[name] = (f"{name}/1.0",)
    return Rates(tallies, left)


ROUNDS = st.dictionaries(CELLS, st.text("puf", max_size=8)).map(made)


@given(ROUNDS, st.integers(0, 500), CONFIGS, st.lists(CELLS, min_size=1))
def test_a_plan_sums_to_what_was_asked_for(
    rates: Rates, count: int, config: CurriculumConfig, cells: list[Cell]
) -> None:
    found = plan(rates, count, config, cells)
    assert sum(found.cells.values()) + sum(found.mutants.values()) == count
    assert set(found.cells) == set(cells) and tuple(found.mutants) == MUTANTS
    assert min(found.cells.values()) >= 0 and min(found.mutants.values()) >= 0
    assert all(found.parents[kind] for kind, n in found.mutants.items() if n)
    assert sum(found.mutants.values()) <= MOST_OF_ONE * sum(map(len, found.parents.values()))
    assert found == plan(rates, count, config, cells)
    assert all(text == text.strip() and "\n" not in text for text in found.why)


@given(st.integers(0, 1000), st.lists(st.floats(0, 1e6), min_size=1).filter(any))
def test_shares_are_within_one_of_their_part(count: int, weights: list[float]) -> None:
    shares = dict(enumerate(weights))
    found = apportion(count, shares)
    assert sum(found.values()) == count
    for key, value in found.items():
        assert abs(value - count * shares[key] / sum(weights)) < 1 + 1e-6
    assert all(not found[key] for key, share in shares.items() if not share)


def test_nothing_cannot_be_shared_out() -> None:
    for count, shares in ((3, {}), (3, {"a": 0.0}), (-1, {"a": 1.0}), (3, {"a": 1.0, "b": -0.5})):
        with pytest.raises(ValueError, match="cannot be shared out"):
            apportion(count, shares)


@given(st.floats(0, 1))
def test_nothing_is_learnt_at_the_ends(p: float) -> None:
    for of in (learnability, variance):
        assert of(0.0) == of(1.0) == 0.0
        assert 0.0 <= of(p) <= 1.0
    assert learnability(0.1) == 0.9
    assert variance(p) <= variance(0.5)


@given(st.integers(1, 10_000), st.sampled_from(["learnability", "variance"]))
def test_what_is_known_to_be_at_an_end_gets_the_prior_alone(tries: int, weigh: str) -> None:
    config = CurriculumConfig.model_validate({"weigh": weigh})
    best = worth(Rate(), config)
    for successes in (0, tries):
        value = worth(Rate(tries, successes), config)
        assert value == pytest.approx(best * PRIOR_TRIES / (tries + PRIOR_TRIES))


def test_what_is_hardly_known_is_worth_more() -> None:
    config = CurriculumConfig(weigh="variance")
    assert worth(Rate(), config) > worth(Rate(4, 1), config) > worth(Rate(400, 100), config)


def test_filters() -> None:
    assert [passes(Rate(100, c), "stp") for c in (0, 1, 24, 25)] == [False, True, True, False]
    assert [passes(Rate(100, c), "kimina") for c in (0, 50, 51)] == [True, True, False]
    config = CurriculumConfig(weigh="uniform", filter="kimina")
    assert [weight(Rate(4, c), config) for c in (2, 3)] == [1.0, 0.0]


@given(st.dictionaries(CELLS, st.floats(0, 9), min_size=1), st.floats(0, 1))
def test_exploring_reaches_every_cell(weights: dict[Cell, float], explore: float) -> None:
    shares = spread(weights, explore)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= explore / len(weights) - 1e-12


def test_problems_are_weighed_by_one_solver() -> None:
    rates = made({("sums", 1): "ppuf"})
    for name, rate in zip(
        rates.tallies, (Rate(4, 4), Rate(4, 1), Rate(4, 0), Rate(4, 1)), strict=True
    ):
        rates.tallies[name].by[ANY] = rate
    assert weighed(rates, CurriculumConfig()) == {"sums1_1": 0.75}
    assert weighed(rates, CurriculumConfig(), "nobody") == {}


ROUND = {
    ("lists", 3): "pp" + 22 * "u",
    ("sums", 1): 24 * "p",
    ("logic", 2): 12 * "u",
    ("sums", 2): "pu",
    ("sums", 3): "ff",
}


def test_the_edge_gets_most_and_the_reasons_say_so() -> None:
    cells = [*ROUND, ("new", 1)]
    before = made({("lists", 3): "p" + 23 * "u"})
    found = plan(made(ROUND), 200, CurriculumConfig(), cells, before)
    assert found.cells["lists", 3] > 2 * found.cells["sums", 1]
    assert set(found.parents["harder"]) == {f"sums1_{i}" for i in range(24)}
    assert len(found.parents["easier"]) == 22 + 12
    assert found.parents["negation"] == ("sums3_0", "sums3_1")
    assert len(found.parents["lemma"]) == 22 + 12 + 1
    assert found.why[0] == (
        "lists level 3: 2 of 24 proved (3 to 26 %), up from 1 of 24, 30 next after 24,"
        " easier forms of its 22 failures added"
    )
    text = "\n".join(found.why)
    assert "new level 1, sums level 3: not tried yet" in text
    assert "sums level 2 (1 of 2 proved): hardly known yet" in text
    assert "sums level 1 (24 of 24 proved): always proved" in text
    assert "logic level 2 (0 of 12 proved): never proved" in text
    assert "negations of what was refuted; 2 parents: 2 of sums level 3" in text


def test_a_filter_is_named() -> None:
    config = CurriculumConfig(filter="kimina")
    found = plan(made({("sums", 1): 9 * "p" + "u"}), 10, config, [("sums", 1)])
    assert found.why[0].startswith("no family and level is known to be at the edge within")
    assert found.why[1].startswith("sums level 1 (9 of 10 proved): left out by the filter kimina")


def test_without_cells_all_are_mutants() -> None:
    found = plan(made({("sums", 1): 9 * "p"}), 10, CurriculumConfig(), [])
    assert found.mutants == {"harder": 10, "easier": 0, "negation": 0, "lemma": 0}
    with pytest.raises(UserError, match="no family and level"):
        plan(made({}), 10, CurriculumConfig(), [])


def test_a_negative_count_is_none() -> None:
    with pytest.raises(UserError, match="not -1"):
        plan(made({}), -1, CurriculumConfig(), [("sums", 1)])
