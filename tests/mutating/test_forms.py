"""Text of statements: put together, terms put in, taken apart, matched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.mutating import forms
from prover.types import Binder
from tests.goals_by_hand import hyp, var

N, M, XS = var("n", "Nat"), var("m", "Nat"), var("xs", "List Nat")


def test_neighbours_of_one_type_share_their_brackets() -> None:
    binders = [var("α", "Type"), N, M, XS, hyp("h", "n < m", "LT.lt"), hyp("g", "n < m", "LT.lt")]
    binders[0] = Binder("α", "Type", False, "Sort")
    text = forms.signature(binders, "n = m")
    assert text == "{α : Type} (n m : Nat) (xs : List Nat) (h : n < m) (g : n < m) : n = m"
    assert forms.after_name(f"theorem a {text}") == text


def test_what_nothing_speaks_of_is_left_out() -> None:
    about_nothing = hyp("h", "0 < 1", "LT.lt")
    assert forms.pruned([N, M, about_nothing], "n = n") == [N]
    kept = hyp("h", "n < m", "LT.lt")
    assert forms.pruned([N, M, kept], "n = n") == [N, M, kept]


def test_new_names_are_no_word_of_the_statement() -> None:
    words = forms.taken([N], "∃ k, n = 2 * k")
    assert forms.fresh(words, "k", "k", "m") == ["k1", "k2", "m"]


@pytest.mark.parametrize(
    ("text", "term", "becomes"),
    [
        ("x + x1 = 2 * x", "a + b", "(a + b) + x1 = 2 * (a + b)"),
        ("x.length = f x'", "[]", "[].length = f x'"),
        ("x.succ = 1", "0", "(0).succ = 1"),
        ("p.x = x", "(a, b)", "p.x = (a, b)"),
        ("x = 1", "y", "y = 1"),
    ],
)
def test_terms_are_put_in_for_whole_names(text: str, term: str, becomes: str) -> None:
    assert forms.put(text, {"x": term}) == becomes


def test_names_are_replaced_all_at_once() -> None:
    assert forms.put("a + b", {"a": "b", "b": "a"}) == "b + a"


@given(st.text("ab ()+=∧∃,.1", max_size=40))
def test_text_without_the_name_stays(text: str) -> None:
    assert forms.put(text, {"z": "1 + 1"}) == text


@given(st.text("ab ()+=<∧→", max_size=40))
def test_what_is_taken_apart_is_all_there(text: str) -> None:
    assert len(forms.outer(text)) == len(text)
    if split := forms.parts(text, ("=",)):
        left, sign, right = split
        assert f"{left}{sign}{right}".replace(" ", "") == text.replace(" ", "")


def test_a_relation_is_one_and_nothing_else() -> None:
    assert forms.relation("f (a = b) ≤ c") == ("f (a = b)", "≤", "c")
    assert forms.relation("a = b ∧ c = d") is None
    assert forms.relation("a < b < c") is None
    assert forms.relation("∃ k, a = 2 * k") is None


def test_conjunctions_come_apart() -> None:
    assert forms.conjuncts("a = 1 ∧ (b ∧ c) ∧ d") == ["a = 1", "b ∧ c", "d"]
    assert forms.conjuncts("∀ x, a ∧ b") == ["∀ x, a ∧ b"]
    assert forms.conjuncts("a ∧ b ∨ c") == ["a ∧ b ∨ c"]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("a < b", "f n < 2 * m", {"a": "f n", "b": "2 * m"}),
        ("f (g a) = a", "f (g (h n)) = h n", {"a": "h n"}),
        ("f a a = b", "f x y = z", None),
        ("f a", "f a x", None),
        ("f a", "ff a", None),
        ("a ≤ b", "n = m", None),
        ("f a b = 0", "f (x + 1) [y] = 0", {"a": "x + 1", "b": "[y]"}),
    ],
)
def test_matching(pattern: str, text: str, found: dict[str, str] | None) -> None:
    assert forms.matched(pattern, text, ["a", "b"]) == found


@given(st.lists(st.sampled_from(["a", "f", "(a + b)", "+", "b", "g (a b)"]), min_size=1))
def test_a_pattern_matches_what_it_becomes(words: list[str]) -> None:
    pattern = " ".join(words)
    text = forms.put(pattern, {"a": "h 1", "b": "c"})
    found = forms.matched(pattern, text, ["a", "b"])
    assert found is not None
    assert forms.put(pattern, found) == text


def test_lists_and_options_are_no_numbers() -> None:
    assert forms.numeric(("size t", "<", "2 ^ height t"))
    assert not forms.numeric(("xs ++ ys", "=", "[1]"))
    assert not forms.numeric(("o", "=", "some 3"))
    assert not forms.numeric(("f a", "=", "f b"))
