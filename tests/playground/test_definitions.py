from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.playground.definitions import LEAF, defined, environment, header
from prover.playground.sequences import closed, fitted
from prover.playground.terms import OutOfReach, Term, holds, lift, op, value

F, N, X, XS, L, R = (Term(name) for name in ("f", "n", "x", "xs", "l", "r"))
NIL = Term("[]")


def test_a_recursion_over_numbers() -> None:
    f = defined("f", "Nat → Nat", ([lift(0)], lift(2)), ([lift(1)], lift(1)),
                ([N + 2], F(N + 1) + F(N)))  # fmt: skip
    assert header(f) == "def f : Nat → Nat\n  | 0 => 2\n  | 1 => 1\n  | n + 2 => f (n + 1) + f n\n"
    assert [environment(f)["f"](k) for k in range(7)] == [2, 1, 3, 4, 7, 11, 18]


def test_what_is_out_of_reach_says_nothing() -> None:
    f = defined("f", "Nat → Nat", ([lift(0)], lift(0)), ([N + 1], F(N) + 1))
    env, m = environment(f), Term("m")
    with pytest.raises(OutOfReach):
        env["f"](10_000)
    rng = random.Random(0)
    assert holds(F(N).le(F(N * m)), {"n": "Nat", "m": "Nat"}, rng, (), env) is False
    assert holds(F(N + 10_000).eq(N + 10_000), {"n": "Nat"}, rng, (), env) is None


def test_a_recursion_over_lists_and_trees() -> None:
    f = defined("f", "List Nat → Nat", ([NIL], lift(0)), ([op("::", X, XS)], X + F(XS)))
    assert environment(f)["f"]((1, 2, 3)) == 6
    node = Term("Tree.node")(L, X, R)
    g = defined("f", "Tree → Nat", ([LEAF], lift(1)), ([node], F(L) + F(R)))
    assert environment(g)["f"](((None, 4, None), 1, None)) == 3
    assert header(g).startswith("inductive Tree where\n")


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_a_polynomial_is_found_from_its_values(coefficients: list[int]) -> None:
    found = fitted([sum(c * n**k for k, c in enumerate(coefficients)) for n in range(12)])
    while len(coefficients) > 1 and not coefficients[-1]:
        coefficients.pop()
    assert found == coefficients


@given(st.integers(0, 9), st.integers(1, 5), st.integers(0, 9), st.integers(2, 5))
def test_a_closed_form_holds(first: int, factor: int, added: int, base: int) -> None:
    values = [first]
    for n in range(13):
        values.append(base * values[-1] + added if factor > 2 else values[-1] + factor * n + added)
    goal = closed(F(N), values, random.Random(0))
    if goal is not None:
        for n in range(14):
            assert value(goal, {"n": n, "f": values.__getitem__})
    assert goal is not None or factor > 2
