"""What each mutator makes of goals written down by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from prover.lean.source import balanced
from prover.mutating import easier, harder, lemmas, pairs
from prover.mutating.drawing import EASIER, HARDER, PAIRS
from prover.mutating.forms import Mutant, Seed
from prover.types import Goal
from tests.goals_by_hand import goal, hyp, var

ORDER = goal(
    "a + 2 ≤ c", "LE.le", var("a", "Nat"), var("b", "Nat"), var("c", "Nat"),
    hyp("h₁", "a < b", "LT.lt"), hyp("h₂", "b < c", "LT.lt"),
)  # fmt: skip
APPEND = goal(
    "(xs ++ ys).length = ys.length + xs.length", "Eq", var("xs", "List Nat"), var("ys", "List Nat")
)
SQUARE = goal("n ≤ 5", "LE.le", var("n", "Nat"), hyp("h", "n * n < 30", "LT.lt"))
DIGITS = goal("(100 * a + b) % 9 = (a + b) % 9", "Eq", var("a", "Nat"), var("b", "Nat"))
SUMS = goal("2004 % 12 = 0", "Eq")
BOTH = goal("p ↔ q ∧ r", "Iff", var("p", "Prop"), var("q", "Prop"), var("r", "Prop"))
HEADER = """inductive Tree where
  | leaf
  | node (left right : Tree)

def mirror : Tree → Tree
  | .leaf => .leaf
  | .node l r => .node (mirror r) (mirror l)
"""
MIRROR = replace(
    goal("mirror (mirror t) = t", "Eq", var("t", "Tree"), definitions=("mirror",)), header=HEADER
)
STEP = goal(
    "size (mirror l) + 1 = size l + 1", "Eq", var("l", "Tree"), var("r", "Tree"),
    hyp("ih", "size (mirror l) = size l", "Eq"), hyp("g", "size r = 0", "Eq"),
    definitions=("size", "mirror"),
)  # fmt: skip
GOALS = (ORDER, APPEND, SQUARE, DIGITS, SUMS, BOTH, MIRROR, STEP)


def seed(of: Goal, name: str = "p", level: int = 3) -> Seed:
    return Seed(name, of, "solved", "order", level, "by omega")


def texts(found: Iterable[Mutant]) -> set[str]:
    return {mutant.text for mutant in found}


def test_terms_take_the_place_of_variables() -> None:
    found = texts(harder.substituted(seed(APPEND)))
    assert "(u v ys : List Nat) : ((u ++ v) ++ ys).length = ys.length + (u ++ v).length" in found
    made = list(harder.substituted(seed(MIRROR)))
    assert texts(made) == {"(s : Tree) : mirror (mirror (mirror s)) = (mirror s)"}
    assert {(m.family, m.level, m.parents, m.header) for m in made} == {
        ("order", 4, ("p",), HEADER)
    }


def test_numerals_become_variables() -> None:
    found = texts(harder.generalised(seed(SQUARE)))
    assert "(k) (n : Nat) (h : n * n < 30) : n ≤ k" in found
    assert "(k) (n : Nat) (h : n * n < k) (hk : 30 ≤ k) : n ≤ 5" in found
    assert not list(harder.generalised(seed(goal("n + 1 = 1 + n", "Eq", var("n", "Nat")))))


def test_accumulators_become_variables() -> None:
    sums = goal("sumAcc xs 0 = total xs", "Eq", var("xs", "List Nat"),
                definitions=("sumAcc", "total"))  # fmt: skip
    found = texts(harder.widened(seed(sums)))
    assert ": ∀ (xs : List Nat) acc, sumAcc xs acc = (total xs) + acc" in found


def test_hypotheses_are_dropped_or_say_less() -> None:
    assert texts(harder.dropped(seed(ORDER))) == {
        "(a b c : Nat) (h₂ : b < c) : a + 2 ≤ c",
        "(a b c : Nat) (h₁ : a < b) : a + 2 ≤ c",
    }
    assert "(n : Nat) (h : n * n ≤ 30) : n ≤ 5" in texts(harder.weakened(seed(SQUARE)))
    assert "(n : Nat) (h : n * n < 31) : n ≤ 5" in texts(harder.weakened(seed(SQUARE)))
    assert set(harder.weaker("a = 1 ∧ b = 2")) == {"a = 1", "b = 2"}
    assert set(harder.weaker("a % 3 = 1")) == {"a % 3 ≠ 2"}
    assert not list(harder.weaker("o = some 3"))


def test_conclusions_say_more() -> None:
    found = texts(harder.strengthened(seed(SQUARE)))
    assert "(n : Nat) (h : n * n < 30) : n < 5" in found
    assert "(n : Nat) : n * n < 30 ↔ n ≤ 5" in found
    either = goal("a = 0 ∨ b = 0", "Or", var("a", "Nat"), var("b", "Nat"))
    assert texts(harder.strengthened(seed(either))) == {"(a : Nat) : a = 0", "(b : Nat) : b = 0"}


def test_constants_change() -> None:
    assert "(a b : Nat) : (100 * a + b) % 18 = (a + b) % 18" in texts(harder.changed(seed(DIGITS)))
    again = texts(harder.changed(seed(SUMS)))
    assert ": 2005 % 12 = 1" in again and ": 2004 % 13 = 2" in again


@pytest.mark.parametrize(
    ("text", "value"),
    [("17 * 18 % 4", 2), ("2 ^ 3 ^ 2 + 1", 513), ("7 % 4 * 2", 6), ("5 % 0", None), ("2 +", None)],
)
def test_sums_are_reckoned_as_lean_does(text: str, value: int | None) -> None:
    assert harder.reckoned(text) == value


def test_a_conclusion_feeds_a_hypothesis() -> None:
    sizes = goal("height t ≤ size t", "LE.le", var("t", "Tree"))
    bound = goal("a * a ≤ b * b", "LE.le", var("a", "Nat"), var("b", "Nat"),
                 hyp("h", "a ≤ b", "LE.le"))  # fmt: skip
    (made,) = pairs.chained(seed(sizes, "s"), seed(bound, "b", 5))
    assert made.text == "(t : Tree) : (height t) * (height t) ≤ (size t) * (size t)"
    assert (made.parents, made.level) == (("s", "b"), 6)


def test_a_term_is_rewritten_by_an_equation() -> None:
    both = goal("max i j + min i j = i + j", "Eq", var("i", "Int"), var("j", "Int"))
    cubes = goal("x ^ 3 - y = (x + y) * z", "Eq", *(var(n, "Int") for n in "xyz"))
    found = texts(pairs.rewritten(seed(cubes), seed(both)))
    assert found == {"(x y z : Int) : x ^ 3 - y = (max x y + min x y) * z"}


def test_related_statements_are_joined_about_the_same_variables() -> None:
    other = replace(STEP, target="size r = 1", binders=(var("r", "Tree"),))
    (made,) = pairs.conjoined(seed(STEP, "a"), seed(other, "b"))
    assert not list(pairs.conjoined(seed(other, "b"), seed(STEP, "a")))
    assert made.text.endswith(": size (mirror l) + 1 = size l + 1 ∧ size l = 1")
    assert not list(pairs.conjoined(seed(ORDER), seed(DIGITS)))
    assert not list(pairs.summed(seed(ORDER), seed(DIGITS)))


def test_special_cases() -> None:
    found = texts(easier.special(seed(MIRROR)))
    assert found == {
        ": mirror (mirror Tree.leaf) = Tree.leaf",
        "(a1 a2 : Tree) : mirror (mirror (Tree.node a1 a2)) = (Tree.node a1 a2)",
    }
    assert "(xs : List Nat) : (xs ++ []).length = ([] : List Nat).length + xs.length" in {
        text.replace("([] : List Nat))", "[])") for text in texts(easier.special(seed(APPEND)))
    }
    assert "(n : Nat) (h : (n + 1) * (n + 1) < 30) : (n + 1) ≤ 5" in texts(
        easier.special(seed(SQUARE))
    )
    assert "(xs : List Nat) : (xs ++ xs).length = xs.length + xs.length" in texts(
        easier.special(seed(APPEND))
    )


def test_one_hypothesis_more() -> None:
    found = texts(easier.assumed(seed(ORDER)))
    assert "(a b c : Nat) (h₁ : a < b) (h₂ : b < c) (h : a ≤ 5 ∧ c ≤ 5) : a + 2 ≤ c" in found
    assert texts(easier.assumed(seed(DIGITS))) >= {
        "(a b : Nat) (h : a % 2 = 0) : (100 * a + b) % 9 = (a + b) % 9"
    }
    assert {m.level for m in easier.assumed(seed(ORDER, level=1))} == {1}


def test_half_of_a_conclusion() -> None:
    assert texts(easier.halved(seed(BOTH))) == {
        "(p q r : Prop) (h : p) : q ∧ r",
        "(p q r : Prop) (h : q ∧ r) : p",
    }
    assert not list(easier.halved(seed(DIGITS)))
    bound = goal("¬∃ b, ∀ (x : V), S b x ↔ ¬S x x", "Not", var("S", "V → V → Prop"))
    assert not list(easier.halved(seed(bound)))


def test_steps_of_proofs_are_abstracted() -> None:
    found = list(lemmas.abstracted(seed(STEP)))
    assert "(l : Tree) (t) (ih : t = size l) : t + 1 = size l + 1" in without_g(found)
    assert all(mutant.only_proved for mutant in found)
    (own,) = lemmas.lemma(seed(STEP))
    assert f"theorem p {own.text}" == STEP.statement and own.level == 3


def without_g(found: Iterable[Mutant]) -> set[str]:
    return {m.text.replace(" r : Tree", " : Tree").replace(" (g : size r = 0)", "") for m in found}


def test_negations_come_with_proofs_to_try() -> None:
    (made,) = lemmas.negated(seed(SQUARE))
    assert made.text == ": ¬ (∀ (n : Nat) (h : n * n < 30), n ≤ 5)"
    assert made.bodies and all("intro claim" in body for body in made.bodies)


def everything() -> Iterator[Mutant]:
    for act in (*HARDER.values(), *EASIER.values(), lemmas.abstracted, lemmas.negated):
        for one in GOALS:
            yield from act(seed(one))
    for both in PAIRS.values():
        for one in GOALS:
            for two in GOALS:
                if one is not two:
                    yield from both(seed(one), seed(two))


def test_whatever_is_made_has_its_brackets_and_a_level() -> None:
    found = list(everything())
    assert len(found) > 150
    assert [m.text for m in found if not balanced(m.text) or ":" not in m.text] == []
    assert min(m.level for m in found) >= 1
