"""Polynomials with integer coefficients, and random terms that are equal to them; pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from prover.playground.terms import Term, joined, lift

Monomial = tuple[tuple[str, int], ...]
"""(variable, exponent) in the order of names; empty for the constant."""
Polynomial = dict[Monomial, int]


def constant(number: int) -> Polynomial:
    return {(): number} if number else {}


def univariate(name: str, coefficients: Sequence[Fraction | int]) -> Polynomial:
    """Whole coefficients, the constant's first."""
    rows: list[tuple[Monomial, int]] = [
        (((name, k),) if k else (), int(c)) for k, c in enumerate(coefficients)
    ]
    return {monomial: c for monomial, c in rows if c}


def plus(a: Polynomial, b: Polynomial, factor: int = 1) -> Polynomial:
    found = defaultdict(int, a)
    for monomial, coefficient in b.items():
        found[monomial] += factor * coefficient
    return {m: c for m, c in found.items() if c}


def times(a: Polynomial, b: Polynomial) -> Polynomial:
    found: dict[Monomial, int] = defaultdict(int)
    for m, c in a.items():
        for n, d in b.items():
            powers = defaultdict(int, m)
            for name, exponent in n:
                powers[name] += exponent
            found[tuple(sorted(powers.items()))] += c * d
    return {m: c for m, c in found.items() if c}


def expanded(term: Term) -> Polynomial:
    """Of a term of `+ - * ^`, numerals and variables."""
    if not term.args:
        digits = term.head.lstrip("-").isdigit()
        return constant(int(term.head)) if digits else {((term.head, 1),): 1}
    if term.head == "^":
        found, base = constant(1), expanded(term.args[0])
        for _ in range(int(term.args[1].head)):
            found = times(found, base)
        return found
    parts = [expanded(a) for a in term.args]
    if len(parts) == 1:
        return plus({}, parts[0], -1)
    if term.head == "*":
        return times(*parts)
    return plus(parts[0], parts[1], -1 if term.head == "-" else 1)


def monomial_term(monomial: Monomial, coefficient: int) -> Term:
    """`3 * a ^ 2 * b`; the coefficient is at least 1."""
    factors = [Term(x) if k == 1 else Term(x) ** k for x, k in monomial]
    if coefficient != 1 or not factors:
        factors.insert(0, lift(coefficient))
    return joined("*", factors)


def sides(poly: Mapping[Monomial, int], rng: random.Random | None = None) -> tuple[Term, Term]:
    """Terms left and right whose difference it is, without subtraction; shuffled by `rng`."""
    rows = list(poly.items())
    if rng is not None:
        rng.shuffle(rows)
    left = [monomial_term(m, c) for m, c in rows if c > 0]
    right = [monomial_term(m, -c) for m, c in rows if c < 0]
    return total(left), total(right)


def total(terms: Sequence[Term]) -> Term:
    return joined("+", terms) if terms else lift(0)


def signed(poly: Mapping[Monomial, int], rng: random.Random) -> Term:
    """One term of integers, with `-` where a coefficient is negative."""
    rows = list(poly.items())
    rng.shuffle(rows)
    rows.sort(key=lambda row: row[1] < 0)  # a sum that begins with `-` reads badly
    if not rows:
        return lift(0)
    (monomial, coefficient), *rest = rows
    term = monomial_term(monomial, abs(coefficient))
    term = term if coefficient > 0 else Term("-", (term,))
    for monomial, coefficient in rest:
        part = monomial_term(monomial, abs(coefficient))
        term = term + part if coefficient > 0 else term - part
    return term


def random_term(rng: random.Random, names: Sequence[str], depth: int, minus: bool) -> Term:
    """A tree of sums, products and squares over small linear terms."""
    if depth == 0:
        return linear(rng, names, minus)
    kind = rng.choice(("+", "*", "*", "^", "-" if minus else "+"))
    if kind == "^":
        return random_term(rng, names, depth - 1, minus) ** rng.choice((2, 2, 3))
    left = random_term(rng, names, depth - 1, minus)
    return Term(kind, (left, random_term(rng, names, rng.randrange(depth), minus)))


def linear(rng: random.Random, names: Sequence[str], minus: bool) -> Term:
    """`a`, `2 * b + 1`, `a - 3 * b`."""
    first = Term(rng.choice(names))
    term = first if rng.random() < 0.6 else lift(rng.randrange(2, 6)) * first
    if rng.random() < 0.35:
        return term
    rest = lift(rng.randrange(1, 8)) if rng.random() < 0.5 else Term(rng.choice(names))
    return term - rest if minus and rng.random() < 0.4 else term + rest


def rewritten(term: Term, rng: random.Random, steps: int, minus: bool) -> Term:
    """The same polynomial after random steps of ring laws, each at a random place."""
    for _ in range(steps):
        term = step(term, rng, minus)
    return term


def step(term: Term, rng: random.Random, minus: bool) -> Term:
    if not term.args or (term.head != "^" and rng.random() < 0.55):
        if not term.args:
            return term
        at = rng.randrange(len(term.args))
        args = list(term.args)
        args[at] = step(args[at], rng, minus)
        return Term(term.head, tuple(args))
    return law(term, rng, minus)


def law(term: Term, rng: random.Random, minus: bool) -> Term:
    """One ring law from left to right at the root, if one fits."""
    a, *others = term.args
    b = others[0] if others else a
    if term.head == "^" and b.head in ("2", "3"):
        rest = a if b.head == "2" else a**2
        if a.head == "+" and b.head == "2" and rng.random() < 0.6:
            x, y = a.args
            return x**2 + lift(2) * x * y + y**2
        return rest * a
    if term.head == "*":
        if b.head == "+":
            return a * b.args[0] + a * b.args[1]
        if a.head == "+":
            return a.args[0] * b + a.args[1] * b
        if minus and b.head == "-" and len(b.args) == 2:
            return a * b.args[0] - a * b.args[1]
        return b * a
    if term.head == "+":
        if b.head == "+" and rng.random() < 0.4:
            return a + b.args[0] + b.args[1]
        return b + a
    if term.head == "-" and len(term.args) == 2 and b.head == "+":
        return a - b.args[0] - b.args[1]
    return term
