"""Types as Lean prints them, and values that are what they say."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.values import (
    INFIX,
    LARGEST,
    Inductive,
    Type,
    Values,
    fair,
    inductives,
    neighbours,
    parse_type,
    show,
    substituted,
)

NAMES = st.sampled_from(["Nat", "Int", "Bool", "α", "Tree", "Foo.Bar"])
TYPES = st.recursive(
    NAMES.map(Type),
    lambda inner: st.one_of(
        st.builds(Type, st.sampled_from(sorted(INFIX)), st.tuples(inner, inner)),
        st.builds(Type, st.sampled_from(["List", "Option"]), st.tuples(inner)),
        st.builds(Type, st.just("Except"), st.tuples(inner, inner)),
    ),
    max_leaves=6,
)
TREE = "inductive Tree (α : Type) where\n  | leaf\n  | node (l r : Tree α) (value : α)\n"


@given(TYPES)
def test_a_type_is_read_as_it_is_shown(type: Type) -> None:
    assert parse_type(show(type)) == type


@given(st.text("Nat( )→×3,{:}Σ", max_size=12))
def test_no_text_is_more_than_a_type_or_none(text: str) -> None:
    found = parse_type(text)
    assert found is None or parse_type(show(found)) == found


@pytest.mark.parametrize(
    "text", ["", "{n : Nat // 0 < n}", "(x : Nat) → P x", "Nat →", "(Nat", "f.1"]
)
def test_what_is_no_plain_type_has_no_values(text: str) -> None:
    assert Values().of(text, 5) == []


def test_arrows_bind_to_the_right_and_least() -> None:
    assert parse_type("Nat → Nat × Bool → List Nat") == Type(
        "→",
        (
            Type("Nat"),
            Type("→", (Type("×", (Type("Nat"), Type("Bool"))), Type("List", (Type("Nat"),)))),
        ),
    )


@pytest.mark.parametrize(
    ("type", "first"),
    [
        ("Nat", ["0", "1", "2", "3"]),
        ("Int", ["0", "1", "(-1)", "2"]),
        ("Bool", ["false", "true"]),
        ("Fin 3", ["0", "1", "2"]),
        ("Option Bool", ["none", "(some false)", "(some true)"]),
        ("List Nat", ["[]", "[0]", "[1]", "[0, 1]"]),
        ("Nat × Bool", ["(0, false)", "(0, true)", "(1, false)", "(1, true)"]),
        ("Unit", ["()"]),
        ("Nat → Bool", ["(fun x => x == 0)", "(fun x => x % 2 == 0)", "(fun _ => false)"]),
        ("Prop", ["False", "True"]),
    ],
)
def test_small_values_come_first(type: str, first: list[str]) -> None:
    assert Values().of(type, 4)[: len(first)] == first


def test_the_types_of_a_header_have_values_too() -> None:
    header = (
        f"{TREE}\ninductive Light where\n| green | red\n  deriving DecidableEq\n\n"
        "structure Point where\n  x y : Nat\n  on : Bool\n\ninductive E : Type\n"
        "  | num : Int → E\n  | neg : E → E\n\ndef f : Nat → Nat\n  | 0 => 1\n  | n => n\n"
    )
    known = inductives(header)
    assert known["Light"] == Inductive((), (("green", ()), ("red", ())))
    assert known["Point"] == Inductive((), (("", ("Nat", "Nat", "Bool")),))
    assert known["E"] == Inductive((), (("num", ("Int",)), ("neg", ("E",))))
    values = Values(known)
    assert values.of("Light", 5) == [".green", ".red"]
    assert values.of("Tree Bool", 3) == [
        ".leaf", "(.node .leaf .leaf false)", "(.node .leaf .leaf true)"
    ]  # fmt: skip
    assert values.of("Point", 2) == ["⟨0, 0, false⟩", "⟨0, 0, true⟩"]
    assert "(.neg (.num 0))" in values.of("E", 8)
    assert values.of("List Light", 4) == ["[]", "[.green]", "[.red]", "[.green, .red]"]


@pytest.mark.parametrize(
    "header",
    [
        "inductive Empty2",
        "inductive Loop where\n  | again (l : Loop)",
        "structure S where\n  x : Nat := 3",
        "-- inductive Hidden where | a",
        "inductive P (n : Nat) : Prop where\n  | mk (h : n = 1) : P n",
    ],
)
def test_a_type_without_values_or_not_understood_has_none(header: str) -> None:
    name = header.split()[1]
    assert Values(inductives(header)).of(name, 5) == []


@given(st.sampled_from(["Nat", "Int", "List Nat", "Nat × Int", "Tree Int"]), st.integers(1, 20))
def test_values_are_different_and_no_more_than_wanted(type: str, most: int) -> None:
    for chance in (None, random.Random(1)):
        found = Values(inductives(TREE), neighbours("n < 50"), chance).of(type, most)
        assert 0 < len(found) <= most and len(set(found)) == len(found)


@given(st.lists(st.lists(st.text("ab", max_size=2), min_size=1, max_size=4), max_size=3))
def test_early_entries_come_before_late_ones(columns: list[list[str]]) -> None:
    rows = fair(columns, 100)
    assert rows[0] == tuple(c[0] for c in columns)
    assert len(rows) == min(100, math.prod(len(c) for c in columns))


def test_numerals_suggest_their_neighbours() -> None:
    assert neighbours("x1 + 41 = h₂ ∧ n % 2 < 7") == [7, 6, 8, 41, 40, 42]
    assert neighbours("n * n ≠ 1369") == [1369, 1368, 1370, 37]
    assert neighbours(f"n < {LARGEST * 10}") == [math.isqrt(LARGEST * 10)]
    assert Values({}, [41, 40, 42], random.Random(0)).of("Nat", 4)[:3] == ["41", "40", "42"]


def test_only_whole_names_are_replaced() -> None:
    assert substituted("List α → α' → α.x → Foo.α", {"α": "Nat"}) == "List Nat → α' → Nat.x → Foo.α"
