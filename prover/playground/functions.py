"""Families of unknown functions: what they are assumed to do, and what their chains then do."""

from __future__ import annotations

import random
from collections.abc import Sequence

from prover.playground.family import Draft, Family, drafted
from prover.playground.terms import Term, every, filled, lift, op, scaled, some

X, Y, Z, N, A = (Term(x) for x in ("x", "y", "z", "n", "a"))
NAMES = ("f", "g", "h")


def all_of(type: str, names: str, body: Term) -> Term:
    for name in reversed(names):
        body = every(name, type, body)
    return body


def chain(rng: random.Random, level: int) -> Sequence[Term]:
    """The functions of a composition, outermost first."""
    return [Term(rng.choice(NAMES[: 1 + min(level, 2)])) for _ in range(1 + level)]


def through(functions: Sequence[Term], x: Term) -> Term:
    for f in reversed(functions):
        x = f(x)
    return x


def properties(rng: random.Random, level: int) -> Draft:
    """Injective, surjective, monotone, involutive and commuting functions, and what that makes of
    their chains, with hypotheses written out. The level turns the length of chains and the number
    of functions."""
    type = rng.choice(("α", "Nat", "Nat", "Int"))
    kinds = [injective, surjective, involutive, commuting, fixed]
    kinds += [monotone, monotone, increasing] if type != "α" else []
    given, goal = rng.choice(kinds)(rng, level, type)
    rng.shuffle(given)
    types = dict.fromkeys(NAMES, f"{type} → {type}") | {"a": type, "b": type, "c": type}
    if type == "α":
        draft = drafted(rng, types, given, goal, likely=True)
        return Draft(f"(α : Type) {draft.signature}", "", draft.likely)
    return drafted(rng, types, given, goal, likely=True)


Claim = tuple[list[Term], Term]


def used(functions: Sequence[Term]) -> list[Term]:
    return list(dict.fromkeys(functions))


def injective(rng: random.Random, level: int, type: str) -> Claim:
    functions = chain(rng, level)
    given = [all_of(type, "xy", f(X).eq(f(Y)).implies(X.eq(Y))) for f in used(functions)]
    kind = rng.randrange(4)
    if kind == 0:  # the inner functions of an injective chain
        given = [all_of(type, "xy", through(functions, X).eq(through(functions, Y))
                        .implies(X.eq(Y)))]  # fmt: skip
        inner = functions[rng.randrange(1, len(functions)) :]
        return given, all_of(type, "xy", through(inner, X).eq(through(inner, Y)).implies(X.eq(Y)))
    left, right = Term("a"), Term("b")
    if kind == 1:
        other = chain(rng, 1)
        given += [all_of(type, "xy", f(X).eq(f(Y)).implies(X.eq(Y)))
                  for f in used(other) if f not in functions]  # fmt: skip
        given.append(through(functions, left).eq(through([*functions, other[0]], right)))
        return given, left.eq(other[0](right))
    if kind == 2:
        given.append(Term("≠", (left, right)))
        return given, Term("≠", (through(functions, left), through(functions, right)))
    goal = through(functions, X).eq(through(functions, Y)).implies(X.eq(Y))
    return given, all_of(type, "xy", goal)


def surjective(rng: random.Random, level: int, type: str) -> Claim:
    functions = chain(rng, level)
    onto = [every("y", type, some("x", type, f(X).eq(Y))) for f in used(functions)]
    kind = rng.randrange(3)
    if kind == 0:
        whole = every("y", type, some("x", type, through(functions, X).eq(Y)))
        outer = functions[: rng.randrange(1, len(functions))]
        return [whole], every("y", type, some("x", type, through(outer, X).eq(Y)))
    if kind == 1:  # an equation at all values of the chain is one at all points
        g, h = Term("g"), Term("h")
        onto = onto[:1]
        f = functions[0]
        word = [rng.choice((g, h)) for _ in range(level)]
        other = [rng.choice((g, h)) for _ in range(level)]
        if f in (g, h) or word == other:
            return onto, every("y", type, some("x", type, f(f(X)).eq(Y)))
        onto.append(every("x", type, through([*word, f], X).eq(through([*other, f], X))))
        return onto, every("y", type, through(word, Y).eq(through(other, Y)))
    return onto, every("y", type, some("x", type, through(functions, X).eq(Y)))


def involutive(rng: random.Random, level: int, type: str) -> Claim:
    """Functions that undo themselves or one another, in words that reduce to less."""
    f, g, h = map(Term, NAMES)
    given = [every("x", type, f(f(X)).eq(X))]
    pairs = [(f, f)]
    if rng.random() < 0.7 or level > 1:
        given.append(every("x", type, g(h(X)).eq(X)))
        pairs.append((g, h))
    word: list[Term] = [rng.choice((f, g, h)) for _ in range(rng.randrange(1, 3))]
    short = list(word)
    for _ in range(level + 1):
        at = rng.randrange(len(word) + 1)
        word[at:at] = rng.choice(pairs)
    if rng.random() < 0.35:
        given.append(through(short, A).eq(Term("b")))
        return given, through(word, A).eq(Term("b"))
    return given, every("x", type, through(word, X).eq(through(short, X)))


def commuting(rng: random.Random, level: int, type: str) -> Claim:
    f, g, h = map(Term, NAMES)
    given = [every("x", type, f(g(X)).eq(g(f(X))))]
    if level > 1:
        given.append(every("x", type, f(h(X)).eq(h(f(X)))))
    others = [g, h] if level > 1 else [g]
    word = [rng.choice(others) for _ in range(level)]
    count = rng.randrange(1, 3)
    left, right = [f] * count + word, word + [f] * count
    if rng.random() < 0.4:  # mixed in
        right = list(word)
        for _ in range(count):
            right.insert(rng.randrange(len(right) + 1), f)
    if rng.random() < 0.3:
        given.append(f(A).eq(A))
        return given, f(through(word, A)).eq(through(word, A))
    return given, every("x", type, through(left, X).eq(through(right, X)))


def fixed(rng: random.Random, level: int, type: str) -> Claim:
    """Idempotent and absorbing functions."""
    f, g, h = map(Term, NAMES)
    given = [every("x", type, f(f(X)).eq(f(X)))]
    word = [f]
    for _ in range(level):
        kind = rng.randrange(3)
        if kind == 0 or len(given) > 2:
            word.insert(0, f)
        elif kind == 1:
            given.append(every("x", type, g(f(X)).eq(f(X))))
            word.insert(0, g)
        else:
            given.append(every("x", type, h(X).eq(f(X))))
            word.insert(0, h)
    if rng.random() < 0.3:
        given.append(some("x", type, f(X).eq(A)))
        return list(dict.fromkeys(given)), through(word, A).eq(A)
    return list(dict.fromkeys(given)), every("x", type, through(word, X).eq(f(X)))


def monotone(rng: random.Random, level: int, type: str) -> Claim:
    """Order kept or turned by each function of a chain."""
    functions = chain(rng, level)
    turns = {f: rng.random() < 0.3 for f in used(functions)}
    strict = rng.random() < 0.4
    relation = "<" if strict else "≤"

    def keeps(f: Term) -> Term:
        sides = (f(Y), f(X)) if turns[f] else (f(X), f(Y))
        return all_of(type, "xy", op(relation, X, Y).implies(Term(relation, sides)))

    given = [keeps(f) for f in used(functions)]
    a, b, c = Term("a"), Term("b"), Term("c")
    steps = [op(relation, a, b)]
    last = b
    if rng.random() < 0.5:
        steps.append(op(rng.choice(("≤", "<", "=")), b, c))
        last = c
    ends = through(functions, a), through(functions, last)
    odd = sum(turns[f] for f in functions) % 2
    sides = ends[::-1] if odd else ends
    if rng.random() < 0.4:
        goal = op(relation, X, Y).implies(
            Term(relation, tuple(filled(s, {"a": X, "b": Y, "c": Y}) for s in sides))
        )
        return given, all_of(type, "xy", goal)
    return [*given, *steps], Term(relation, sides)


def increasing(rng: random.Random, level: int, type: str) -> Claim:
    """Each function adds at least something; together they add the sum."""
    functions = chain(rng, level)
    gains = {f: rng.randrange(4) for f in used(functions)}
    given = [every("x", type, plus(X, k).le(f(X))) for f, k in gains.items()]
    total = sum(gains[f] for f in functions)
    if rng.random() < 0.4:
        return given, every("x", type, plus(X, total).le(through(functions, X)))
    given.append(lift(rng.randrange(2, 9)).le(A))
    least = int(given[-1].args[0].head)
    return given, lift(least + total).le(through(functions, A))


def plus(term: Term, k: int) -> Term:
    return term + k if k else term


def equations(rng: random.Random, level: int) -> Draft:
    """Functional equations: a step, a doubling or a sum, and the values, differences or bounds
    that follow, some by calculation and some for every number by induction. The level turns how
    many steps are taken and whether the number of steps is a variable."""
    f, type = Term("f"), rng.choice(("Nat", "Nat", "Int"))
    kind = rng.choice((step_up, step_up, additive, multiplied, bounded_step, two_back))
    given, goal = kind(rng, level, f, type)
    return drafted(rng, {"f": f"{type} → {type}", "n": "Nat" if type == "Nat" else type,
                         "a": type, "b": type, "m": type}, given, goal, likely=True)  # fmt: skip


def step_up(rng: random.Random, level: int, f: Term, type: str) -> Claim:
    """`f (x + d) = f x + c`."""
    d, c = rng.randrange(1, 4), rng.randrange(1, 9)
    given = [every("x", type, f(X + d).eq(f(X) + c))]
    times = rng.randrange(2, 3 + level)
    if level > 1 and type == "Nat" and rng.random() < 0.6:
        start = rng.randrange(5)
        if rng.random() < 0.5:
            given.append(f(lift(0)).eq(start))
            return given, f(scaled(d, N)).eq(plus(scaled(c, N), start))
        return given, f(A + scaled(d, N)).eq(f(A) + scaled(c, N))
    if rng.random() < 0.5:
        at, start = rng.randrange(4), rng.randrange(9)
        given.append(f(lift(at)).eq(start))
        return given, f(lift(at + d * times)).eq(start + c * times)
    return given, f(A + d * times).eq(f(A) + c * times)


def additive(rng: random.Random, level: int, f: Term, type: str) -> Claim:
    """`f (x + y) = f x + f y`, at times with something more."""
    c = rng.choice((0, 0, rng.randrange(1, 5)))
    given = [all_of(type, "xy", f(X + Y).eq(plus(f(X) + f(Y), c)))]
    times = rng.randrange(2, 3 + level)
    kind = rng.randrange(4 if level > 1 and type == "Nat" else 3)
    if kind == 0 and type == "Int" and not c:
        return given, f(Term("-", (A,))).eq(Term("-", (f(A),)))
    if kind == 0 and not c:
        return given, f(lift(0)).eq(0)
    if kind == 1:
        k = rng.randrange(1, 6)
        given.append(f(lift(1)).eq(k))
        return given, f(lift(times)).eq(times * k + (times - 1) * c)
    if kind == 3 and not c:
        k = rng.randrange(1, 6)
        if rng.random() < 0.5:
            return given, f(N).eq(N * f(lift(1)))
        given.append(f(lift(1)).eq(k))
        return given, f(N).eq(scaled(k, N))
    return given, f(scaled(times, A)).eq(plus(scaled(times, f(A)), (times - 1) * c))


def multiplied(rng: random.Random, level: int, f: Term, type: str) -> Claim:
    """`f (x + 1) = c * f x`."""
    c, k = rng.randrange(2, 6), rng.randrange(1, 6)
    given = [every("x", type, f(X + 1).eq(lift(c) * f(X)))]
    if level > 1 and type == "Nat":
        given.append(f(lift(0)).eq(k))
        if rng.random() < 0.5:
            return given, f(N).eq(scaled(k, Term("^", (lift(c), N))))
        return given, lift(0).lt(f(N))
    times = rng.randrange(2, 3 + level)
    return given, f(A + times).eq(lift(c**times) * f(A))


def bounded_step(rng: random.Random, level: int, f: Term, type: str) -> Claim:
    """`f x + c ≤ f (x + d)`: at least so much is gained."""
    c, d = rng.randrange(1, 5), rng.randrange(1, 3)
    given = [every("x", type, (f(X) + c).le(f(X + d)))]
    if level > 1 and type == "Nat":
        start = rng.randrange(4)
        given.append(lift(start).le(f(lift(0))) if start else lift(0).le(f(lift(0))))
        given = given[: 1 + bool(start)]
        return given, plus(scaled(c, N), start).le(f(scaled(d, N)))
    times = rng.randrange(2, 3 + level)
    return given, (f(A) + c * times).le(f(A + d * times))


def two_back(rng: random.Random, level: int, f: Term, type: str) -> Claim:
    """`f (x + 2) = b * f (x + 1) + a * f x`, some values on; or all of them divisible."""
    a, b = rng.randrange(1, 4), rng.randrange(1, 4)
    given = [every("x", type, f(X + 2).eq(scaled(b, f(X + 1)) + scaled(a, f(X))))]
    if level > 1 and type == "Nat" and rng.random() < 0.5:
        k = rng.randrange(2, 6)
        given += [op("∣", k, f(lift(0))), op("∣", k, f(lift(1)))]
        return given, op("∣", k, f(N))
    u, v = rng.randrange(4), rng.randrange(1, 5)
    given += [f(lift(0)).eq(u), f(lift(1)).eq(v)]
    values = [u, v]
    for _ in range(1 + level):
        values.append(b * values[-1] + a * values[-2])
    return given, f(lift(len(values) - 1)).eq(values[-1])


FAMILIES = (Family("properties", properties, 3), Family("equations", equations, 3))
