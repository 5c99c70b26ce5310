"""Families of remainders, divisibility and greatest common divisors.

What holds modulo a number can be reckoned over its residues, so most claims here are drawn freely
and kept if they hold; laws of `gcd` are chained.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from itertools import product

from prover.playground.family import Draft, Family, drafted
from prover.playground.terms import (
    Term,
    every,
    filled,
    joined,
    lift,
    op,
    reckoner,
    scaled,
    some,
    value,
)

NAMES = ("a", "b", "c", "d")
TRIES = 40


def form(rng: random.Random, names: Sequence[str], level: int, type: str) -> Term:
    """A small polynomial, factored or not, whose residues are of interest."""
    x = Term(rng.choice(names))
    kind = rng.randrange(6 if level > 1 else 4)
    if kind == 0:
        term = x * (x + rng.randrange(1, 4))
    elif kind == 1:
        term = x ** rng.randrange(2, 3 + level)
    elif kind == 2:
        term = lift(rng.randrange(2, 8)) * x + rng.randrange(1, 8)
    elif kind == 3:
        term = x**2 + scaled(rng.randrange(1, 6), x)
    elif kind == 4:
        term = x * (x + 1) * (scaled(rng.randrange(1, 4), x) + rng.randrange(1, 5))
    else:
        minus = x**3 - x if type == "Int" else x**3 + lift(rng.choice((2, 5))) * x
        term = minus
    if len(names) > 1 and rng.random() < 0.8:
        y = Term(rng.choice([n for n in names if n != x.head]))
        rest = rng.choice((y, lift(rng.randrange(2, 6)) * y, y * x, y**2))
        term = rng.choice((term + rest, rest + term))
    return term


def residues(
    goal: Term, names: Sequence[str], modulus: int, given: Sequence[Term] = ()
) -> bool | None:
    """Does it hold at all residues? None if the hypotheses admit none."""
    met, aim, known = False, reckoner(goal), [reckoner(h) for h in given]
    for row in product(range(modulus), repeat=len(names)):
        at = dict(zip(names, row, strict=True))
        if all(h(at) for h in known):
            met = True
            if not aim(at):
                return False
    return True if met else None


def modular(rng: random.Random, level: int) -> Draft:
    """Remainders: from those of variables to that of a polynomial, from one modulus to its
    divisors, all residues of a form, equal remainders kept, equivalences of remainders. The level
    turns degree and number of variables, the number of hypotheses and the size of moduli."""
    type = rng.choice(("Nat", "Nat", "Int"))
    kinds = [of_remainders, of_remainders, all_residues]
    kinds += [kept_equal, equivalent, unreachable] if level > 1 else [equivalent]
    kinds += [congruent_system] if level > 2 else []
    for _ in range(TRIES):
        found = rng.choice(kinds)(rng, level, type)
        if found is not None:
            types, given, goal = found
            return drafted(rng, types, given, goal)
    return of_double(rng, type)


Claim = tuple[Mapping[str, str], list[Term], Term]


def of_double(rng: random.Random, type: str) -> Draft:
    """What is left if no claim was found."""
    n, k, m = Term("n"), rng.randrange(2, 9), rng.randrange(2, 9)
    goal = ((lift(m * k) * n + k) % m).eq(k % m)
    return drafted(rng, {"n": type}, [], goal)


def of_remainders(rng: random.Random, level: int, type: str) -> Claim | None:
    names = NAMES[: rng.randrange(1, min(level, 3) + 1)]
    modulus = rng.randrange(2, 6 + 3 * level)
    whole = modulus * rng.choice((1, 1, 1, 2))
    rests = {x: rng.randrange(whole) for x in names}
    given = [(Term(x) % whole).eq(r) for x, r in rests.items()]
    term = form(rng, names, level, type)
    goal = (term % modulus).eq(value(term, rests) % modulus)
    if level > 1 and rng.random() < 0.3:
        given = [h if rng.random() < 0.5 else exists_form(h, type) for h in given]
    return dict.fromkeys(names, type), given, goal


def exists_form(remainder: Term, type: str) -> Term:
    """`n % 5 = 2` as `∃ k, n = 5 * k + 2`."""
    left, rest = remainder.args
    n, modulus = left.args
    body = modulus * Term("k")
    return some("k", type, n.eq(body if rest.head == "0" else body + rest))


def remainders(term: Term, names: Sequence[str], modulus: int) -> set[int]:
    """All that it takes."""
    of = reckoner(term)
    rows = product(range(modulus), repeat=len(names))
    return {of(dict(zip(names, row, strict=True))) % modulus for row in rows}


def all_residues(rng: random.Random, level: int, type: str) -> Claim | None:
    """`n ^ 2 % 4 = 0 ∨ n ^ 2 % 4 = 1`: what values a form takes at all."""
    names = NAMES[:1] if level == 1 or rng.random() < 0.6 else NAMES[:2]
    modulus = rng.choice((2, 3, 4, 5, 6, 7, 8, 9, 10, 12)[: 4 + 2 * level])
    term = form(rng, names, level, type)
    taken = sorted(remainders(term, names, modulus))
    if len(taken) > 3 or len(taken) == modulus:
        return None
    rng.shuffle(taken)
    return dict.fromkeys(names, type), [], joined("∨", [(term % modulus).eq(r) for r in taken])


def kept_equal(rng: random.Random, level: int, type: str) -> Claim | None:
    """Equal remainders of variables, so equal remainders of a form in them."""
    modulus = rng.randrange(2, 5 + 3 * level)
    a, b, c, d = map(Term, NAMES)
    term = form(rng, ["x", "y"] if level > 2 else ["x"], level, type)
    left, right = filled(term, {"x": a, "y": c}), filled(term, {"x": b, "y": d})
    given = [(a % modulus).eq(b % modulus)]
    if level > 2:
        given.append((c % modulus).eq(d % modulus))
    divisors = [m for m in range(2, modulus + 1) if modulus % m == 0]
    small = rng.choice(divisors)
    return dict.fromkeys(NAMES, type), given, (left % small).eq(right % small)


def equivalent(rng: random.Random, level: int, type: str) -> Claim | None:
    """A form has some remainder just where the variable has one."""
    modulus = rng.choice((2, 3, 4, 5, 6, 8)[: 3 + level])
    n, term = Term("n"), form(rng, ["n"], level, type)
    rest = rng.randrange(modulus)
    of = reckoner(term)
    where = [r for r in range(modulus) if of({"n": r}) % modulus == rest]
    if not where or len(where) == modulus or len(where) > 2:
        return None
    right = joined("∨", [(n % modulus).eq(r) for r in where])
    left = (term % modulus).eq(rest)
    return {"n": type}, [], Term(rng.choice(("↔", "↔", "→")), (left, right))


def unreachable(rng: random.Random, level: int, type: str) -> Claim | None:
    """`a ^ 2 + b ^ 2 ≠ 4 * c + 3`: a form never has some remainder."""
    names = NAMES[: rng.randrange(1, 3)]
    modulus = rng.choice((3, 4, 5, 7, 8, 9))
    term = form(rng, names, level, type)
    taken = remainders(term, names, modulus)
    missed = [r for r in range(modulus) if r not in taken]
    if not missed:
        return None
    right = lift(modulus) * Term("k") + rng.choice(missed)
    return {**dict.fromkeys(names, type), "k": type}, [], Term("≠", (term, right))


def congruent_system(rng: random.Random, level: int, type: str) -> Claim | None:
    """Remainders by coprime moduli and what they say together."""
    m, k = rng.choice(((2, 3), (3, 4), (2, 5), (3, 5), (4, 5), (2, 7), (3, 7), (5, 7)))
    at = rng.randrange(m * k)
    n = Term("n")
    given = [(n % m).eq(at % m), (n % k).eq(at % k)]
    term = rng.choice((n, n, lift(rng.randrange(2, 5)) * n + rng.randrange(6), n**2))
    goal = (term % (m * k)).eq(value(term, {"n": at}) % (m * k))
    return {"n": type}, given, goal


def divisibility(rng: random.Random, level: int) -> Draft:
    """Divisors: numerals that divide a form at every number, combinations of multiples, chains of
    divisors, products and powers, cancelling. The level turns the length of chains, the degree of
    forms and the number of hypotheses."""
    kinds = [fixed_divisor, combination, chain]
    kinds += [powers, cancelled] if level > 1 else []
    for _ in range(TRIES):
        found = rng.choice(kinds)(rng, level)
        if found is not None:
            types, given, goal = found
            return drafted(rng, types, given, goal)
    n = Term("n")
    return drafted(rng, {"n": "Nat"}, [], op("∣", 2, n * (n + rng.choice((1, 3, 5)))))


def fixed_divisor(rng: random.Random, level: int) -> Claim | None:
    type = rng.choice(("Nat", "Int"))
    term, n = form(rng, ["n"], level + 1, type), Term("n")
    if rng.random() < 0.5:  # a power less its base, as in Fermat's theorem
        p = rng.choice((3, 5, 7)[: level + 1])
        term = n**p - n if type == "Int" else n**p + scaled(p * rng.randrange(1, 3) - 1, n)
    if level > 1 and rng.random() < 0.4:  # exponentials
        a, b, type = rng.randrange(2, 12), rng.randrange(1, 9), "Nat"
        term = Term("^", (lift(a), n)) + lift(b)
    of = reckoner(term)
    values = [int(of({"n": k})) for k in range(40)]
    common = math.gcd(*values)
    divisors = [d for d in range(2, 61) if common and common % d == 0]
    if not divisors or common > 10**6:
        return None
    d = max(divisors) if rng.random() < 0.6 else rng.choice(divisors)
    return {"n": type}, [], op("∣", d, term)


def multiple(rng: random.Random, x: Term, others: Sequence[Term]) -> Term:
    """A random multiple of a term."""
    k = lift(rng.randrange(2, 7))
    y = rng.choice(others)
    return rng.choice((x, k * x, x * y, y * x, x * (y + rng.randrange(1, 5)), x**2))


def combination(rng: random.Random, level: int) -> Claim | None:
    type = rng.choice(("Nat", "Int"))
    d = Term("d") if rng.random() < 0.7 else lift(rng.randrange(2, 12))
    names = list(map(Term, "abc"[: rng.randrange(1, min(level, 2) + 2)]))
    given = [op("∣", d, x if rng.random() < 0.7 else x + Term("e")) for x in names]
    parts = [multiple(rng, rng.choice(given).args[1], [*names, Term("e")])
             for _ in range(1 + level)]  # fmt: skip
    if rng.random() < 0.3:
        parts.append(d * rng.choice(names))
    term = parts[0]
    for part in parts[1:]:
        term = term - part if type == "Int" and rng.random() < 0.3 else term + part
    types = {**dict.fromkeys("abcde", type)}
    seen = [h for h in given if str(h.args[1]) in str(term)]
    return types, list(dict.fromkeys(seen)), op("∣", d, term)


def chain(rng: random.Random, level: int) -> Claim | None:
    """`a ∣ b`, `b ∣ c` and so on, with products between, from the first to a multiple of the
    last."""
    type = rng.choice(("Nat", "Int"))
    names = [Term(x) for x in "abcde"[: level + 2]]
    given = []
    for x, y in zip(names, names[1:], strict=False):
        k = rng.randrange(4)
        given.append(op("∣", x if k else x * rng.randrange(2, 5), y if k != 1 else y + x))
    rng.shuffle(given)
    goal = op("∣", names[0], multiple(rng, names[-1], names[:-1]))
    return dict.fromkeys("abcde", type), given, goal


def powers(rng: random.Random, level: int) -> Claim | None:
    a, b, c, d = map(Term, NAMES)
    given = [op("∣", a, b)]
    k = rng.randrange(2, 3 + level)
    low, high = a**k, b ** (k + rng.randrange(2))
    if level > 2:
        given.append(op("∣", c, d))
        low, high = rng.choice(((low * c, high * d), (a * c, d * b * b), (low * c**2, high * d**2)))
    type = rng.choice(("Nat", "Int"))
    return dict.fromkeys(NAMES, type), given, op("∣", low, high)


def cancelled(rng: random.Random, level: int) -> Claim | None:
    a, b, c, _ = map(Term, NAMES)
    k = lift(rng.randrange(2, 9))
    if rng.random() < 0.5:
        given = [op("∣", k * a, k * b)]
    else:
        given = [op("∣", a * c, b * c), lift(0).lt(c)]
    right = multiple(rng, b, [a, b]) if level > 2 else b
    return dict.fromkeys(NAMES, "Nat"), given, op("∣", a, right)


def gcd(rng: random.Random, level: int) -> Draft:
    """Greatest common divisors: laws (symmetry, multiples added, common factors, `lcm`) chained
    on one side, or what hypotheses on `gcd` and `∣` give. The level turns the number of laws."""
    a, b, c, k = (Term(x) for x in ("a", "b", "c", "k"))
    start = rng.choice(((a, b), (a, b), (a, lift(rng.randrange(2, 13))), (a * c, b * c)))
    factor: list[Term] = []
    x, y = start
    for _ in range(level + rng.randrange(2)):
        x, y, factor = euclid(rng, x, y, factor)
    given: list[Term] = []
    left, right = op("Nat.gcd", x, y), op("Nat.gcd", *start)
    if factor:
        right = joined("*", factor) * right
    kind = rng.random()
    if kind < 0.35:
        g = rng.choice((lift(1), lift(rng.randrange(2, 7)), Term("g")))
        given = [op("Nat.gcd", *start).eq(g)]
        right = joined("*", [*factor, g]) if factor else g
    elif kind < 0.5:
        given = [op("∣", Term("d"), start[0]), op("∣", Term("d"), start[1])]
        return drafted(rng, dict.fromkeys("abcdgk", "Nat"), given, op("∣", Term("d"), left))
    elif kind < 0.62:
        goal = (left * op("Nat.lcm", x, y)).eq(y * x)
        return drafted(rng, dict.fromkeys("abcdgk", "Nat"), [], goal)
    elif kind < 0.72:
        return drafted(rng, dict.fromkeys("abcdgk", "Nat"), [lift(0).lt(a)], left.le(right * a))
    return drafted(rng, dict.fromkeys("abcdgk", "Nat"), given, left.eq(right))


def euclid(
    rng: random.Random, x: Term, y: Term, factor: list[Term]
) -> tuple[Term, Term, list[Term]]:
    """One law backwards: another pair with the same `gcd`, or a multiple of both."""
    k = rng.choice((lift(rng.randrange(2, 6)), lift(rng.randrange(2, 6)), Term("k")))
    kind = rng.randrange(5)
    if kind == 0:
        return y, x, factor
    if kind == 1:
        return x + k * y, y, factor
    if kind == 2:
        return x, y + x * k, factor
    if kind == 3 and not factor:
        return (k * x, k * y, [k]) if k.args == () else (x, y, factor)
    return x + y, y, factor


def witness(rng: random.Random, level: int) -> Draft:
    """Existence: numbers with given remainders, divisors or sums, by a witness that has to be
    found or built from the variables. The level turns the number of conditions and whether the
    witness depends on a variable, on a case or on a hypothesis."""
    kinds = [with_remainders, cases_of, solution, quotients]
    kinds += [combined, from_witnesses, from_witnesses] if level > 1 else []
    types, given, goal = rng.choice(kinds)(rng, level)
    return drafted(rng, types, given, goal, likely=True)


def with_remainders(rng: random.Random, level: int) -> Claim:
    """A number with remainders by two moduli, above a bound that may be a variable."""
    n, x = Term("n"), Term("x")
    m, k = rng.randrange(3, 12), rng.randrange(2, 12)
    at = rng.randrange(1, 40)
    parts = [(x % m).eq(at % m), (x % k).eq(at % k), lift(rng.randrange(at)).lt(x)]
    rng.shuffle(parts)
    body = joined("∧", parts[: 1 + level])
    if level > 2:
        low = rng.choice((n, n + rng.randrange(1, 20), scaled(rng.randrange(2, 5), n), n**2))
        body = joined("∧", [low.lt(x), *[p for p in parts if p.head == "="]])
    return {"n": "Nat"}, [], some("x", "Nat", body)


def cases_of(rng: random.Random, level: int) -> Claim:
    """Every number is of one of some forms, which a remainder that is known makes fewer."""
    n, x = Term("n"), Term("x")
    k = rng.randrange(2, 3 + 2 * level)
    if rng.random() < 0.4:
        goal = some("x", "Nat", joined("∨", [n.eq(part(k, x, r)) for r in range(k)]))
        return {"n": "Nat"}, [], goal
    d = rng.randrange(2, 5)
    rest = rng.randrange(d)
    left = [r for r in range(k * d) if r % d == rest]
    rng.shuffle(left)
    goal = some("x", "Nat", joined("∨", [n.eq(part(k * d, x, r)) for r in left]))
    return {"n": "Nat"}, [(n % d).eq(rest)], goal


def solution(rng: random.Random, level: int) -> Claim:
    """An equation between numerals that has a solution."""
    x, y = Term("x"), Term("y")
    i, j = sorted(rng.sample(range(1, 4 + 4 * level), 2))
    c, d = rng.randrange(1, 6), rng.randrange(2, 8)
    left = rng.choice((scaled(c, x) + scaled(d, y), x**2 + y**2, x * y + x, x**2 + scaled(d, y)))
    right = value(left, {"x": i, "y": j})
    side = rng.choice(([], [x.lt(y)], [lift(i - 1).lt(x)], [x.lt(y), lift(1).lt(y)]))
    rows = joined("∧", [left.eq(right), *side])
    return {}, [], some("x", "Nat", some("y", "Nat", rows))


def quotients(rng: random.Random, level: int) -> Claim:
    """Division with remainder, written with witnesses, of a form or between bounds."""
    n, x, y = Term("n"), Term("x"), Term("y")
    k = rng.randrange(2, 6 + 4 * level)
    form_ = rng.choice((n, n, n + rng.randrange(1, 20), scaled(rng.randrange(2, 9), n), n**2))
    if rng.random() < 0.5:
        body = joined("∧", [form_.eq(lift(k) * x + y), y.lt(lift(k))])
        return {"n": "Nat"}, [], some("x", "Nat", some("y", "Nat", body))
    body = joined("∧", [(lift(k) * x).le(form_), form_.lt(lift(k) * x + k)])
    return {"n": "Nat"}, [], some("x", "Nat", body)


def combined(rng: random.Random, level: int) -> Claim:
    """Every number from some on is a sum of multiples of two (Sylvester)."""
    n, x, y = Term("n"), Term("x"), Term("y")
    a, b = rng.choice(((2, 3), (3, 4), (2, 5), (3, 5), (2, 7), (4, 5), (3, 7), (2, 9), (5, 6)))
    start = (a - 1) * (b - 1) + rng.randrange(6)
    goal = some("x", "Nat", some("y", "Nat", n.eq(lift(a) * x + lift(b) * y)))
    if level > 2 and rng.random() < 0.5:
        return {}, [], every("n", "Nat", lift(start).le(n).implies(goal))
    return {"n": "Nat"}, [lift(start).le(n)], goal


def from_witnesses(rng: random.Random, level: int) -> Claim:
    """From forms that variables have to the form that a polynomial in them has."""
    names = NAMES[: rng.randrange(1, min(level, 2) + 1)]
    m = rng.randrange(2, 4 + 2 * level)
    rests = {x: rng.randrange(m) for x in names}
    x = Term("x")
    given = [some("x", "Nat", Term(name).eq(part(m, x, r))) for name, r in rests.items()]
    term = form(rng, names, level, "Nat")
    goal = some("x", "Nat", term.eq(part(m, x, value(term, rests) % m)))
    return dict.fromkeys(names, "Nat"), given, goal


def part(k: int, x: Term, rest: int) -> Term:
    return lift(k) * x + rest if rest else lift(k) * x


FAMILIES = (
    Family("modular", modular, 4),
    Family("divisibility", divisibility, 4),
    Family("gcd", gcd, 4),
    Family("witness", witness, 3),
)
