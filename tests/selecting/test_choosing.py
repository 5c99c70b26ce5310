"""A chain of methods and the draw at its end: exact, the same again, with reasons for the rest."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_events import demo_events

from prover.errors import UserError
from prover.graph import ProofGraph
from prover.selecting import choosing, drawing, likelihood
from prover.selecting.facts import Known, Likelihood, known_of
from prover.training import rows as training_rows
from prover.training.rows import Row, same_goal

CALM = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine drawing rows can take long."""


def row(number: int, body: str = "omega", problem: str = "", failed: str = "") -> Row:
    statement, name = f"theorem t{number} : {number} = {number}", problem or f"p{number}"
    return Row(
        f"{number}{failed}", body, name, name, f"k{number}", "x", "", statement, body, failed=failed
    )


def known(rows: Sequence[Row]) -> Known:
    """The first of three goals is solved at once, the others in one of 4 and of 10 tries."""
    passed = {same_goal(r): (1, (1, 4, 10)[int(r.key[1:]) % 3]) for r in rows}
    families = {r.problem: "even" if int(r.key[1:]) % 2 == 0 else "odd" for r in rows}
    return Known(passed, families, "somewhere")


ROWS = [row(n, body) for n in range(30) for body in ("omega", "simp\n  omega")]
CHAINS = [
    [], ["random"], ["difficulty"], ["learnability"], ["shortest", "temperature:3"],
    ["cap:1", "diversity"], ["variance", "cap-family:4"], ["stp:0.3:0", "random"],
]  # fmt: skip
WHOLE = known(ROWS)


@CALM
@given(
    st.sampled_from(CHAINS),
    st.lists(st.sampled_from(ROWS), max_size=40, unique=True),
    st.integers(1, 30),
    st.integers(0, 5),
)
def test_exactly_so_many_of_those_given(
    names: list[str], given_rows: list[Row], count: int, seed: int
) -> None:
    found = choosing.chosen(names, given_rows, WHOLE, count, seed)
    left = len(given_rows) - sum(n for why, n in found.dropped.items() if why != choosing.NOT_DRAWN)
    assert len(found.rows) == min(count, left) and found.missing == max(0, count - left)
    assert len(found.rows) + sum(found.dropped.values()) == len(given_rows)
    plain = [dataclasses.replace(each, weight=1.0) for each in found.rows]
    assert [r for r in given_rows if r in plain] == plain
    assert all(each.weight == 1 for each in found.rows)  # odds are spent on the draw
    again = choosing.chosen(names, given_rows[::-1], WHOLE, count, seed)
    assert set(again.rows) == set(found.rows) and again.dropped == found.dropped


@CALM
@given(
    st.sampled_from([chain for chain in CHAINS if "diversity" not in chain]),
    st.lists(st.sampled_from(ROWS), max_size=40, unique=True),
)
def test_without_a_number_odds_are_weights_of_mean_one(names: list[str], rows: list[Row]) -> None:
    found = choosing.chosen(names, rows, WHOLE, None, 0).rows
    assert all(0 < each.weight < math.inf for each in found)
    mean = math.fsum(each.weight for each in found) / max(1, len(found))
    assert not found or math.isclose(mean, 1)
    assert choosing.chosen(names, rows, WHOLE, None, 0).missing == 0


def test_without_a_method_nothing_changes() -> None:
    found = choosing.chosen([], ROWS, Known(), None, 0)
    assert list(found.rows) == ROWS and found.dropped == {}
    assert found.record["given_sha256"] == found.record["kept_sha256"]


def test_random_takes_as_many_and_others_with_another_seed() -> None:
    first, other = (choosing.chosen(["random"], ROWS, WHOLE, 20, seed).rows for seed in (0, 1))
    assert len(first) == len(other) == 20 and set(first) != set(other)
    counts = Counter(
        r for seed in range(300) for r in choosing.chosen(["random"], ROWS, WHOLE, 20, seed).rows
    )
    assert min(counts.values()) > 60 and max(counts.values()) < 145  # 100 each, sigma 8


def test_a_draw_follows_the_odds() -> None:
    """One of two rows: by learnability 0.9 against 0.75."""
    pair = [row(1), row(2)]
    hard = sum(
        choosing.chosen(["learnability"], pair, WHOLE, 1, seed).rows[0].key == "k2"
        for seed in range(2000)
    )
    assert abs(hard / 2000 - 0.9 / 1.65) < 0.035  # three sigma


def test_diversity_takes_families_in_turn_and_long_proofs_first() -> None:
    many = [row(2 * n, "simp " * (n + 1)) for n in range(200)] + [row(1), row(3)]
    found = choosing.chosen(["diversity"], many, known(many), 12, 0).rows
    odd = [r for r in found if int(r.key[1:]) % 2]
    even = sorted(int(r.key[1:]) // 2 for r in found if int(r.key[1:]) % 2 == 0)
    assert len(odd) == 2 and even[0] > 180  # odds of 2^-199 are odds still
    assert len(choosing.chosen(["diversity"], many, known(many), 202, 0).rows) == 202


def test_reasons_and_lineage_are_recorded() -> None:
    found = choosing.chosen(["difficulty", "cap:1"], ROWS, WHOLE, 5, 3)
    assert found.dropped == {
        "difficulty: solved nearly always: pass rate above 0.75": 20,
        "cap: over the cap of 1 for its goal": 20,
        "not drawn": 15,
    }
    record = found.record
    assert (record["given"], record["kept"], record["seed"], record["model"]) == (60, 5, 3, "")
    assert record["kept_sha256"] == choosing.digest(found.rows) != record["given_sha256"]


def test_a_model_is_asked_once_and_only_if_a_method_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[Row]] = []

    def said(folder: str, rows: Sequence[Row]) -> list[Likelihood]:
        assert folder == "somewhere"
        asked.append(list(rows))
        return [Likelihood((-float(len(r.body)), -0.1), ((0, 5), (5, 6))) for r in rows]

    monkeypatch.setattr(likelihood, "likelihoods", said)
    choosing.chosen(["difficulty"], ROWS, WHOLE, None, 0)
    assert not asked
    found = choosing.chosen(["difficulty", "flow", "grape", "stm"], ROWS, WHOLE, None, 0)
    assert [len(rows) for rows in asked] == [40]  # those that difficulty left
    assert len(found.rows) == 20 and all(r.masked == ((0, 5),) for r in found.rows)
    assert found.record["model"] == "somewhere"
    again = training_rows.parse(training_rows.dump(found.rows), "rows")
    assert tuple(again) == found.rows


def test_a_weight_that_a_row_came_with_stays() -> None:
    heavy = [dataclasses.replace(row(1), weight=3.0, masked=((0, 1),)), row(2)]
    found = choosing.chosen([], heavy, Known(), None, 0).rows
    assert [r.weight for r in found] == [1.5, 0.5] and found[0].masked == ((0, 1),)


@pytest.mark.parametrize(
    ("names", "facts", "count", "said"),
    [
        (["difficulty"], Known(), 5, "difficulty needs pass rates"),
        (["cap-family:3"], Known(), 5, "cap-family needs families"),
        (["flow"], Known(), 5, "flow needs a model"),
        (["diversity"], WHOLE, None, "diversity needs a number of rows"),
        (["random"], WHOLE, 0, "a positive number of rows"),
    ],
)
def test_what_is_missing_is_told(
    names: list[str], facts: Known, count: int | None, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        choosing.chosen(names, ROWS, facts, count, 0)
    assert said in str(caught.value)


def test_pass_rates_of_runs_add_up_and_stored_proofs_are_no_tries() -> None:
    graph = ProofGraph.of(demo_events())
    once, twice = known_of([graph]), known_of([graph, graph], {"lt_irrefl_of_le": "order"})
    goal = same_goal(next(r for r in training_rows.proofs(graph) if r.goal == "lt_irrefl_of_le"))
    assert once.passed[goal] == (1, 3) and twice.passed[goal] == (2, 6)
    assert (
        once.families["lt_irrefl_of_le"] == "demo" and twice.families["lt_irrefl_of_le"] == "order"
    )
    node = graph.goals["lt_irrefl_of_le"]
    node.tally["store:same", "proved"] += 1
    node.attempts += 1
    assert known_of([graph]).passed[goal] == (1, 3)


@CALM
@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_weights_are_scaled_to_mean_one(weights: list[float]) -> None:
    found = drawing.normalised(weights)
    assert len(found) == len(weights) and all(map(math.isfinite, found))
    assert not found or math.isclose(math.fsum(found), len(found), rel_tol=1e-9)
