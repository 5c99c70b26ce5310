"""Conjectures read off a goal's text: what they say, and that any text is survived."""

from __future__ import annotations

from dataclasses import replace

import pytest
from goals_by_hand import goal, hyp, var
from hypothesis import given
from hypothesis import strategies as st

from prover.conjecture_pool import Claim
from prover.conjecture_shapes import MOST, put, rows, shapes
from prover.types import Goal

LOOP = goal("fibLoop n 0 1 = fib n", "Eq", var("n", "Nat"), definitions=("fibLoop", "fib"))
COMPILER = goal(
    "run (compile e []) [] = [eval e]", "Eq", var("e", "Expr"), definitions=("run", "compile")
)
REAL = [
    LOOP,
    COMPILER,
    goal("6 * loop n 0 = n * (n + 1)", "Eq", var("n", "Nat"), definitions=("loop",)),
    goal("choose n n = 1", "Eq", var("n", "Nat"), definitions=("choose",)),
    goal("f (g n) + g n = g n", "Eq", var("n", "Nat"), definitions=("f", "g")),
]
SORTED = replace(
    goal("ordered (sort xs)", "ordered", var("xs", "List Nat"), definitions=("ordered", "sort")),
    header="def sort : List Nat → List Nat\n  | xs => xs\n"
    "def put (x : Nat) : List Nat → List Nat\n  | xs => x :: xs\n",
)


def statements(of: Goal, kind: str = "") -> list[str]:
    return [c.statement for c in shapes(of) if c.kind == kind or not kind]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (LOOP, "∀ (n : Nat) m, fibLoop n (fib m) (fib (m + 1)) = fib (m + n)"),
        (COMPILER, "∀ (e : Expr) k s, run (compile e k) s = run k (eval e :: s)"),
        (REAL[2], "∀ (n : Nat) acc, 6 * loop n acc = (n * (n + 1)) + (6 * acc)"),
        (REAL[3], "∀ (n : Nat) (k : Nat) (h : n < k), choose n k = 0"),
        (REAL[3], "choose 0 0 = 1"),
        (REAL[4], "∀ (n : Nat) x, f (x) + x = x"),
    ],
)
def test_what_a_person_would_try_is_among_them(of: Goal, expected: str) -> None:
    if expected.startswith("∀ (n : Nat) x"):
        of = replace(of, target="f (g n) + n = (g n) + n")
        expected = "∀ (n : Nat) x, f (x) + n = (x) + n"
    assert expected in statements(of)


def test_a_generalisation_says_what_the_goal_says_at_its_instance() -> None:
    """`x := 0` in place of the new variable gives the goal's own text."""
    (found,) = [c for c in shapes(REAL[2]) if c.kind == "generalisation"]
    assert found.instance == "n 0"
    left = found.statement.partition(", ")[2].partition(" = ")[0]
    assert left.replace("acc", "0") == "6 * loop n 0"


def test_what_the_goal_says_of_a_result_functions_may_keep() -> None:
    made = replace(SORTED, definitions=("ordered", "sort", "put"))
    assert "∀ (a1 : Nat) (a2 : List Nat), ordered a2 → ordered (put a1 a2)" in statements(made)


def test_consequences_are_facts_of_the_context_with_proofs() -> None:
    made = goal(
        "a * c ≤ b * d", "LE.le", *(var(n, "Nat") for n in "abcd"),
        hyp("h", "a ≤ b", "LE.le"), hyp("k", "c ≤ d", "LE.le"), hyp("u", "∀ x, x ≤ d", ""),
    )  # fmt: skip
    facts = {c.statement: c for c in shapes(made) if c.kind == "consequence"}
    assert (
        facts["a * c ≤ b * d"].proof == "exact Nat.mul_le_mul h k"
        and facts["a * c ≤ b * d"].of == "p"
    )
    assert facts["c ≤ d"].proof == "exact u c"


@pytest.mark.parametrize("of", REAL)
def test_they_are_few_none_is_the_goal_and_each_is_said_once(of: Goal) -> None:
    found = statements(of)
    assert len(found) == len(set(found)) <= MOST and of.target not in found


TERMS = st.text("fgxn01 ()[]=+*,:∀.'", max_size=40)


@given(TERMS, TERMS)
def test_any_text_gives_claims_or_none(left: str, right: str) -> None:
    made = goal(f"{left} = {right}", "Eq", var("n", "Nat"), var("x", "List Nat"),
                hyp("h", left, "Eq"), definitions=("f", "g"))  # fmt: skip
    assert all(isinstance(c, Claim) and c.statement for c in shapes(made))


@given(TERMS)
def test_rows_are_places_in_the_text_and_put_back_they_change_nothing(text: str) -> None:
    for row in rows(text):
        assert 0 <= row.start < row.end <= len(text)
        parts = [text[low:high] for low, high in row.parts]
        assert all(parts) and put(text, row.parts, parts) == text
