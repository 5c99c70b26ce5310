"""Theory exploration as text: terms, equations, and what Lean's answers are taken for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from goals_by_hand import goal, var
from hypothesis import given
from hypothesis import strategies as st

from prover.conjectures import (
    SAMPLES,
    SIZES,
    Conjecture,
    Symbol,
    Term,
    Theory,
    functions,
    instance,
    items,
    read_table,
    tables,
)
from prover.types import Goal

HEADER = """inductive N where
  | zero
  | succ (n : N)

def add : N → N → N
  | m, .zero => m
  | m, .succ n => .succ (add m n)

def scale (k : N) (e : Nat → N) : N → N :=
  fun n => n

def even : N → Prop
  | .zero => True
  | .succ n => ¬ even n

def poly {α : Type} (xs : List α) : List α := xs
"""


def about(*definitions: str) -> Goal:
    made = goal("add m n = add n m", "Eq", var("m", "N"), var("n", "N"), definitions=definitions)
    return replace(made, header=HEADER)


ADD = about("add")


def number(text: str) -> int:
    return text.count("succ")


def evaluated(term: Term, at: Mapping[Symbol, int]) -> int:
    """What a term over `N` comes out as, with `add` as addition."""
    if term.head.kind == "variable":
        return at[term.head]
    below = [evaluated(arg, at) for arg in term.args]
    return sum(below) + (term.head.name == "N.succ")


def explored(theory: Theory) -> Theory:
    for size in SIZES:
        rows = theory.round(size)
        theory.learn(
            {
                term: tuple(
                    str(evaluated(term, {v: number(c[i]) for v, c in theory.columns.items()}))
                    for i in range(SAMPLES)
                )
                for term in rows
            }
        )
    return theory


def test_signatures_are_read_off_the_header_as_far_as_they_are_plain() -> None:
    found = functions(about("add", "scale", "even", "poly"))
    assert [(f.name, f.args, f.result) for f in found] == [
        ("add", ("N", "N"), "N"),
        ("scale", ("N", "Nat → N", "N"), "N"),
    ]
    assert [f.name for f in functions(about("My.add"))] == ["My.add"]


def test_no_functions_no_conjectures() -> None:
    theory = Theory(goal("n = n", "Eq", var("n", "Nat")))
    assert not theory.variables and not theory.conjectures


def test_what_addition_obeys_is_found_and_each_law_once() -> None:
    found = [c.statement for c in explored(Theory(ADD)).conjectures]
    assert "∀ (a : N), add N.zero a = a" in found
    assert "∀ (a : N) (b : N), add (N.succ a) b = N.succ (add a b)" in found
    assert any(re.fullmatch(r"∀ .*, add b a = add a b", s) for s in found)
    assert len(found) == len(set(found)) <= 8


def test_no_law_follows_from_another_by_instance_alone() -> None:
    found = explored(Theory(ADD)).conjectures
    assert not [(a, b) for a in found for b in found if a is not b and instance(a, b)]


@given(st.lists(st.integers(0, 9), min_size=2, max_size=2))
def test_the_laws_hold_where_the_function_is_what_it_was_taken_for(at: list[int]) -> None:
    theory = explored(Theory(ADD))
    values = dict(zip(theory.variables, at, strict=True))
    for law in theory.conjectures:
        assert evaluated(law.left, values) == evaluated(law.right, values)


def test_terms_are_linear_and_of_the_size_asked_for() -> None:
    for term in Theory(ADD).round(4):
        names = [t.head for t in term.parts() if t.head.kind == "variable"]
        assert len(names) == len(set(names)) and term.size <= 4


def test_brackets_stand_around_compound_arguments_only() -> None:
    add, a = Symbol("f", ("N", "N"), "N"), Term(Symbol("a", (), "N", "variable"))
    both = Term(Symbol("++", ("N", "N"), "N", "infix"), (Term(add, (a, a)), a))
    assert Term(add, (both, a)).text == "f ((f a a) ++ a) a"


@given(st.lists(st.lists(st.integers(-9, 99), max_size=4), max_size=5))
def test_printed_lists_are_read_back(rows: list[list[int]]) -> None:
    assert [list(map(int, items(row))) for row in items(str(rows))] == rows


@given(st.text("[],() a⟨⟩", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(items(text), list)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text.replace("[[", "[[⋯, ", 1),
        lambda text: text[: len(text) // 2],
        lambda text: "m : N\n⊢ False",
        lambda text: text.replace("], [", ", ", 1),
    ],
)
def test_a_table_that_is_cut_or_another_teaches_nothing(spoilt: Callable[[str], str]) -> None:
    theory = Theory(ADD)
    ((_, group),) = tables(theory, theory.round(2)[:3])
    rows: Sequence[Sequence[int]] = [list(range(SAMPLES))] * len(group)
    shown = f"m : N\n⊢ {rows} = []"
    assert len(read_table(shown, group)) == len(group)
    assert read_table(spoilt(shown), group) == {}


def test_a_closed_law_has_no_binders() -> None:
    zero = Term(Symbol("z", (), "N", "constructor"))
    assert Conjecture(zero, zero).statement == "z = z"
