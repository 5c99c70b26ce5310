"""The linter's rules on statements that break them, and on their neighbours that do not."""

from __future__ import annotations

import pytest
from goals_by_hand import goal, hyp, var

from prover.lint import bound, goal_findings, text_findings
from prover.types import Problem


def rules(text: str, informal: str = "") -> list[str]:
    found = text_findings(Problem("p", f"theorem p {text}", informal=informal))
    return [finding.rule for finding in found]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("(x : ℝ) (n : ℤ) (h : x = n) (n) (_ : n = 3) : x = 3", "shadowed"),
        ("(n : ℕ) (m n : ℤ) : m = n", "shadowed"),
        ("(x : ℝ) : x ^ (1 / 3) = 2", "natural-exponent"),
        ("(x : ℝ) : x ^ 0 = 1", "zeroth-power"),
        ("(n : ℕ) : ∑ k ∈ Finset.range n, 2 * k + 1 = n ^ 2", "cut-off"),
        ("(n : ℕ) (h : (∑ k in Finset.range n, n + k) = 3) : n = 1", "cut-off"),
        ("(n k : ℕ) : (∏ i ∈ s, c i) ∣ ∏ i ∈ s, c (n + i) - c k", "cut-off"),
        ("(x : ℝ) : x / 0 = 0", "division-by-zero"),
    ],
)
def test_a_rule_that_is_broken(text: str, rule: str) -> None:
    assert rules(text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "(n m : ℕ) (h : ∀ n : ℕ, n = n) : m = n",
        "(x : ℝ) : x ^ ((1 : ℝ) / 3) = 2",
        "(x : ℝ) : x ^ 10 = x ^ 0.5",
        "(n : ℕ) : ∑ k ∈ Finset.range n, (2 * k + 1) = n ^ 2 + 1",
        "(n : ℕ) : (∑ k ∈ Finset.range n, 2 * k) + 1 = n ^ 2",
        "(n : ℕ) : ∑ k ∈ Finset.range (n + 1), a (k - 1) * 2 = 3",
        "(x : ℝ) : -- x ^ 0 / 0\n  x / 0.5 = 2 * x",
    ],
)
def test_a_neighbour_that_keeps_it(text: str) -> None:
    assert rules(text) == []


def test_words_of_real_numbers_and_a_statement_of_natural_ones() -> None:
    words = "Find all real numbers $x$ with $3x = 1$."
    assert rules("(x : ℕ) (h : 3 * x = 1) : False", words) == ["other-numbers"]
    assert rules("(x : ℝ) (h : 3 * x = 1) : x = 1 / 3", words) == []
    assert rules("(x : ℕ) (h : 3 * x = 1) : False", "Find all numbers.") == []


def test_the_names_of_a_signature() -> None:
    assert bound("theorem p (a b : Nat) {f : (x : Nat) → Nat} [Inhabited A] (c) : a = b") == [
        "a", "b", "f", "c"
    ]  # fmt: skip


def of(*args: object, **more: object) -> list[str]:
    made = goal(*args, **more)  # type: ignore[arg-type]
    return [finding.rule for finding in goal_findings(Problem("p", made.statement), made)]


X, Y = var("x", "Nat"), var("y", "Nat")


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        (of("x = 1", "Eq", X, hyp("h", "x = 1", "Eq")), "goal-is-hypothesis"),
        (of("x = 1", "Eq", X, hyp("h", "x < 2", "LT.lt"), hyp("g", "x < 2", "LT.lt")),
         "repeated-hypothesis"),
        (of("x = 1", "Eq", X, Y), "unused-variable"),
        (of("x = x", "Eq", X, Y, hyp("h", "y < 2", "LT.lt")), "unused-hypothesis"),
        (of("x - y = 0", "Eq", X, Y, constants=("instSubNat",)), "nat-subtraction"),
        (of("x % y = 0", "Eq", X, Y, constants=("Nat.instMod",)), "division-by-zero"),
        (of("x / 2 = 0", "Eq", X, constants=("Nat.instDiv",)), "nat-division"),
        (of("x / 2 = 0", "Eq", var("x", "Int"), constants=("Int.instDiv",)), "int-division"),
    ],
)  # fmt: skip
def test_a_rule_of_goals_that_is_broken(found: list[str], rule: str) -> None:
    assert found == [rule]


def test_a_fraction_of_natural_numbers_is_a_numeral() -> None:
    found = of("(1 / 4) ^ x = 0", "Eq", X, constants=("Nat.instDiv",))
    assert found == ["natural-fraction", "nat-division"]
    assert of("x = 8 / 4", "Eq", X, constants=("Nat.instDiv",)) == ["nat-division"]


@pytest.mark.parametrize("kept", ["y ≠ 0", "0 < y", "y > 3", "y = 7", "1 ≤ y", "Prime y"])
def test_a_denominator_that_a_hypothesis_keeps_from_zero(kept: str) -> None:
    found = of("x % y = 0", "Eq", X, Y, hyp("h", kept, ""), constants=("Nat.instMod",))
    assert found == []


def test_a_hypothesis_may_reach_the_goal_through_another() -> None:
    z = var("z", "Nat")
    near, far = hyp("h", "x = z", "Eq"), hyp("g", "z = y", "Eq")
    assert of("x = 1", "Eq", X, Y, z, near, far) == []
