"""The family of loops with accumulators: over numbers and lists, beside plain recursions."""

from __future__ import annotations

import random

from prover.playground.definitions import Definition, defined, environment, header
from prover.playground.family import Draft, Family, drafted
from prover.playground.sequences import (
    FIRST,
    A,
    B,
    F,
    G,
    M,
    N,
    closed,
    modular_facts,
    summand,
)
from prover.playground.terms import Term, free, lift, op, scaled

X, XS, YS, ZS, NIL = (Term(x) for x in ("x", "xs", "ys", "zs", "[]"))
CONS = op("::", X, XS)
TYPES = {"xs": "List Nat", "ys": "List Nat", "zs": "List Nat", "n": "Nat", "m": "Nat", "a": "Nat",
         "b": "Nat"}  # fmt: skip


def accumulator(rng: random.Random, level: int) -> Draft:
    """A loop with an accumulator beside the plain recursion. At level 1 the claim is general in
    the accumulator, from 2 on it is of the loop's start, so that it has to be generalised first;
    3 has closed forms and remainders, two loops in one another and loops of two variables."""
    if rng.random() < 0.4:
        return rng.choice((over_list, onto_list))(rng, level)
    if level > 2 and rng.random() < 0.35:
        return two_variables(rng)
    kind = rng.choice(("+", "+", "*", "horner"))
    loop, plain, combined, start = loops(rng, level, kind)
    env = environment(plain, loop)
    text = header(plain, loop)
    if level == 1:
        goal = G(N, A).eq(combined)
    elif level == 2 or rng.random() < 0.3:
        goal = G(N, lift(start)).eq(F(N))
    else:
        found = [env["g"](k, start) for k in range(FIRST)]
        facts = [x for x in (closed(G(N, lift(start)), found, rng),) if x]
        facts += modular_facts(G(N, lift(start)), found, rng)[:3]
        facts += [lift(start).le(G(N, lift(start)))] if not facts else []
        if kind == "+":
            facts += [G(N, A + B).eq(G(N, A) + B), G(N, G(M, lift(0))).eq(F(M) + F(N))]
        elif kind == "*":
            facts.append(G(N, A * B).eq(A * G(N, B)))
        goal = rng.choice(facts)
    if "f" not in str(goal).replace("(", " ").split():
        text = header(loop)
    return drafted(rng, TYPES, [], goal, text, env)


def loops(rng: random.Random, level: int, kind: str) -> tuple[Definition, Definition, Term, int]:
    """(the loop, the plain recursion, what the loop gives from accumulator `a`, its start)."""
    if kind == "+":
        p, first = summand(rng, level), rng.randrange(4)
        body = G(N, rng.choice((A + p, p + A)))
        end = rng.choice((A, A, A + 1)) if not first else A + first
        spare = int(end.args[1].head) if end.args else 0
        plain = defined("f", "Nat → Nat", ([lift(0)], lift(spare)), ([N + 1], F(N) + p))
        return (
            defined("g", "Nat → Nat → Nat", ([lift(0), A], end), ([N + 1, A], body)),
            plain, rng.choice((A + F(N), F(N) + A)), 0,
        )  # fmt: skip
    if kind == "*":
        k = rng.choice(
            (lift(rng.randrange(2, 9)), scaled(rng.randrange(1, 4), N) + rng.randrange(1, 6))
        )
        plain = defined("f", "Nat → Nat", ([lift(0)], lift(1)), ([N + 1], F(N) * k))
        return (
            defined("g", "Nat → Nat → Nat", ([lift(0), A], A), ([N + 1, A], G(N, A * k))),
            plain, A * F(N), 1,
        )  # fmt: skip
    c, d = rng.randrange(2, 8), rng.randrange(1, 9)
    plain = defined("f", "Nat → Nat", ([lift(0)], lift(0)), ([N + 1], lift(c) * F(N) + d))
    loop = defined("g", "Nat → Nat → Nat", ([lift(0), A], A), ([N + 1, A], G(N, lift(c) * A + d)))
    return loop, plain, Term("^", (lift(c), N)) * A + F(N), 0


def two_variables(rng: random.Random) -> Draft:
    """`g (n + 1) a b = g n b (c * a + d * b)` beside the recursion by two steps."""
    c, d = rng.randrange(1, 4), rng.randrange(1, 3)
    x, y = rng.randrange(3), rng.randrange(1, 4)
    step = scaled(c, F(N)) + scaled(d, F(N + 1))
    plain = defined("f", "Nat → Nat", ([lift(0)], lift(x)), ([lift(1)], lift(y)), ([N + 2], step))
    loop = defined(
        "g", "Nat → Nat → Nat → Nat",
        ([lift(0), A, B], A), ([N + 1, A, B], G(N, B, scaled(c, A) + scaled(d, B))),
    )  # fmt: skip
    goal = rng.choice((
        G(N, lift(x), lift(y)).eq(F(N)),
        G(N, F(M), F(M + 1)).eq(F(M + N)),
        G(N + 1, lift(x), lift(y)).eq(F(N + 1)),
        (G(N, A, B) + G(N, M, A)).eq(G(N, A + M, A + B)),
        G(N, scaled(2, A), scaled(2, B)).eq(scaled(2, G(N, A, B))),
    ))  # fmt: skip
    env = environment(plain, loop)
    text = header(plain, loop) if "f" in str(goal) else header(loop)
    return drafted(rng, TYPES, [], goal, text, env)


def weight(rng: random.Random, level: int) -> Term:
    """What an element `x` counts for."""
    c, d = rng.randrange(2, 8), rng.randrange(1, 9)
    plain = [X, X + d, lift(c) * X, lift(c) * X + d, X * X + d, op("max", X, lift(c))]
    cases = [op("if", X.lt(lift(c)), lift(d), X), op("if", (X % c).eq(0), X, lift(0)),
             op("if", X.le(lift(c)), lift(0), lift(d)), (X % c) + d]  # fmt: skip
    return rng.choice(plain + cases * (level > 1))


def over_list(rng: random.Random, level: int) -> Draft:
    """A sum over a list, plainly and by a loop."""
    p = weight(rng, level)
    first = rng.randrange(3)
    plain = defined("f", "List Nat → Nat", ([NIL], lift(first)), ([CONS], F(XS) + p))
    end = A + first if first else A
    added = rng.choice((A + p, p + A))
    loop = defined("g", "List Nat → Nat → Nat", ([NIL, A], end), ([CONS, A], G(XS, added)))
    if level == 1:
        goal = G(XS, A).eq(rng.choice((A + F(XS), F(XS) + A)))
    else:
        both, back = op("++", XS, YS), op(".reverse", XS)
        zero = lift(0)
        facts = [G(XS, zero).eq(F(XS)), G(back, zero).eq(F(XS)), G(back, A).eq(G(XS, A)),
                 (G(both, zero) + first).eq(F(YS) + F(XS)), G(XS, A + B).eq(G(XS, B) + A),
                 G(both, A).eq(G(op("++", YS, XS), A))]  # fmt: skip
        goal = rng.choice(facts[: 2 + 4 * (level > 2)])
    text = header(*(d for d in (plain, loop) if d.name in free(goal)))
    return drafted(rng, TYPES, [], goal, text, environment(plain, loop))


def onto_list(rng: random.Random, level: int) -> Draft:
    """A list turned round on another one, element by element."""
    p = weight(rng, level)
    plain = defined("f", "List Nat → List Nat", ([NIL], NIL), ([CONS], op("::", p, F(XS))))
    loop = defined("g", "List Nat → List Nat → List Nat", ([NIL, YS], YS),
                   ([CONS, YS], G(XS, op("::", p, YS))))  # fmt: skip
    length = op(".length", XS) + op(".length", YS)
    facts = [G(XS, YS).eq(op("++", op(".reverse", F(XS)), YS)), op(".length", G(XS, YS)).eq(length),
             G(XS, op("++", YS, ZS)).eq(op("++", G(XS, YS), ZS))]  # fmt: skip
    if level > 1:
        facts = [G(XS, NIL).eq(op(".reverse", F(XS))), op(".length", G(XS, NIL)).eq(
                 op(".length", XS)), op(".reverse", G(XS, NIL)).eq(F(XS))]  # fmt: skip
    if level > 2:
        facts += [G(op("++", XS, YS), NIL).eq(G(YS, G(XS, NIL))),
                  G(op(".reverse", XS), NIL).eq(F(XS)),
                  op(".sum", G(XS, YS)).eq(op(".sum", F(XS)) + op(".sum", YS)),
                  G(op(".reverse", XS), YS).eq(op("++", F(XS), YS))]  # fmt: skip
    goal = rng.choice(facts)
    text = header(*(d for d in (plain, loop) if d.name in free(goal)))
    return drafted(rng, TYPES, [], goal, text, environment(plain, loop))


FAMILIES = (Family("accumulator", accumulator, 3),)
