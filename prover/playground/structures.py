"""Families of lists and trees: core functions under their laws, and structural recursions of one's
own, claims about which are drawn, tested on small values and kept if they hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from prover.playground.definitions import LEAF, Definition, defined, environment, header
from prover.playground.family import Draft, Family, drafted
from prover.playground.terms import (
    Env,
    Term,
    filled,
    free,
    fun,
    holds,
    lift,
    op,
    places,
    put,
    scaled,
)

XS, YS, ZS, X, Y, N, A = (Term(x) for x in ("xs", "ys", "zs", "x", "y", "n", "a"))
L, R, T, U = (Term(x) for x in ("l", "r", "t", "u"))
F, G, H, K = (Term(x) for x in ("f", "g", "h", "k"))
NIL = Term("[]")
TYPES = {"xs": "List Nat", "ys": "List Nat", "zs": "List Nat", "x": "Nat", "y": "Nat", "n": "Nat",
         "a": "Nat", "t": "Tree", "u": "Tree"}  # fmt: skip


def append(*parts: Term) -> Term:
    found = parts[0]
    for each in parts[1:]:
        found = op("++", found, each)
    return found


# Core lists, by laws


def some_list(rng: random.Random, depth: int) -> Term:
    """A list expression: appending, reversing, mapping, filtering, taking."""
    if depth <= 0:
        return rng.choice((XS, YS, XS, YS, ZS, op("::", X, XS), Term(".reverse", (XS,))))
    inner = some_list(rng, depth - 1)
    kind = rng.randrange(8)
    if kind <= 2:
        return append(inner, some_list(rng, rng.randrange(depth)))
    if kind == 3:
        return op(".reverse", inner)
    if kind == 4:
        return op(".map", inner, mapped(rng))
    if kind == 5:
        return op(".filter", inner, picked(rng))
    if kind == 6:
        return op("::", rng.choice((X, Y)), inner)
    return op("++", op(".take", inner, N), op(".drop", inner, N))


def mapped(rng: random.Random) -> Term:
    c = rng.randrange(1, 6)
    return fun("a", rng.choice((A + c, lift(c + 1) * A, A * A, lift(2) * A + c)))


def picked(rng: random.Random) -> Term:
    c = rng.randrange(2, 6)
    return fun("a", rng.choice((op("==", A % c, rng.randrange(c)), op("decide", A.lt(lift(c))),
                                op("!", op("==", A, X)))))  # fmt: skip


def list_law(term: Term, rng: random.Random) -> Term:
    """One law of lists from left to right at the root, if one fits."""
    first = term.args[0] if term.args else term
    if term.head == ".reverse":
        if first.head == "++":
            return op("++", op(".reverse", first.args[1]), op(".reverse", first.args[0]))
        if first.head == ".reverse":
            return first.args[0]
        if first.head == ".map":
            return op(".map", op(".reverse", first.args[0]), first.args[1])
        if first.head == "::":
            return op("++", op(".reverse", first.args[1]), op("::", first.args[0], NIL))
    if term.head in (".map", ".filter") and first.head == "++":
        return op("++", *(Term(term.head, (part, term.args[1])) for part in first.args))
    if term.head in (".map", ".filter") and first.head == ".reverse":
        return op(".reverse", Term(term.head, (first.args[0], term.args[1])))
    if term.head == ".map" and first.head == ".map":
        inner, outer = first.args[1], term.args[1]
        composed = fun("a", filled(outer.args[1], {"a": inner.args[1]}))
        return op(".map", first.args[0], composed)
    if term.head == "++":
        left, right = term.args
        if left.head == ".take" and right.head == ".drop" and left.args == right.args:
            return left.args[0]
        if left.head == "++":
            return op("++", left.args[0], op("++", left.args[1], right))
        if left.head == "::":
            return op("::", left.args[0], op("++", left.args[1], right))
    if term.head == "xs" and rng.random() < 0.3:
        return op(".reverse", op(".reverse", term))
    return term


def relisted(term: Term, rng: random.Random, steps: int) -> Term:
    """The same list after laws at random places."""
    for _ in range(steps):
        inside = [p for p in places(term) if p[1].head in LISTED or p[1].args]
        path, part = rng.choice(inside)
        term = put(term, path, list_law(part, rng))
    return term


LISTED = frozenset(("xs", "ys", "zs"))


def lists(rng: random.Random, level: int) -> Draft:
    """Core list functions: an expression against itself after laws of append, reverse, map and
    filter, or what its length, sum, members, counts and tests come to. The level turns the depth
    of the expression and the number of laws."""
    for _ in range(40):
        term = some_list(rng, level)
        other = relisted(term, rng, 2 + 2 * level)
        kind = rng.randrange(7)
        if kind <= 1:
            goal = term.eq(other)
        elif kind == 2:
            goal = op("∈", X, term)
            goal = op(rng.choice(("↔", "→")), goal, op("∈", X, other))
        elif kind == 3:
            goal = op(".length", term).eq(measured(other, ".length"))
        elif kind == 4:
            goal = op(".sum", term).eq(measured(other, ".sum"))
        elif kind == 5:
            goal = op(".count", term, Y).eq(counted(other, Y))
        else:
            test = picked(rng)
            goal = op(".all", term, test).eq(op(".all", other, test))
        if goal.head in ("=", "↔", "→") and goal.args[0] != goal.args[1]:
            return drafted(rng, TYPES, [], goal)
    goal = op(".length", append(XS, YS)).eq(op(".length", append(YS, XS)))
    return drafted(rng, TYPES, [], goal)


def measured(term: Term, head: str) -> Term:
    """Length or sum, taken apart as far as `++` and `::` go; a reversal does not change it."""
    if term.head == "++":
        return measured(term.args[1], head) + measured(term.args[0], head)
    if term.head == "::":
        one = lift(1) if head == ".length" else term.args[0]
        return measured(term.args[1], head) + one
    if term.head == ".reverse" or (term.head == ".map" and head == ".length"):
        return measured(term.args[0], head)
    return op(head, term)


def counted(term: Term, of: Term) -> Term:
    if term.head == "++":
        return counted(term.args[0], of) + counted(term.args[1], of)
    if term.head == ".reverse":
        return counted(term.args[0], of)
    return op(".count", term, of)


# One's own recursions over lists


def number_of(rng: random.Random, level: int, name: str) -> Definition:
    """`f : List Nat → Nat`."""
    f = Term(name)(XS)
    c, d = rng.randrange(2, 6), rng.randrange(1, 4)
    steps = [X + f, f + X, f + d, lift(c) * X + f, X + d + f, op("max", X, f)]
    if level > 1:
        steps += [op("if", X.lt(lift(c)), f + 1, f), op("if", (X % c).eq(0), f + X, f),
                  X * X + f, op("if", X.le(lift(c)), f, X + f)]  # fmt: skip
    if level > 2:
        steps += [lift(2) * f + X, op("if", X.lt(f), f + 1, f + X), op("max", X, f) + d]
    first = rng.choice((0, 0, 0, 1, 2))
    step = rng.choice(steps)
    return defined(name, "List Nat → Nat", ([NIL], lift(first)), ([op("::", X, XS)], step))


def list_of(rng: random.Random, level: int, name: str) -> Definition:
    """`g : List Nat → List Nat`."""
    g = Term(name)(XS)
    c = rng.randrange(1, 5)
    image = rng.choice((X + c, lift(c + 1) * X, X * X))
    steps = [op("::", image, g), op("::", X, op("::", X, g)), op("::", X, op("::", image, g))]
    if level > 1:
        steps += [op("if", X.lt(lift(c)), g, op("::", X, g)), append(g, op("::", X, NIL)),
                  op("if", (X % 2).eq(rng.randrange(2)), op("::", image, g), op("::", X, g)),
                  append(g, op("::", image, NIL))]  # fmt: skip
    cases = [([NIL], NIL), ([op("::", X, XS)], rng.choice(steps))]
    if level > 2 and rng.random() < 0.35:  # two at a time
        two = op("::", X, op("::", Y, XS))
        step = rng.choice((op("::", X, g), op("::", Y, op("::", X, g)), op("::", X + Y, g)))
        cases = [([NIL], NIL), ([op("::", X, NIL)], op("::", X, NIL)), ([two], step)]
    return defined(name, "List Nat → List Nat", *cases)


def two_lists(rng: random.Random, name: str) -> Definition:
    """`h : List Nat → List Nat → List Nat`."""
    h = Term(name)
    more = op("::", Y, YS)
    step = rng.choice((op("::", X, op("::", Y, h(XS, YS))), op("::", X + Y, h(XS, YS)),
                       op("::", op("max", X, Y), h(XS, YS))))  # fmt: skip
    return defined(
        name, "List Nat → List Nat → List Nat",
        ([NIL, YS], YS), ([op("::", X, XS), NIL], op("::", X, XS)), ([op("::", X, XS), more], step),
    )  # fmt: skip


def list_claims(rng: random.Random, f: Term, g: Term, h: Term | None) -> list[Callable[[], Term]]:
    """Shapes of claims about `f : List → Nat` and `g, h : List → List`, numbers drawn."""

    def c(most: int) -> int:
        return rng.randrange(most)

    def some_of(term: Term) -> Term:
        return term + c(3) if rng.random() < 0.3 else term

    def join(a: Term, b: Term) -> Term:
        return rng.choice((a + b, b + a, op("max", a, b), op("max", b, a)))

    length = op(".length", XS)
    shapes = [
        lambda: f(append(XS, YS)).eq(some_of(join(f(XS), f(YS)))),
        lambda: (f(append(XS, YS)) + 1 + c(2)).eq(f(XS) + f(YS)),
        lambda: f(op(".reverse", XS)).eq(f(XS)),
        lambda: f(append(XS, YS)).eq(f(append(YS, XS))),
        lambda: f(g(XS)).eq(some_of(scaled(1 + c(4), f(XS)))),
        lambda: f(g(XS)).eq(scaled(1 + c(4), f(XS)) + scaled(1 + c(4), length)),
        lambda: f(g(append(XS, YS))).eq(join(f(g(YS)), f(g(XS)))),
        lambda: op(".length", g(XS)).eq(scaled(1 + c(2), length)),
        lambda: op(".length", g(XS)).le(scaled(1 + c(2), length)),
        lambda: op(".length", g(append(XS, YS))).eq(op(".length", g(XS)) + op(".length", g(YS))),
        lambda: g(append(XS, YS)).eq(append(*rng.sample((g(XS), g(YS)), 2))),
        lambda: g(g(XS)).eq(rng.choice((g(XS), XS))),
        lambda: g(op(".reverse", XS)).eq(op(".reverse", g(XS))),
        lambda: f(op(".take", XS, N)).le(f(XS)),
        lambda: f(XS).le(f(append(*rng.sample((XS, YS), 2)))),
        lambda: op("∈", X, XS).implies(X.le(some_of(f(XS)))),
        lambda: f(XS).le(some_of(rng.choice((length, op(".sum", XS), f(g(XS)))))),
        lambda: rng.choice((length, op(".sum", XS))).le(f(XS)),
        lambda: f(XS).eq(rng.choice((op(".sum", XS), length)) + c(3)),
        lambda: f(op("List.replicate", N, lift(c(4)))).eq(scaled(1 + c(5), N) + c(3)),
        lambda: f(op(".map", XS, fun("a", A + 1))).eq(f(XS) + scaled(1 + c(3), length)),
        lambda: g(op(".map", XS, fun("a", A + 1 + c(2)))).eq(
            op(".map", g(XS), fun("a", A + 1 + c(2)))
        ),
    ]
    if h is not None:
        both = h(XS, YS)
        shapes += [
            lambda: op(".length", both).eq(length + op(".length", YS)),
            lambda: op(".length", both).eq(op("max", length, op(".length", YS))),
            lambda: f(both).eq(join(f(XS), f(YS))),
            lambda: both.eq(h(YS, XS)),
            lambda: h(XS, NIL).eq(XS),
            lambda: h(h(XS, YS), ZS).eq(h(XS, h(YS, ZS))),
            lambda: f(h(XS, XS)).eq(scaled(1 + c(3), f(XS))),
        ]
    return shapes


def list_recursion(rng: random.Random, level: int) -> Draft:
    """One's own functions on lists: how they go with append, reverse, map, length, one another.
    The level turns the step (conditions, two elements at a time) and, from 3 on, how many
    functions there are."""
    for _ in range(20):
        own = [number_of(rng, level, "f"), list_of(rng, level, "g")]
        if level > 2:
            own.append(two_lists(rng, "h"))
        env = environment(*own)
        shapes = list_claims(rng, F, G, H if level > 2 else None)
        found = kept(rng, shapes, env)
        if found is not None:
            return about(rng, found, own, env)
    raise AssertionError("some claim of lists always holds")


def kept(rng: random.Random, shapes: Sequence[Callable[[], Term]], env: Env) -> Term | None:
    """The first of the claims, in random order, that holds wherever it is tried."""
    for shape in rng.sample(list(shapes), len(shapes)) * 2:
        goal = shape()
        if holds(goal, typed(goal), rng, (), env, 30) and holds(
            goal, typed(goal), rng, (), env, 120
        ):
            return goal
    return None


def typed(goal: Term) -> dict[str, str]:
    return {name: type for name, type in TYPES.items() if name in free(goal)}


def about(rng: random.Random, goal: Term, own: Sequence[Definition], env: Env) -> Draft:
    """With the definitions that the goal speaks of, named in their order."""
    names = {part.head for _, part in places(goal)}
    needed = [d for d in own if d.name in names]
    renaming = {d.name: Term(new) for d, new in zip(needed, "fgh", strict=False)}
    if all(old == new.head for old, new in renaming.items()):
        return drafted(rng, TYPES, [], goal, header(*needed), env)
    moved = [
        Definition(renaming[d.name].head, d.type,
                   tuple((p, filled(b, renaming)) for p, b in d.cases))
        for d in needed
    ]  # fmt: skip
    return drafted(rng, TYPES, [], filled(goal, renaming), header(*moved), environment(*moved))


# Trees


def tree_number(rng: random.Random, level: int, name: str) -> Definition:
    f = Term(name)
    c = rng.randrange(1, 5)
    steps = [f(L) + f(R) + c, f(L) + X + f(R), op("max", f(L), f(R)) + c, X + f(L) + f(R)]
    if level > 1:
        steps += [lift(c + 1) * X + f(L) + f(R), op("max", X, op("max", f(L), f(R))),
                  f(L) + f(R), op("min", f(L), f(R)) + c]  # fmt: skip
    if level > 2:
        steps += [op("if", X.lt(lift(c + 1)), f(L) + f(R) + 1, f(L) + f(R)), f(R) + X,
                  op("if", (X % 2).eq(0), f(L) + X + f(R), f(L) + f(R))]  # fmt: skip
    first = rng.choice((0, 0, 1, 1, 2))
    node = Term("Tree.node")(L, X, R)
    return defined(name, "Tree → Nat", ([LEAF], lift(first)), ([node], rng.choice(steps)))


def tree_tree(rng: random.Random, level: int, name: str) -> Definition:
    g, node = Term(name), Term("Tree.node")
    c = rng.randrange(1, 4)
    image = rng.choice((X, X, X + c, lift(c + 1) * X))
    body = rng.choice((node(g(R), image, g(L)), node(g(L), image, g(R)), node(g(R), X, g(L))))
    if level > 1 and rng.random() < 0.3:
        body = op("if", X.lt(lift(c + 1)), node(g(R), X, g(L)), node(g(L), X, g(R)))
    return defined(name, "Tree → Tree", ([LEAF], LEAF), ([node(L, X, R)], body))


def tree_list(rng: random.Random, level: int, name: str) -> Definition:
    h, node = Term(name), Term("Tree.node")
    one = op("::", rng.choice((X, X, X + 1)), NIL)
    body = rng.choice((
        append(h(L), one, h(R)), op("++", h(L), op("::", one.args[0], h(R))),
        op("::", one.args[0], append(h(L), h(R))), append(h(R), one, h(L)),
        append(h(L), h(R), one),
    ))  # fmt: skip
    return defined(name, "Tree → List Nat", ([LEAF], NIL), ([node(L, X, R)], body))


def tree_claims(rng: random.Random) -> list[Callable[[], Term]]:
    """`f, k : Tree → Nat`, `g : Tree → Tree`, `h : Tree → List Nat`."""

    def c(most: int) -> int:
        return rng.randrange(most)

    node = Term("Tree.node")
    return [
        lambda: F(G(T)).eq(F(T)),
        lambda: F(G(T)).eq(scaled(1 + c(3), F(T)) + scaled(1 + c(3), K(T))),
        lambda: F(G(T)).eq(scaled(2 + c(3), F(T))),
        lambda: G(G(T)).eq(T),
        lambda: G(G(T)).eq(G(T)),
        lambda: scaled(1 + c(3), F(T)).eq(scaled(1 + c(3), K(T)) + c(3)),
        lambda: (scaled(1 + c(3), F(T)) + c(3)).eq(scaled(1 + c(4), K(T))),
        lambda: rng.choice((F(T).le(K(T)), K(T).le(scaled(1 + c(3), F(T))))),
        lambda: F(T).lt(Term("^", (lift(2), K(T)))),
        lambda: F(T).le(Term("^", (lift(2), K(T)))),
        lambda: op(".length", H(T)).eq(rng.choice((F(T), K(T)))),
        lambda: op(".sum", H(T)).eq(rng.choice((F(T), K(T)))),
        lambda: (op(".length", H(T)) + 1).eq(rng.choice((F(T), K(T)))),
        lambda: op(".length", H(G(T))).eq(op(".length", H(T))),
        lambda: H(G(T)).eq(op(".reverse", H(T))),
        lambda: op(".sum", H(G(T))).eq(op(".sum", H(T))),
        lambda: op(".length", H(T)).le(rng.choice((F(T), K(T)))),
        lambda: F(node(T, X, U)).eq(F(node(U, X, T))),
        lambda: F(G(node(T, X, U))).eq(F(node(G(T), X, G(U)))),
        lambda: op("∈", X, H(T)).implies(X.le(F(T))),
        lambda: K(G(G(T))).eq(K(T)),
        lambda: lift(0).lt(F(T)),
        lambda: F(T).le(op(".sum", H(T)) + c(3)),
        lambda: (F(T) + K(T)).le(scaled(2 + c(2), F(T))),
    ]


def trees(rng: random.Random, level: int) -> Draft:
    """Binary trees with numbers: sizes, heights, sums, mirrors, their lists of elements, and how
    they go together. The level turns the recursions' steps: products, minima, conditions."""
    for _ in range(30):
        own = [tree_number(rng, level, "f"), tree_tree(rng, level, "g"),
               tree_list(rng, level, "h"), tree_number(rng, level, "k")]  # fmt: skip
        env = environment(*own)
        found = kept(rng, tree_claims(rng), env)
        if found is not None:
            return about(rng, found, own, env)
    raise AssertionError("some claim of trees always holds")


FAMILIES = (
    Family("lists", lists, 3),
    Family("list_recursion", list_recursion, 3),
    Family("trees", trees, 3),
)
