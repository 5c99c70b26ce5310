"""Proposed refutations: pure text, and what they narrow down to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from goals_by_hand import goal, hyp, var
from hypothesis import given
from hypothesis import strategies as st

from prover.refuting import FOUND, MOST_APART, MOST_TUPLES, Trial, allotted, trials
from prover.types import Binder, Goal

LESS = goal("a = b", "Eq", var("a", "Nat"), hyp("h", "a ≤ b", "LE.le"), var("b", "Nat"))
REFUTED = "theorem p.refuted : ¬ (∀ (a b : Nat) (h : a ≤ b), a = b)"


def narrowed(test: Trial, kept: tuple[str, ...]) -> Trial:
    """As Lean would have it if exactly the instance `kept` were false."""
    while halves := test.halves():
        first = halves[0]
        there = all(k in v for k, v in zip(kept, first.values, strict=True) if k)
        test = first if there and (first.decided or not test.few) else halves[1]
    return test


def test_numbers_are_tested_in_lists_and_hypotheses_stay() -> None:
    (test,) = trials(LESS)
    assert test.candidate.by == "refuter:test"
    claim = "fun a (_ : a ∈ List.range 8) h b (_ : b ∈ List.range 8) => @claim a h b"
    assert f"refine absurd ({claim}) ?_" in test.candidate.body
    assert "decide +kernel" in test.candidate.body


def test_halving_ends_at_one_value_a_variable() -> None:
    test = narrowed(trials(LESS)[0], ("3", "", "5"))
    assert test.counterexample == "a = 3, b = 5"
    assert "refine absurd (fun h => @claim 3 h 5) ?_\n    decide +kernel" in test.candidate.body


@given(st.integers(0, 7), st.integers(0, 7))
def test_any_instance_can_be_found_in_few_steps(a: int, b: int) -> None:
    test, steps = trials(LESS)[0], 0
    while halves := test.halves():
        steps += 1
        kept = halves[0].decided and str(a) in halves[0].values[0] and str(b) in halves[0].values[2]
        test = halves[0] if kept else halves[1]
    assert steps <= 7 and test.counterexample == f"a = {a}, b = {b}"


def test_what_no_list_can_hold_is_tried_one_by_one() -> None:
    either = goal("p", "p", var("p", "Prop"), var("q", "Prop"), hyp("h", "p ∨ q", "Or"))
    (test,) = trials(either)
    assert test.candidate.body.count("refine absurd (fun h => @claim") >= MOST_APART
    assert "∈" not in test.candidate.body
    assert narrowed(replace(test, few=()), ("False", "True", "")).counterexample == (
        "p = False, q = True"
    )


def test_a_type_is_chosen_for_all_and_instances_are_left_to_lean() -> None:
    member = goal(
        "x ∈ xs", "Membership.mem",
        Binder("α", "Type", False, "Sort"), Binder("d", "DecidableEq α", False, "DecidableEq"),
        var("x", "α"), Binder("xs", "List α", False, "List"),
    )  # fmt: skip
    (test,) = trials(member)
    assert test.values[:2] == (("Bool",), (FOUND,))
    assert "x ∈ ([false, true] : List (Bool))" in test.candidate.body
    assert "@claim Bool inferInstance x xs" in test.candidate.body
    assert narrowed(test, ("Bool", FOUND, "true", "[]")).counterexample == (
        "α = Bool, x = true, xs = []"
    )


def test_numerals_get_a_test_of_their_own() -> None:
    euler = goal("n * n < 41", "LT.lt", var("n", "Nat"))
    plain, near = trials(euler)
    assert plain.values[0][0] == "0" and set(near.values[0]) >= {"40", "41", "42"}
    assert trials(euler) == [plain, near], "chance is the same every time"


def test_a_goal_without_variables_is_decided_as_it_is() -> None:
    (test,) = trials(goal("2 + 2 = 5", "Eq"))
    assert "refine absurd (@claim) ?_" in test.candidate.body and test.counterexample == ""


def test_a_goal_whose_variable_has_no_values_is_left_alone() -> None:
    assert trials(goal("P x", "P", var("x", "Real"))) == []


@given(st.lists(st.integers(1, 20), max_size=6), st.integers(1, 100))
def test_values_are_shared_out_within_the_bound(available: list[int], most: int) -> None:
    sizes = allotted(dict(enumerate(available)), most)
    product = 1
    for index, size in sizes.items():
        assert 1 <= size <= available[index]
        product *= size
    assert product <= most


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_no_test_has_more_instances_than_the_kernel_bears(count: int) -> None:
    variables = [var(f"x{i}", "Nat") for i in range(count)]
    of: Goal = goal(" = ".join(b.name for b in variables[:2]), "Eq", *variables)
    for test in trials(of):
        product = 1
        for values in test.values:
            product *= len(values)
        assert product <= MOST_TUPLES
