"""Families of linear and polynomial arithmetic: consequences of hypotheses, identities, bounds.

Most draws are true by construction: a goal is put together from its hypotheses by a combination
that is not shown, or one side of it is rewritten into the other.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from prover.playground.family import Draft, Family, drafted
from prover.playground.polynomials import (
    Polynomial,
    constant,
    expanded,
    plus,
    random_term,
    rewritten,
    sides,
    signed,
    times,
)
from prover.playground.terms import Term, free, joined, lift, op, value

NAMES = ("a", "b", "c", "d")


def atoms(rng: random.Random, level: int, type: str) -> tuple[dict[str, str], list[Term]]:
    """What a linear goal is linear in: variables, from level 3 on also products, values of an
    unknown function and remainders, which linear arithmetic takes for variables or has to split."""
    names = NAMES[: rng.randrange(2, min(level, 2) + 3)]
    types = dict.fromkeys(names, type)
    found = [Term(x) for x in names]
    if level >= 3:
        types["f"] = f"{type} → {type}"
        x, y = (Term(name) for name in rng.sample(names, 2))
        more = [x * y, Term("f")(x), Term("f")(y), x % rng.randrange(2, 6), x**2,
                op("max", x, y), op("min", x, y)]  # fmt: skip
        found = [*rng.sample(found, 2), *rng.sample(more, min(level - 1, 3))]
    return types, found


def linear(rng: random.Random, level: int) -> Draft:
    """Inequalities and equations whose sum, with hidden factors, gives the goal. The level turns
    the number of hypotheses and variables and the size of coefficients; from 3 on atoms are
    products, remainders, maxima and values of an unknown function, at 4 there are disjunctions."""
    type = rng.choice(("Nat", "Int"))
    types, found = atoms(rng, level, type)
    marks = [f"x{i}" for i in range(len(found))]
    hidden = {m: rng.randrange(6) for m in marks}
    given: list[Term] = []
    poly: Polynomial = {}
    slack = 0
    for _ in range(rng.randrange(1, 3) + min(level, 3) - 1):
        relation = rng.choice(("≤", "<", "=", "≤"))
        gap, written = hypothesis(rng, marks, hidden, relation, level)
        given.append(written)
        factor = rng.randrange(1, 3)
        poly = plus(poly, gap, factor)
        slack += relation == "<" and factor
    goal = consequence(rng, poly, slack if slack else 0)
    shown = {m: atom for m, atom in zip(marks, found, strict=True)}
    if level >= 4:
        given, goal = split_in_two(rng, given, goal, shown)
    return drafted(rng, types, [put_in(h, shown) for h in given], put_in(goal, shown), likely=True)


def put_in(term: Term, shown: dict[str, Term]) -> Term:
    if not term.args:
        return shown.get(term.head, term)
    return Term(term.head, tuple(put_in(a, shown) for a in term.args))


def hypothesis(
    rng: random.Random, marks: Sequence[str], hidden: dict[str, int], relation: str, level: int
) -> tuple[Polynomial, Term]:
    """(right minus left, the hypothesis): true at the hidden values, so that none contradicts
    another."""
    most = 3 + min(level, 3)
    chosen = rng.sample(list(marks), min(len(marks), rng.choice((2, 2, 3))))
    gap: Polynomial = {((m, 1),): rng.choice((-1, 1)) * rng.randrange(1, most) for m in chosen}
    at = sum(c * hidden[m[0][0]] for m, c in gap.items())
    spare = {"=": 0, "<": rng.randrange(1, 4), "≤": rng.randrange(4)}[relation]
    gap = plus(gap, constant(spare - at))
    right, left = sides(gap, rng)
    return gap, Term(relation, (left, right))


def consequence(rng: random.Random, gap: Polynomial, slack: int) -> Term:
    """From `0 ≤ gap`, or `slack ≤ gap`, what follows: as it is, or weaker, moved about."""
    if slack:
        gap = plus(gap, constant(1 - slack))
    if rng.random() < 0.5:
        gap = plus(gap, constant(rng.randrange(4)))
    right, left = sides(gap, rng)
    if slack:
        return left.lt(right)
    return left.le(right)


def split_in_two(
    rng: random.Random, given: list[Term], goal: Term, shown: dict[str, Term]
) -> tuple[list[Term], Term]:
    """One hypothesis weakened to a disjunction with a second goal for its other case."""
    other = Term(rng.choice(list(shown))).le(lift(rng.randrange(1, 5)))
    at = rng.randrange(len(given))
    pair = [given[at], other]
    rng.shuffle(pair)
    given = [*given[:at], joined("∨", pair), *given[at + 1 :]]
    if rng.random() < 0.5:
        return given, joined("∨", [goal, other])
    return [*given, Term("¬", (other,))], goal


def polynomial(rng: random.Random, level: int) -> Draft:
    """Identities: a random tree of sums, products and powers against the same after random ring
    laws, or expanded; from level 2 on also under hypotheses, multiples of which are added. The
    level turns the depth of the tree, the number of laws and the number of variables."""
    type = rng.choice(("Nat", "Int", "Int"))
    minus = type == "Int"
    names = NAMES[: rng.randrange(1 if level == 1 else 2, min(level, 2) + 2)]
    term = random_term(rng, names, 1 + (level > 1) + (level > 3), minus)
    while not 2 <= len(poly := expanded(term)) <= 5 + 3 * level:
        term = random_term(rng, names, 1 + (level > 1), minus)
    types = dict.fromkeys(names, type)
    if minus and level > 1 and rng.random() < 0.5:
        return under_hypothesis(rng, term, types, level)
    if rng.random() < 0.5:
        other = rewritten(term, rng, 3 + 3 * level, minus)
        if expanded(other) == poly and other != term:
            return drafted(rng, types, [], term.eq(other), likely=True)
    left, right = sides(poly, rng)
    if right == lift(0):
        return drafted(rng, types, [], term.eq(left), likely=True)
    goal = term.eq(signed(poly, rng)) if minus else (term + right).eq(left)
    return drafted(rng, types, [], goal, likely=True)


def under_hypothesis(rng: random.Random, term: Term, types: dict[str, str], level: int) -> Draft:
    """`term = other`, the difference of which is a sum of multiples of what is assumed zero; what
    is assumed holds at some values, which are not shown."""
    names, spare = list(types), rng.sample("st", 2)
    hidden = {name: rng.randrange(-4, 5) for name in names}
    gap: Polynomial = {}
    given: list[Term] = []
    for _ in range(1 if level < 3 else rng.choice((1, 2))):
        left = random_term(rng, names, 1, False)
        right = Term(spare.pop()) if rng.random() < 0.5 else lift(value(left, hidden))
        given.append(left.eq(right))
        factor = expanded(random_term(rng, names, level > 2, True))
        gap = plus(gap, times(factor, plus(expanded(left), expanded(right), -1)))
    goal = term.eq(signed(plus(expanded(term), gap), rng))
    shown = {**types, "s": "Int", "t": "Int"}
    return drafted(rng, shown, list(dict.fromkeys(given)), goal, likely=True)


def inequality(rng: random.Random, level: int) -> Draft:
    """Bounds: sums of squares written out, powers and products kept in order by monotone
    operations, exponentials above polynomials. The level turns the number of squares, the number
    of operations above the hypotheses, and the degree."""
    kind = rng.choice((squares, monotone, monotone, growth))
    return kind(rng, level)


def squares(rng: random.Random, level: int) -> Draft:
    """A sum of squares of linear terms, expanded, moved to both sides of `≤`."""
    names = NAMES[: rng.randrange(2, min(level, 2) + 2)]
    poly: Polynomial = {}
    for _ in range(rng.randrange(1, level + 1)):
        chosen = rng.sample(names, 2)
        form: Polynomial = {
            ((x, 1),): rng.choice((-1, 1)) * rng.randrange(1, 2 + level) for x in chosen
        }
        if rng.random() < 0.4:
            form = plus(form, constant(rng.choice((-1, 1)) * rng.randrange(1, 4)))
        poly = plus(poly, times(form, form), rng.randrange(1, 2 + (level > 2)))
    if rng.random() < 0.3:
        poly = plus(poly, constant(rng.randrange(1, 4)))
    large, less = sides(poly, rng)
    type = "Nat" if less.args and rng.random() < 0.3 else "Int"
    goal = less.le(large) if less != lift(0) or type == "Nat" else lift(0).le(large)
    return drafted(rng, dict.fromkeys(names, type), [], goal)


def monotone(rng: random.Random, level: int) -> Draft:
    """From `a ≤ b` and `c ≤ d` to the same operations on both sides, one above another."""
    strict = rng.random() < 0.4
    a, b, c, d = map(Term, NAMES)
    given = [a.lt(b) if strict else a.le(b)]
    if level > 1:
        given.append(c.le(d))
    low, high = a, b
    kept = strict
    for _ in range(level + rng.randrange(2)):
        low, high, kept = raised(rng, low, high, kept, level > 1)
    if rng.random() < 0.4:
        high = high + rng.randrange(1, 4)
    goal = low.lt(high) if kept else low.le(high)
    if "c" not in free(goal):
        given = given[:1]
    return drafted(rng, dict.fromkeys(NAMES, "Nat"), given, goal)


def raised(
    rng: random.Random, low: Term, high: Term, strict: bool, pairs: bool
) -> tuple[Term, Term, bool]:
    """One monotone operation on both sides; whether it keeps `<`."""
    c, d = Term("c"), Term("d")
    k = lift(rng.randrange(2, 5))
    kind = rng.choice(("add", "times", "power", "pair", "max", "half", "product", "exponent"))
    if kind in ("pair", "max", "product") and not pairs:
        kind = "times"
    if kind == "exponent" and (low.head == "^" or len(str(low)) > 8):
        kind = "add"
    if kind == "power" and (low.head == "^" or len(str(low)) > 14):
        kind = "times"
    if kind == "add":
        return low + k, high + k, strict
    if kind == "times":
        return k * low, k * high, strict
    if kind == "power":
        e = rng.choice((2, 3))
        return low**e, high**e, strict
    if kind == "pair":
        return low + c, high + d, strict
    if kind == "max":
        return op("max", low, c), op("max", high, d), False
    if kind == "half":
        return op("/", low, k), op("/", high, k), False
    if kind == "exponent":
        return Term("^", (k, low)), Term("^", (k, high)), strict
    return low * c, high * d, False


def growth(rng: random.Random, level: int) -> Draft:
    """A polynomial below a power, or below another polynomial from some number on."""
    n = Term("n")
    degree = rng.randrange(1, level + 1)
    low: Term = n**degree if degree > 1 else n
    if rng.random() < 0.6:
        low = lift(rng.randrange(2, 4)) * low
    if rng.random() < 0.6:
        low = low + rng.randrange(1, 6)
    base = rng.choice((2, 2, 3, 4))
    high = Term("^", (lift(base), n))
    types = {"n": "Nat"}
    if rng.random() < 0.3:
        high = Term("^", (n + 1, lift(degree + 1)))
    bad = [k for k in range(60) if not less(low, high, k)]
    if bad and max(bad) > 50:
        return growth(rng, level)
    if not bad:
        return drafted(rng, types, [], low.lt(high))
    start = max(bad) + 1
    if rng.random() < 0.5:
        return drafted(rng, types, [lift(start).le(n)], low.lt(high))
    least = max(at(low, k) - at(high, k) for k in bad) + 1
    moved = high + rng.randrange(least, least + 9)
    return drafted(rng, types, [], low.lt(moved))


def at(term: Term, k: int) -> int:
    return int(value(term, {"n": k}))


def less(low: Term, high: Term, k: int) -> bool:
    return at(low, k) < at(high, k)


FAMILIES = (
    Family("linear", linear, 4),
    Family("polynomial", polynomial, 4),
    Family("inequality", inequality, 4),
)
