"""Finite cases: Boolean functions, numbers below a bound, `Fin n`, functions by table.

What is true of finitely many values is reckoned, so claims are drawn freely and kept if they hold.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from prover.playground.definitions import Definition
from prover.playground.family import Draft, Family, drafted
from prover.playground.logic import assignments, needed
from prover.playground.terms import (
    Term,
    every,
    free,
    joined,
    lift,
    op,
    places,
    reckoner,
    scaled,
    some,
    value,
)


def booleans(rng: random.Random, names: Sequence[str], depth: int) -> Term:
    if depth == 0:
        x = Term(rng.choice(names))
        return op("!", x) if rng.random() < 0.25 else x
    kind = rng.choice(("&&", "||", "^^", "!", "if", "=="))
    if kind == "!":
        return op("!", booleans(rng, names, depth - 1))
    parts = [booleans(rng, names, depth - 1), booleans(rng, names, rng.randrange(depth))]
    if kind == "if":
        return op("if", Term(rng.choice(names)).eq(Term("true")), *parts)
    return op(kind, *parts)


def boolean(rng: random.Random, level: int) -> Draft:
    """Equations of Boolean functions with the same table, found among random ones, and what
    hypotheses on them leave. The level turns the depth and the number of variables."""
    names = ("a", "b", "c", "d")[: 1 + min(level + 1, 3)]
    types = dict.fromkeys(names, "Bool")
    rows = assignments(names)
    known: dict[tuple[bool, ...], Term] = {}
    for _ in range(400):
        term = booleans(rng, names, rng.randrange(1, 2 + min(level, 2)))
        row = tuple(map(reckoner(term), rows))
        if row in known and known[row] != term and len(free(term) & set(names)) > 1:
            if len(set(row)) > 1:
                return drafted(rng, types, [], known[row].eq(term))
        known.setdefault(row, term)
        if level > 1 and len(known) > 3 and rng.random() < 0.04:
            given = [t.eq(Term("true")) for t in rng.sample(list(known.values()), 2)]
            goal = term.eq(Term(rng.choice(("true", "false"))))
            if needed(given, goal, names):
                return drafted(rng, types, given, goal)
    raise AssertionError("two of so many terms have the same table")


def finite(rng: random.Random, level: int) -> Draft:
    """Finitely many cases: numbers below a bound, residues as `Fin n`, Boolean functions, an
    enumerated type with a function or an operation by table. The level turns how many cases there
    are, how deep quantifiers lie in one another and how many functions are composed."""
    kind = rng.choice((bounded, fins, boolean, enumerated))
    return kind(rng, level)


def bounded(rng: random.Random, level: int) -> Draft:
    """`∀ n < 20, n ^ 2 % 7 ≠ 3` and `∃` within `∀`, by what the numbers say."""
    n, x = Term("n"), Term("x")
    bound, m = rng.randrange(8, 16 + 10 * level), rng.randrange(3, 12)
    term = rng.choice((n**2, n**2 + n, n**3, lift(rng.randrange(2, 9)) * n + rng.randrange(9),
                       n**2 + lift(3) * n + rng.randrange(5)))  # fmt: skip
    of = reckoner(term)
    rests = sorted({of({"n": k}) % m for k in range(bound)})
    missing = [r for r in range(m) if r not in rests]
    if level > 1 and rng.random() < 0.5:
        low = rng.randrange(1, 4)
        inner = rng.choice((n.lt(x * x + low), n.le(x + x), (x * x).le(n)))
        near = rng.choice((n.le(x * x + low * 8), (n + x).le(bound * 2), n.lt((x + 1) * (x + 1))))
        goal = every("n", "Nat", n.lt(lift(bound)).implies(
            some("x", "Nat", op("∧", x.lt(lift(bound)), op("∧", inner, near)))))  # fmt: skip
        both = reckoner(op("∧", inner, near))
        true = all(any(both({"n": k, "x": j}) for j in range(bound)) for k in range(bound))
        return Draft(f": {goal}", "", true)
    if missing and rng.random() < 0.6:
        claim = op("≠", term % m, rng.choice(missing))
    elif len(rests) < m and len(rests) <= 3:
        claim = joined("∨", [(term % m).eq(r) for r in rests])
    else:
        most = max(of({"n": k}) for k in range(bound))
        claim = term.lt(lift(most + rng.randrange(1, 9)))
    goal = every("n", "Nat", n.lt(lift(bound)).implies(claim))
    claimed = reckoner(claim)
    true = all(claimed({"n": k}) for k in range(bound))
    if rng.random() < 0.4:
        return drafted(rng, {"n": "Nat"}, [n.lt(lift(bound))], claim, likely=true)
    return Draft(f": {goal}", "", true)


def fins(rng: random.Random, level: int) -> Draft:
    """Equations modulo n as arithmetic of `Fin n`, with a solution or without."""
    size = rng.randrange(3, 5 + 2 * level)
    x, y = Term("x"), Term("y")
    kind = rng.randrange(3)
    c, d = rng.randrange(1, size), rng.randrange(1, size)
    type = f"Fin {size}"

    def run(term: Term, at: dict[str, int]) -> int:
        return int(value(term, at)) % size

    left = rng.choice((x * x, x * x + scaled(c, x), x * x * x, scaled(c, x) + d))
    if kind == 0:
        right = rng.choice((x, scaled(d, x), scaled(c, x) + d, x * x))
        solved = [k for k in range(size) if run(left, {"x": k}) == run(right, {"x": k})]
        shown = joined("∨", [x.eq(k) for k in solved]) if solved else None
        goal = every("x", type, op("↔" if shown else "≠", left.eq(right), shown)
                     if shown and len(solved) < size
                     else op("=" if shown else "≠", left, right))  # fmt: skip
        return Draft(f": {goal}", "", True)
    if kind == 1 or level == 1:
        reached = {run(left, {"x": k}) for k in range(size)}
        goal = every("y", type, some("x", type, left.eq(y)))
        return Draft(f": {goal}", "", len(reached) == size)
    right = scaled(c, y) + d
    true = all(any(run(left, {"x": j}) == run(right, {"y": k}) for j in range(size))
               for k in range(size))  # fmt: skip
    goal = every("y", type, some("x", type, left.eq(right)))
    if not true:
        goal = op("¬", goal)
    return Draft(f": {goal}", "", True)


ITEMS = ("a", "b", "c", "d")


def enumerated(rng: random.Random, level: int) -> Draft:
    """An enumerated type, functions on it by table, and laws of their chains."""
    items = ITEMS[: 2 + min(level, 2)]
    declared = "inductive E where\n" + "".join(f"  | {x} : E\n" for x in items)
    x, y, z = map(Term, "xyz")
    for _ in range(200):
        tables = {name: {e: rng.choice(items) for e in items} for name in ("f", "g")}
        if rng.random() < 0.6:
            tables["f"] = dict(zip(items, rng.sample(items, len(items)), strict=True))
        pairs = {(e, d): rng.choice(items) for e in items for d in items}
        if rng.random() < 0.6:
            pairs = {(e, d): pairs[min(e, d), max(e, d)] for e, d in pairs}
        f, g, h = Term("f"), Term("g"), Term("h")
        claims = [
            every("x", "E", chained(f, x, rng.randrange(2, 3 + level)).eq(x)),
            every("x", "E", f(g(x)).eq(g(f(x)))),
            every("x", "E", g(g(x)).eq(g(x))),
            every("x", "E", every("y", "E", f(x).eq(f(y)).implies(x.eq(y)))),
            every("x", "E", every("y", "E", h(x, y).eq(h(y, x)))),
            every("x", "E", every("y", "E", h(h(x, y), y).eq(h(x, y)))),
            every("y", "E", some("x", "E", f(x).eq(y))),
            some("x", "E", every("y", "E", h(x, y).eq(rng.choice((x, y))))),
            every("x", "E", every("y", "E", f(h(x, y)).eq(h(f(x), f(y))))),
            every("x", "E", chained(g, x, 3).eq(chained(g, x, 2))),
            every("x", "E", every("y", "E", every("z", "E", h(h(x, y), z).eq(h(x, h(y, z)))))),
            every("x", "E", some("y", "E", h(x, y).eq(rng.choice((x, f(x)))))),
            some("x", "E", f(g(x)).eq(x)),
        ]
        goal = rng.choice(claims)
        env: dict[str, object] = {name: found.__getitem__ for name, found in tables.items()}
        env["h"] = lambda e, d, pairs=pairs: pairs[e, d]
        true = over(goal, env, items)
        if true or rng.random() < 0.02:
            return Draft(f": {goal}", declared + by_table(goal, items, tables, pairs), true)
    raise AssertionError("some claim of tables always holds")


def chained(f: Term, x: Term, times: int) -> Term:
    for _ in range(times):
        x = f(x)
    return x


def over(goal: Term, env: dict[str, object], items: Sequence[str]) -> bool:
    """Whether it holds where `∀` and `∃` go over the items."""
    if goal.head in ("∀", "∃"):
        found = [over(goal.args[2], {**env, goal.args[0].head: e}, items) for e in items]
        return all(found) if goal.head == "∀" else any(found)
    return bool(value(goal, env))


def by_table(
    goal: Term, items: Sequence[str],
    tables: dict[str, dict[str, str]], pairs: dict[tuple[str, str], str],
) -> str:  # fmt: skip
    """The functions that the goal speaks of."""
    names = {part.head for _, part in places(goal)}
    text = ""
    for name, found in tables.items():
        if name in names:
            cases = tuple(((Term(f".{e}"),), Term(f".{found[e]}")) for e in items)
            text += Definition(name, "E → E", cases).lean()
    if "h" in names:
        rows = tuple(((Term(f".{e}"), Term(f".{d}")), Term(f".{pairs[e, d]}"))
                     for e in items for d in items)  # fmt: skip
        text += Definition("h", "E → E → E", rows).lean()
    return text


FAMILIES = (Family("finite", finite, 3),)
