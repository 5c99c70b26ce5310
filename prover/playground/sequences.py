"""Families of recursive functions over the natural numbers, defined in the header.

Definitions are drawn; what is claimed of them is read off their first values: closed forms by
differences, residues, bounds, laws of addition, relations of two sequences. So nearly all claims
are true, and next to none by computing: they go by induction.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm

from prover.playground.definitions import Definition, defined, environment, header
from prover.playground.family import Draft, Family, drafted
from prover.playground.polynomials import sides, univariate
from prover.playground.terms import Term, filled, joined, lift, op, scaled

N, M, A, B = Term("n"), Term("m"), Term("a"), Term("b")
F, G, H = Term("f"), Term("g"), Term("h")
FIRST = 14
"""Values of a sequence that claims are read off; Python tries more of them afterwards."""
TYPES = {"n": "Nat", "m": "Nat", "a": "Nat", "b": "Nat"}


def summand(rng: random.Random, level: int, n: Term = N) -> Term:
    """A small polynomial in `n`, as what is added in a step."""
    kind = rng.randrange(3 + (level > 1) + (level > 2))
    c, d = rng.randrange(1, 6), rng.randrange(1, 8)
    if kind == 0:
        return lift(d + 1)
    if kind == 1:
        return scaled(c, n)
    if kind == 2:
        return scaled(c, n) + d
    return rng.choice((n * (n + d), n**2, scaled(c + 1, n**2) + n, n**3 if level > 2 else n**2))


def one_step(rng: random.Random, level: int, name: str = "f") -> Definition:
    """`f 0 = c`, `f (n + 1)` from `f n`."""
    f = Term(name)(N)
    kind = rng.randrange(6)
    if kind <= 2:
        step = f + summand(rng, level)
    elif kind == 3:
        step = lift(rng.randrange(2, 5)) * f + rng.randrange(1, 6)
    elif kind == 4:
        step = rng.choice((lift(2) * f + N, (N + rng.randrange(1, 3)) * f, lift(3) * f))
    else:
        step = summand(rng, level) + f
    first = lift(rng.randrange(0 if kind != 4 else 1, 5))
    return defined(name, "Nat → Nat", ([lift(0)], first), ([N + 1], step))


def two_steps(rng: random.Random, level: int, name: str = "f") -> Definition:
    """`f (n + 2)` from the two before it, or from `f n` alone."""
    f = Term(name)
    a, b = rng.randrange(1, 4), rng.randrange(1, 4)
    kind = rng.randrange(4)
    if kind == 0:
        step = f(N) + rng.randrange(1, 5)
    elif kind == 1:
        step = f(N + 1) + scaled(b, f(N))
    elif kind == 2:
        step = scaled(a, f(N + 1)) + f(N)
    else:
        step = f(N + 1) + f(N) + rng.randrange(1, 4)
    first, second = rng.randrange(4), rng.randrange(1, 5)
    cases = (([lift(0)], lift(first)), ([lift(1)], lift(second)), ([N + 2], step))
    return defined(name, "Nat → Nat", *cases)


def sums_of(rng: random.Random, inner: str, name: str) -> Definition:
    """`g (n + 1) = g n + f n`: what another sequence adds up to."""
    f, g = Term(inner), Term(name)
    step = g(N) + rng.choice((f(N), f(N), f(N + 1), scaled(2, f(N)), f(N) + 1))
    return defined(name, "Nat → Nat", ([lift(0)], lift(rng.randrange(3))), ([N + 1], step))


def values(env: dict[str, Callable[[int], int]], name: str) -> list[int]:
    return [env[name](k) for k in range(FIRST)]


def fitted(found: Sequence[int], most: int = 4) -> list[Fraction] | None:
    """Coefficients, constant first, of the polynomial of least degree through all the values."""
    rows, factors = list(map(Fraction, found)), list[Fraction]()
    while rows and any(rows):  # Newton's forward differences
        if len(factors) > most:
            return None
        factors.append(rows[0])
        rows = [y - x for x, y in zip(rows, rows[1:], strict=False)]
    poly, basis = [Fraction(0)] * max(len(factors), 1), [Fraction(1)]
    for k, factor in enumerate(factors):
        for i, c in enumerate(basis):
            poly[i] += factor * c
        basis = [
            Fraction((basis[i - 1] if i else 0) - k * (basis[i] if i < len(basis) else 0), k + 1)
            for i in range(len(basis) + 1)
        ]
    return poly


def closed(term: Term, found: Sequence[int], rng: random.Random) -> Term | None:
    """`term = polynomial`, with denominators and negative parts on the other side; or with a
    power of 2 to 5."""
    poly = fitted(found)
    if poly is not None:
        scale = lcm(*(c.denominator for c in poly))
        rows = univariate("n", [c * scale for c in poly])
        right, left = sides(rows, rng)
        shown = scaled(scale, term)
        return (shown if left == lift(0) else shown + left).eq(right)
    for base in range(2, 6):
        rest = fitted([y - base * x for x, y in zip(found, found[1:], strict=False)], 1)
        if rest is not None:  # f (n + 1) - base * f n = c + d * n
            return exponential(term, found, base)
    return None


def exponential(term: Term, found: Sequence[int], base: int) -> Term | None:
    """`s * f n + d * n + c = e * base ^ n`."""
    n = range(len(found))
    for scale in (1, base - 1, (base - 1) ** 2):
        for d in range(9):
            at = [scale * found[k] + d * k for k in n]
            top = at[1] - at[0]
            if top % (base - 1):
                continue
            e = top // (base - 1)
            c = e - at[0]
            if e > 0 and all(at[k] + c == e * base**k for k in n):
                left = scaled(scale, term)
                left = left + scaled(d, N) if d else left
                right = scaled(e, Term("^", (lift(base), N)))
                return (left + c).eq(right) if c > 0 else left.eq(right + -c if c else right)
    return None


def modular_facts(term: Term, found: Sequence[int], rng: random.Random) -> list[Term]:
    """Residues that stay the same, or go with those of `n`."""
    facts = []
    for modulus in range(2, 12):
        rests = [x % modulus for x in found]
        if len(set(rests)) == 1:
            facts.append((term % modulus).eq(rests[0]))
            if rests[0] == 0:
                facts.append(op("∣", modulus, term))
        elif len(set(rests)) == 2 and modulus > 2:
            facts.append(joined("∨", [(term % modulus).eq(r) for r in sorted(set(rests))]))
        for c in range(1, modulus):
            if all(r == (c * k + rests[0]) % modulus for k, r in enumerate(rests)):
                facts.append((term % modulus).eq((scaled(c, N) + rests[0]) % modulus))
    return facts


def bounds(term: Term, found: Sequence[int], rng: random.Random) -> list[Term]:
    """Lines and powers above and below."""
    k = range(len(found))
    facts = []
    for c in (1, 2, 3):
        gap = min(found[i] - c * i for i in k)
        if gap >= 0:
            facts.append((scaled(c, N) + gap if gap else scaled(c, N)).le(term))
    for base in (2, 3, 4):
        for factor in (1, 2, 4):
            high = scaled(factor, Term("^", (lift(base), N)))
            if all(found[i] <= factor * base**i for i in k):
                facts.append(term.le(high))
                break
    if min(found) > 0:
        facts.append(lift(0).lt(term))
    return facts


def steps(f: Term, found: Sequence[int], rng: random.Random) -> list[Term]:
    """Of one value and the next: order, and laws of `m + n`."""
    pairs = list(zip(found, found[1:], strict=False))
    facts = []
    if all(x < y for x, y in pairs):
        facts += [f(N).lt(f(N + 1)), M.lt(N).implies(f(M).lt(f(N)))]
    if all(x <= y for x, y in pairs):
        facts += [M.le(N).implies(f(M).le(f(N))), f(N).le(f(N + M))]
    rows = [(i, j) for i in range(5) for j in range(5)]
    for c in range(-3, 4):
        for k in range(4):
            if all(found[i + j] + c == found[i] + found[j] + k * i * j for i, j in rows):
                left = f(M + N) + c if c > 0 else f(M + N)
                right = f(M) + f(N)
                right = right + scaled(k, M * N) if k else right
                facts.append(left.eq(right + -c if c < 0 else right))
    if found[0] and all(found[i + j] * found[0] == found[i] * found[j] for i, j in rows):
        facts.append((scaled(found[0], f(M + N))).eq(f(M) * f(N)))
    return facts


def doubled(f: Term, found: Sequence[int], rng: random.Random) -> list[Term]:
    """`f (2 * n)` and `f (n + 2)` by `f n`: what is left is a polynomial."""
    facts = []
    ways = [(f(lift(2) * N), [found[2 * i] for i in range(7)]),
            (f(N + 2), found[2:9]), (f(N + 3), found[3:10])]  # fmt: skip
    for term, reached in ways:
        for c in (1, 2, 3, 4, 8, 9):
            rest = fitted([y - c * x for x, y in zip(found, reached, strict=False)], 2)
            if rest and all(x.denominator == 1 for x in rest) and any(rest):
                rows = univariate("n", rest)
                right, left = sides(rows, rng)
                shown = term if left == lift(0) else term + left
                facts.append(shown.eq(scaled(c, f(N)) + right if right != lift(0) else f(N)))
    return facts


def recurrence(rng: random.Random, level: int) -> Draft:
    """A sequence by recursion, and a closed form, a residue, a bound, order or a law of addition.
    The level turns the degree of what a step adds, at 2 steps from two values before come in, at
    3 sums of another sequence, at 4 claims are joined or assumed of one another."""
    kinds = [one_step] + [two_steps] * (level > 1)
    for _ in range(30):
        own = [rng.choice(kinds)(rng, level)]
        if level > 2 and rng.random() < 0.6:
            own.append(sums_of(rng, "f", "g"))
        env = environment(*own)
        name = own[-1].name
        facts = claims(rng, Term(name), values(env, name), level)
        if facts:
            goal = rng.choice(facts)
            if level > 3 and len(facts) > 1:
                goal = both(rng, facts)
            return drafted(rng, TYPES, [], goal, header(*own), env)
    raise AssertionError("every sequence that is drawn has some bound")


def both(rng: random.Random, facts: list[Term]) -> Term:
    """Two claims at once."""
    first, second = rng.sample(facts, 2)
    if "→" in (first.head, second.head):
        return first
    return joined("∧", [first, second])


def claims(rng: random.Random, f: Term, found: Sequence[int], level: int) -> list[Term]:
    """Facts of one sequence, of a kind that is chosen first so that none prevails."""
    form = closed(f(N), found, rng)
    kinds: list[list[Term]] = [[form] if form else [], modular_facts(f(N), found, rng)]
    if level > 1:
        kinds += [bounds(f(N), found, rng), steps(f, found, rng), doubled(f, found, rng)]
    there = [facts for facts in kinds if facts]
    if level > 3 and there:
        return [fact for facts in there for fact in facts]
    return rng.choice(there) if there else []


def pair(rng: random.Random, level: int) -> Draft:
    """Two sequences by recursion and how they compare: equal, a multiple and a line apart, one
    never above the other, equal remainders. The level turns their steps; from 3 on one is defined
    by the other, or by a different recursion of the same values."""
    for _ in range(60):
        first = rng.choice((one_step, one_step, two_steps) if level > 1 else (one_step,))
        one = first(rng, level)
        kind = rng.random()
        other = (
            sums_of(rng, "f", "g")
            if level > 2 and kind < 0.4
            else disguised(rng, one)
            if kind < 0.6
            else one_step(rng, level, "g")
        )
        env = environment(one, other)
        facts = related(rng, values(env, "f"), values(env, "g"))
        if facts:
            return drafted(rng, TYPES, [], rng.choice(facts), header(one, other), env)
    return recurrence(rng, level)


def disguised(rng: random.Random, one: Definition) -> Definition:
    """Nearly the same recursion under the name `g`: another start, or a multiple."""
    factor, spare = rng.randrange(1, 4), rng.randrange(3)
    bare = Definition("g", one.type, tuple((p, filled(b, {"f": G})) for p, b in one.cases))
    first = env_value(one) * factor + spare
    cases = list(bare.cases)
    cases[0] = (cases[0][0], lift(first))
    last_patterns, last = cases[-1]
    if rng.random() < 0.5:
        last = last + lift(rng.randrange(1, 4))
    return Definition("g", one.type, (*cases[:-1], (last_patterns, last)))


def env_value(one: Definition) -> int:
    return int(one.cases[0][1].head)


def related(rng: random.Random, f: Sequence[int], g: Sequence[int]) -> list[Term]:
    facts: list[Term] = []
    for a in (1, 2, 3, 4, 6):
        for b in (1, 2, 3, 4):
            rest = fitted([a * x - b * y for x, y in zip(f, g, strict=True)], 2)
            if rest is not None and all(c.denominator == 1 for c in rest):
                rows = univariate("n", rest)
                right, left = sides(rows, rng)
                low, high = scaled(a, F(N)), scaled(b, G(N))
                low = low + left if left != lift(0) else low
                facts.append(low.eq(high + right if right != lift(0) else high))
    if facts:
        return facts[:1]
    if all(x <= y for x, y in zip(f, g, strict=True)):
        facts.append(F(N).le(G(N)))
    if all(x < y for x, y in zip(g, f, strict=True)):
        facts.append(G(N).lt(F(N)))
    for m in range(2, 8):
        if all(x % m == y % m for x, y in zip(f, g, strict=True)):
            facts.append((F(N) % m).eq(G(N) % m))
    return facts


FAMILIES = (Family("recurrence", recurrence, 4), Family("sequences", pair, 4))
