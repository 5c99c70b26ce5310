"""What is reckoned from the text of arithmetic goals."""

from __future__ import annotations

from goals_by_hand import goal, hyp, var
from hypothesis import given
from hypothesis import strategies as st

from prover.diophantine import bilinear, diophantine, evaluated, linear, order

SMALL = st.integers(-9, 9)


def names(*binders: object, target: str = "x = 1") -> list[str]:
    return [script.name for script in diophantine(goal(target, "Eq", *binders))]  # type: ignore[arg-type]


@given(SMALL, SMALL)
def test_arithmetic_is_read_as_lean_writes_it(a: int, b: int) -> None:
    values = {"x": a, "y'": b}
    assert evaluated("x * (y' + 2) - 3 ^ 2", values) == a * (b + 2) - 9
    assert evaluated("(x : ℤ) + ↑y'", values) == a + b


def test_what_is_no_arithmetic_has_no_value() -> None:
    for text in ("f x", "x / 2", "x % 2", "x + z", "", ")", "x ^ 99", "x ^ y ^ y", "2.5", "x < 1"):
        assert evaluated(text, {"x": 3, "y": 9}) is None


@given(SMALL, SMALL, SMALL, SMALL)
def test_coefficients_are_found(m: int, a: int, b: int, c: int) -> None:
    text = f"({m}) * x * y + ({a}) * x + ({b}) * y + ({c})"
    assert bilinear(text, "x", "y") == (m, a, b, c)
    assert linear(text.replace("y", "(3)"), "x") == (3 * m + a, 3 * b + c)
    assert bilinear(f"{text} + x ^ 2", "x", "y") is None and linear("x * x", "x") is None


@given(st.integers(2, 50), st.integers(2, 50))
def test_powers_come_round_after_their_order(base: int, modulus: int) -> None:
    found = order(base, modulus)
    assert not found or [k for k in range(1, found + 1) if base**k % modulus == 1] == [found]


def test_each_script_has_goals_of_its_own() -> None:
    x, y = var("x", "Nat"), var("y", "Nat")
    assert names(x, y, hyp("h", "x * y = 12", "Eq")) == ["divisors", "divisors"]
    assert names(x, y, hyp("h", "x * y + x + 2 * y = 12", "Eq")) == ["factoring"]
    assert names(x, y, hyp("h", "x * y - x = 12", "Eq")) == [], "no subtraction of Nat is linear"
    assert names(x, target="(x + 7).gcd (2 * x + 1) = 1") == ["common-divisor"]
    assert names(x, hyp("h", "7 ∣ 2 ^ x - 1", "Dvd.dvd")) == ["power-residues"]
    assert names(x, hyp("h", "10 ∣ 2 ^ x", "Dvd.dvd")) == [], "no power of 2 is 1 modulo 10"
