from __future__ import annotations

import random
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from prover.playground.polynomials import expanded, random_term, rewritten, sides, signed
from prover.playground.terms import Term, every, fun, holds, op, perturbed, places, put, show, value

X, Y = Term("x"), Term("y")
P, Q = Term("p"), Term("q")
SEEDS = st.integers(0, 10_000).map(random.Random)


def test_brackets_stand_where_lean_wants_them() -> None:
    assert show((X + 1) * Y) == "(x + 1) * y"
    assert show(X - (Y - 1)) == "x - (y - 1)"
    assert show((X**2) ** 3) == "(x ^ 2) ^ 3"
    assert show(Term("f")(Term("f")(X + 1))) == "f (f (x + 1))"
    assert show(op("∧", X.eq(1), op("∨", Y.lt(X), X.le(Y)))) == "x = 1 ∧ (y < x ∨ x ≤ y)"
    assert show(every("x", "Nat", X.eq(X)).implies(X.eq(Y))) == "(∀ x : Nat, x = x) → x = y"
    assert show(op("::", X, op("::", Y, Term("[]")))) == "[x, y]"
    assert show(op(".map", Term("xs"), fun("a", Term("a") + 1))) == "xs.map (fun a => a + 1)"
    assert show(op("∸", X, Y)) == "x - y"


def test_values_are_those_of_lean() -> None:
    at = {"x": 3, "y": 5}
    assert value(op("∸", X, Y), at) == 0
    assert value(op("/", X, 0), at) == 0
    assert value(X % 0, at) == 3
    assert value(op("∣", 0, X), at) is False
    assert value(Term("-", (X,)) % 5, at) == 2
    for p, q in product((False, True), repeat=2):
        assert value(op("→", P, Q), {"p": p, "q": q}) == (not p or q)
    assert value(op(".take", Term("xs"), X), {"xs": (1, 2, 3, 4), "x": 3}) == (1, 2, 3)


def test_a_claim_is_tried() -> None:
    chance = random.Random(0)
    assert holds((X * (X + 1) % 2).eq(0), {"x": "Nat"}, chance)
    assert holds((X * X).eq(X), {"x": "Nat"}, chance) is False
    assert holds(X.eq(1), {"x": "Nat"}, chance, [X.lt(X)]) is None


@given(SEEDS, st.integers(1, 3), st.booleans())
def test_ring_laws_change_no_polynomial(chance: random.Random, depth: int, minus: bool) -> None:
    term = random_term(chance, ["x", "y"], depth, minus)
    poly = expanded(term)
    assert expanded(rewritten(term, chance, 6, minus)) == poly
    left, right = sides(poly, chance)
    at = {"x": chance.randrange(-5, 6), "y": chance.randrange(-5, 6)}
    assert value(term, at) == value(left, at) - value(right, at) == value(signed(poly, chance), at)


@given(SEEDS)
def test_a_near_miss_differs_in_one_place(chance: random.Random) -> None:
    term = random_term(chance, ["x", "y"], 2, False).eq(7)
    other = perturbed(term, chance)
    changed = [path for path, part in places(term) if part != dict(places(other)).get(path)]
    deepest = max(changed, key=len)
    assert all(deepest[: len(path)] == path for path in changed)
    assert put(term, deepest, dict(places(other))[deepest]) == other
