"""Selection methods: what their formulas say, on rows whose facts are written down."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prover.errors import UserError
from prover.selecting.facts import Answer, Facts, Kept, Likelihood
from prover.selecting.plugins import PLUGINS, UNREAD, UNTRIED, parse
from prover.training.rows import Row

CALM = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine drawing rows can take long."""


def row(goal: str, body: str, failed: str = "", problem: str = "") -> Row:
    statement = f"theorem t : {goal}"
    prompt = f"{goal} {failed}"
    name = problem or goal
    return Row(prompt, body, name, name, f"key {goal}", "x", "", statement, body, failed=failed)


def said(*logprobs: float) -> Likelihood:
    return Likelihood(logprobs, tuple((i, i + 1) for i in range(len(logprobs))))


def facts(
    goal: str, body: str = "by omega", passed: int = 1, tried: int = 2, family: str = "f",
    likelihood: Likelihood | None = None, failed: str = "",
) -> Facts:  # fmt: skip
    return Facts(row(goal, body, failed), passed, tried, len(body.split()), family, likelihood)


def ask(text: str, *rows: Facts, seed: int = 0) -> Answer:
    plugin, numbers = parse(text)
    return plugin.method(rows, numbers, seed)


def stays(answer: Answer) -> list[bool]:
    return [isinstance(each, Kept) for each in answer.rows]


LOGPROBS = st.lists(st.floats(-20, -1e-6), min_size=1, max_size=6).map(lambda xs: said(*xs))
RATES = st.integers(0, 4).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
FACTS = st.builds(
    lambda goal, body, rate, family, found, failed: facts(goal, body, *rate, family, found, failed),
    st.sampled_from("abc"),
    st.lists(st.sampled_from(["simp", "omega", "grind"]), min_size=1, max_size=9).map(" ".join),
    RATES,
    st.sampled_from(["lists", "nat"]),
    st.none() | LOGPROBS,
    st.sampled_from(["", "rfl"]),
)
NAMES = [name if all(n.default is not None for n in plugin.numbers) else f"{name}:2"
         for name, plugin in PLUGINS.items()]  # fmt: skip


@CALM
@given(st.sampled_from(NAMES), st.lists(FACTS, max_size=20), st.integers(0, 3))
def test_every_method_answers_for_every_row(name: str, rows: list[Facts], seed: int) -> None:
    answer = ask(name, *rows, seed=seed)
    assert len(answer.rows) == len(rows)
    assert answer == ask(name, *rows, seed=seed)
    for each, its in zip(answer.rows, rows, strict=True):
        if isinstance(each, str):
            assert each
            continue
        assert math.isfinite(each.odds) and 0 <= each.weight < math.inf
        assert each.odds <= 0 and (not each.masked or its.likelihood)
        assert set(each.masked) < set(its.likelihood.spans if its.likelihood else [(0, 0)])
    if answer.shares is not None:
        assert set(answer.shares) == {each.family for each in rows}
        assert not rows or math.isclose(math.fsum(answer.shares.values()), 1)


@CALM
@given(st.sampled_from(NAMES), st.lists(FACTS, max_size=12, unique_by=lambda f: (
    f.row.statement, f.row.body, f.row.failed)), st.randoms(use_true_random=False))  # fmt: skip
def test_the_order_of_rows_changes_nothing(name: str, rows: list[Facts], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    answers = dict(zip(map(id, mixed), ask(name, *mixed).rows, strict=True))
    assert [answers[id(each)] for each in rows] == list(ask(name, *rows).rows)


def test_every_method_names_its_source() -> None:
    for name, plugin in PLUGINS.items():
        assert "arXiv" in str(plugin.method.__doc__), name


def test_difficulty_drops_what_is_solved_nearly_always_and_never() -> None:
    rows = [facts(str(c), passed=c, tried=4) for c in range(5)]
    assert stays(ask("difficulty", *rows)) == [False, True, True, True, False]
    assert stays(ask("difficulty:0.25:0.5", *rows)) == [False, False, True, False, False]
    assert ask("difficulty", facts("a", passed=0, tried=0)).rows == [UNTRIED]


def test_learnability_is_absolute_zeros_reward() -> None:
    rows = [facts(str(c), passed=c, tried=4) for c in range(5)]
    answer = ask("learnability", *rows).rows
    odds = [math.exp(each.odds) if isinstance(each, Kept) else 0.0 for each in answer]
    assert odds == pytest.approx([0, 0.75, 0.5, 0.25, 0])


def test_variance_has_bounds_and_distrusts_spread() -> None:
    rows = [facts(str(c), passed=c, tried=4) for c in range(5)]
    assert stays(ask("variance", *rows)) == [False, True, True, True, False]
    assert stays(ask("variance:0:0.2", *rows)) == [False, True, False, True, False]
    spread = [facts("a", "simp"), facts("a", "simp " * 9), facts("b", "simp " * 9)]
    assert stays(ask("variance", *spread)) == [False, False, True]
    assert stays(ask("variance:0:0.25:9", *spread)) == [True, True, True]


def test_stp_keeps_what_is_barely_provable_unless_it_is_plain() -> None:
    rows = [facts(f"g{n}", "simp " * n, 1, 10) for n in range(1, 6)]
    more = [facts("never", passed=0, tried=10), facts("often", passed=3, tried=12)]
    assert stays(ask("stp", *rows, *more)) == [False, True, True, True, True, False, False]
    assert stays(ask("stp:0.25:0", *rows, *more))[:5] == [True] * 5


def test_shortest_keeps_one_proof_of_each_goal() -> None:
    rows = [facts("a", "simp omega"), facts("a", "grind"), facts("b", "simp omega"),
            facts("a", "grind", failed="rfl"), facts("a", "simp omega", failed="rfl")]  # fmt: skip
    assert stays(ask("shortest", *rows)) == [False, True, True, True, False]


def test_caps_count_by_goal_and_by_family() -> None:
    rows = [facts("a", "simp " * n, family="f" if n % 2 else "g") for n in range(1, 9)]
    assert stays(ask("cap:3", *rows)) == [True] * 3 + [False] * 5
    corrected = [facts("a", "simp", failed="rfl"), facts("a", "simp simp")]
    assert stays(ask("cap:1", *corrected)) == [False, True]
    kept = [r.family for r, s in zip(rows, stays(ask("cap-family:3", *rows)), strict=True) if s]
    assert Counter(kept) == {"f": 3, "g": 3}
    drawn = {tuple(stays(ask("cap-family:2", *rows, seed=seed))) for seed in range(8)}
    assert len(drawn) > 3


def test_temperature_evens_families_out() -> None:
    rows = [facts(str(n), family="f" if n else "g") for n in range(9)]
    assert ask("temperature:1", *rows).shares == pytest.approx({"f": 8 / 9, "g": 1 / 9})
    roots = math.sqrt(8) + 1
    assert ask("temperature:2", *rows).shares == pytest.approx(
        {"f": math.sqrt(8) / roots, "g": 1 / roots}
    )
    assert ask("temperature:1e9", *rows).shares == pytest.approx({"f": 0.5, "g": 0.5})


def test_diversity_halves_by_rank_of_length() -> None:
    rows = [facts("a", "simp"), facts("b", "simp simp"), facts("c", "simp", family="g")]
    answer = ask("diversity", *rows)
    odds = [math.exp(each.odds) for each in answer.rows if isinstance(each, Kept)]
    assert odds == pytest.approx([0.5, 1, 1]) and answer.shares == {"f": 0.5, "g": 0.5}


def test_grape_keeps_the_likeliest_answer_by_its_mean() -> None:
    rows = [
        facts("a", "simp", likelihood=said(-1.0)),
        facts("a", "omega", likelihood=said(-0.9, -0.9, -0.9)),  # less likely as a whole
        facts("a", "grind", likelihood=said(-2.0), failed="rfl"),
        facts("b", "grind"),
    ]
    answer = ask("grape", *rows)
    assert stays(answer) == [False, True, True, False] and answer.rows[3] == UNREAD


def test_flow_weighs_by_loss_over_the_median() -> None:
    rows = [facts(str(x), likelihood=said(-x, -x)) for x in (1.0, 2.0, 8.0)]
    weights = [each.weight for each in ask("flow", *rows).rows if isinstance(each, Kept)]
    assert weights == pytest.approx([math.exp(-0.5), math.exp(-1), math.exp(-4)])


def test_stm_masks_tokens_of_high_perplexity() -> None:
    low, high = -math.log(2.4), -math.log(2.6)
    rows = [facts("a", likelihood=said(low, high, low)), facts("b", likelihood=said(high))]
    answer = ask("stm", *rows)
    assert answer.rows[0] == Kept(masked=((1, 2),)) and stays(answer) == [True, False]
    assert ask("stm:2.7", *rows).rows == [Kept(), Kept()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limo", "no selection method is called 'limo'"),
        ("cap", "K is a whole number from 1 on, as in cap:K"),
        ("cap:1.5", "K is a whole number from 1 on"),
        ("cap:0", "K is a whole number from 1 on"),
        ("temperature:x", "T is a number from 0.01 on"),
        ("temperature:inf", "T is a number from 0.01 on"),
        ("difficulty:0:1:2", "too many numbers: difficulty[:LOW][:HIGH]"),
    ],
)
def test_what_is_no_method_is_told(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text)
    assert said in str(caught.value)
