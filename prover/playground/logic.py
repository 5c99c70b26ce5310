"""Families of propositions, quantifiers and finite cases.

Formulas are drawn and rewritten by laws; truth tables, or small worlds, tell what holds of what
was drawn freely.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

from prover.playground.family import NEAR_MISSES, Draft, Family, drafted, signature
from prover.playground.terms import (
    Term,
    every,
    free,
    op,
    perturbed,
    places,
    put,
    reckoner,
    some,
)

LETTERS = ("p", "q", "r", "s")


def negated(term: Term) -> Term:
    return op("¬", term)


def opposite(term: Term) -> Term:
    return term.args[0] if term.head == "¬" else negated(term)


def formula(rng: random.Random, names: Sequence[str], depth: int) -> Term:
    if depth == 0:
        letter = Term(rng.choice(names))
        return negated(letter) if rng.random() < 0.25 else letter
    kind = rng.choice(("∧", "∨", "→", "∧", "∨", "→", "¬", "↔" if depth == 1 else "→"))
    if kind == "¬":
        return negated(formula(rng, names, depth - 1))
    left = right = formula(rng, names, depth - 1)
    while not free(right) & set(names) - free(left):  # `p ∧ p` says nothing more than `p`
        right = formula(rng, names, rng.randrange(depth))
        if rng.random() < 0.2:
            left = formula(rng, names, depth - 1)
    return op(kind, left, right)


def formula_law(term: Term, rng: random.Random) -> Term:
    """One law of classical logic from left to right at the root, if one fits."""
    head, args = term.head, term.args
    if head == "¬":
        inner = args[0]
        if inner.head == "¬":
            return inner.args[0]
        if inner.head in ("∧", "∨"):
            other = "∨" if inner.head == "∧" else "∧"
            return op(other, negated(inner.args[0]), negated(inner.args[1]))
        if inner.head == "→":
            return op("∧", inner.args[0], negated(inner.args[1]))
    if head == "→":
        left, right = args
        if left.head == "∧" and rng.random() < 0.7:
            return op("→", left.args[0], op("→", left.args[1], right))
        if left.head == "∨":
            return op("∧", *(op("→", part, right) for part in left.args))
        if right.head == "∧":
            return op("∧", *(op("→", left, part) for part in right.args))
        return rng.choice((op("∨", negated(left), right), op("→", negated(right), negated(left))))
    if head in ("∧", "∨"):
        other = "∨" if head == "∧" else "∧"
        left, right = args
        if right.head == other:
            return op(other, *(op(head, left, part) for part in right.args))
        return op(head, right, left)
    return term


def reworded(term: Term, rng: random.Random, steps: int) -> Term:
    for _ in range(steps):
        inside = [(path, part) for path, part in places(term) if part.args]
        if not inside:
            return term
        path, part = rng.choice(inside)
        term = put(term, path, formula_law(part, rng))
    return term


def assignments(names: Sequence[str]) -> list[dict[str, bool]]:
    rows = product((False, True), repeat=len(names))
    return [dict(zip(names, row, strict=True)) for row in rows]


def propositional(rng: random.Random, level: int) -> Draft:
    """Formulas of two to four letters: one as an equivalent of itself after laws, and consequences
    of hypotheses each of which is needed. The level turns the depth of formulas, the number of laws
    and of hypotheses."""
    names = LETTERS[: 2 + min(level, 2)]
    types = dict.fromkeys(names, "Prop")
    if rng.random() < 0.45:
        term = formula(rng, names, 1 + min(level, 3))
        other = reworded(term, rng, 2 + 2 * level)
        if other != term and len(str(other)) < 120:
            return drafted(rng, types, [], op(rng.choice(("↔", "↔", "→")), term, other))
    for _ in range(60):
        goal = formula(rng, names, rng.randrange(min(level, 2) + 1))
        given = enough(rng, goal, names)
        if len(given) > min(level, 3) // 2 + 1:
            return drafted(rng, types, given, goal)
    return propositional(rng, max(level - 1, 1))


def enough(rng: random.Random, goal: Term, names: Sequence[str]) -> list[Term]:
    """Hypotheses, drawn until the goal follows, of which none can be spared; none at all if they
    contradict one another or one alone would do."""
    rows = assignments(names)
    left, given = rows, list[Term]()
    aim = reckoner(goal)
    while not all(aim(row) for row in left):
        new = formula(rng, names, rng.randrange(1, 3))
        after = list(filter(reckoner(new), left))
        if not after:
            return []
        if len(after) < len(left):
            left, given = after, [*given, new]
    for one in list(given):
        rest = [h for h in given if h != one]
        known = [reckoner(h) for h in rest]
        if all(aim(row) for row in rows if all(h(row) for h in known)):
            given = rest
    return given if len(given) > 1 and needed(given, goal, names) else []


def needed(given: Sequence[Term], goal: Term, names: Sequence[str]) -> bool:
    """It follows, from no fewer of them, and they do not contradict one another."""
    rows = assignments(names)
    worlds = [list(map(reckoner(h), rows)) for h in given]
    aims = list(map(reckoner(goal), rows))
    if not follows(worlds, aims) or not any(all(column) for column in zip(*worlds, strict=True)):
        return False
    return not any(follows([w for w in worlds if w is not left], aims) for left in worlds)


def follows(worlds: Sequence[Sequence[bool]], aims: Sequence[bool]) -> bool:
    return all(aim or not all(w[i] for w in worlds) for i, aim in enumerate(aims))


# Quantifiers

PREDICATES = {"p": 1, "q": 1, "s": 1, "r": 2}


def atom(rng: random.Random, bound: Sequence[str]) -> Term:
    name = rng.choice(("p", "q", "r", "p", "q") if len(bound) > 1 else ("p", "q"))
    count = PREDICATES[name]
    args = [Term(rng.choice(bound)) for _ in range(count)]
    if count == 2 and rng.random() < 0.8:
        args = [Term(x) for x in rng.sample(list(bound), 2)]
    return Term(name, tuple(args))


def quantified(rng: random.Random, bound: Sequence[str], depth: int, type: str) -> Term:
    if depth == 0 or (bound and rng.random() < 0.1):
        return atom(rng, bound)
    free_name = next(x for x in ("x", "y", "z", "w") if x not in bound)
    if not bound or rng.random() < 0.6:
        binder = rng.choice((every, some))
        inner = quantified(rng, [*bound, free_name], depth - 1, type)
        if free_name not in free(inner):
            inner = op(rng.choice(("∧", "∨", "→")), atom(rng, [free_name]), inner)
        return binder(free_name, type, inner)
    kind = rng.choice(("∧", "∨", "→", "¬"))
    if kind == "¬":
        return negated(quantified(rng, bound, depth - 1, type))
    left = right = quantified(rng, bound, depth - 1, type)
    while left == right:
        right = quantified(rng, bound, rng.randrange(depth), type)
        left = quantified(rng, bound, depth - 1, type)
    return op(kind, left, right)


def quantifier_law(term: Term, rng: random.Random) -> Term:
    """A law of quantifiers, or of connectives, from left to right at the root."""
    head, args = term.head, term.args
    if head == "¬" and args[0].head in ("∀", "∃"):
        inner = args[0]
        other = "∃" if inner.head == "∀" else "∀"
        return Term(other, (*inner.args[:2], negated(inner.args[2])))
    if head in ("∀", "∃"):
        name, type, body = args
        fitting = "∧" if head == "∀" else "∨"
        if body.head == fitting:
            return op(fitting, *(Term(head, (name, type, part)) for part in body.args))
        if body.head == head:
            return Term(head, (*body.args[:2], Term(head, (name, type, body.args[2]))))
        if rng.random() < 0.3:
            other = "∃" if head == "∀" else "∀"
            return negated(Term(other, (name, type, negated(body))))
        return term
    return formula_law(term, rng)


def worlds(rng: random.Random, count: int) -> list[dict[str, object]]:
    """Random meanings of the predicates over a few elements."""
    made = []
    for _ in range(count):
        one = {x: rng.random() < 0.5 for x in product(range(7), repeat=1)}
        two = {x: rng.random() < 0.5 for x in product(range(7), repeat=1)}
        three = {x: rng.random() < 0.5 for x in product(range(7), repeat=2)}
        made.append({"p": table(one), "q": table(two), "r": table(three), "a": 0, "b": 1,
                     "s": table({x: rng.random() < 0.5 for x in one}), "c": 2, "d": 3})  # fmt: skip
    return made


def table(found: dict[tuple[int, ...], bool]) -> object:
    return lambda *args: found[args]


def quantifiers(rng: random.Random, level: int) -> Draft:
    """Predicates and relations: formulas with quantifiers against themselves after laws, chains of
    implications to an instance or a witness, and a relation's properties chained. The level turns
    the depth of quantifiers and the length of chains."""
    type = rng.choice(("α", "α", "Nat"))
    kind = rng.random()
    if kind < 0.4:
        for _ in range(40):
            term = quantified(rng, [], 1 + level, type)
            other = term
            for _ in range(2 + level):
                inside = [(path, part) for path, part in places(term) if part.args]
                path, part = rng.choice(inside)
                if path and path[-1] < 2 and part.head == type:
                    continue
                other = put(term, path, quantifier_law(part, rng)) if other == term else relawed(
                    other, rng)  # fmt: skip
            if other != term and len(str(other)) < 140:
                return predicates(rng, type, [], op(rng.choice(("↔", "→")), term, other), True)
    if kind < 0.88:
        return implications(rng, level, type)
    return relation(rng, level, type)


def relawed(term: Term, rng: random.Random) -> Term:
    path, part = rng.choice([(path, part) for path, part in places(term) if part.args])
    return put(term, path, quantifier_law(part, rng))


def predicates(
    rng: random.Random, type: str, given: Sequence[Term], goal: Term, true: bool
) -> Draft:
    """With binders for the predicates that occur; near-misses are tried in small worlds."""
    likely: bool | None = true
    if rng.random() < NEAR_MISSES:
        goal, likely = perturbed(goal, rng), None
        aim, known = reckoner(goal), [reckoner(h) for h in given]
        for world in worlds(rng, 60):
            if all(h(world) for h in known) and not aim(world):
                likely = False
                break
    arrows = {1: f"{type} → Prop", 2: f"{type} → {type} → Prop"}
    types = {"α": "Type"} if type == "α" else {}
    types |= {name: arrows[count] for name, count in PREDICATES.items()}
    types |= {"a": type, "b": type, "c": type, "d": type}
    text = signature({k: v for k, v in types.items() if k != "α"}, given, goal)
    return Draft(f"(α : Type) {text}" if type == "α" else text, "", likely)


def implications(rng: random.Random, level: int, type: str) -> Draft:
    """`∀ x, p x → q x` and the like chained, with side conditions, from a fact to an instance."""
    x, a = Term("x"), Term("a")
    p, q, r = (Term(name) for name in "pqr")
    facts = rng.sample([p(x), q(x), Term("s")(x), r(x, x), r(a, x), r(x, a)], 6)
    path = [rng.choice((f, f, negated(f))) for f in facts[: level + 2]]
    given = []
    for at, (before, after) in enumerate(zip(path, path[1:], strict=False)):
        if at and rng.random() < 0.3:
            before = op("∧", before, path[at - 1])
        rule = before.implies(after)
        if rng.random() < 0.3:
            rule = op("→", opposite(after), opposite(before))
        given.append(every("x", type, rule))
    kind = rng.randrange(3)
    first, last = path[0], path[-1]
    if kind == 0:
        goal = every("x", type, first.implies(last))
    elif kind == 1:
        given.append(some("x", type, first))
        goal = some("x", type, rng.choice((last, op("∧", first, last))))
    else:
        given.append(negated(some("x", type, last)))
        goal = rng.choice((every("x", type, opposite(first)), negated(some("x", type, first))))
    rng.shuffle(given)
    return predicates(rng, type, given, goal, True)


def relation(rng: random.Random, level: int, type: str) -> Draft:
    """Symmetry, transitivity and the like of `r`, and where its steps lead from `a`."""
    x, y, z = map(Term, "xyz")
    r, points = Term("r"), [Term(n) for n in "abcd"[: 2 + min(level, 2)]]
    transitive = every("x", type, every("y", type, every("z", type,
                 r(x, y).implies(r(y, z).implies(r(x, z))))))  # fmt: skip
    symmetric = every("x", type, every("y", type, r(x, y).implies(r(y, x))))
    euclidean = every("x", type, every("y", type, every("z", type,
                r(x, y).implies(r(x, z).implies(r(y, z))))))  # fmt: skip
    serial = every("x", type, some("y", type, r(x, y)))
    steps = [r(s, t) if rng.random() < 0.6 else r(t, s)
             for s, t in zip(points, points[1:], strict=False)]  # fmt: skip
    if rng.random() < 0.5:
        backward = any(s.args[0].head > s.args[1].head for s in steps)
        given = [transitive, *([symmetric] if backward else []), *steps]
        goal = r(points[0], points[-1]) if len(points) > 2 or backward else r(points[0], points[1])
        if len(points) == 2:
            given, goal = [transitive, symmetric, r(points[0], points[1])], r(points[0], points[0])
        return predicates(rng, type, given, goal, True)
    options = [
        ([symmetric, transitive, serial], every("x", type, r(x, x))),
        ([euclidean, every("x", type, r(x, x))], symmetric),
        ([symmetric, transitive], euclidean),
        ([symmetric, euclidean], transitive),
        ([every("x", type, negated(r(x, x))), transitive],
         every("x", type, every("y", type, r(x, y).implies(negated(r(y, x)))))),
        ([serial, transitive], every("x", type, some("y", type, some("z", type, op(
            "∧", r(x, y), op("∧", r(y, z), r(x, z))))))),
    ]  # fmt: skip
    given, goal = rng.choice(options)
    p = Term("p")
    if level > 1:  # a property that the relation carries along
        carried = every("x", type, every("y", type, r(x, y).implies(p(x).implies(p(y)))))
        given = [*given, carried]
        goal = op("∧", goal, p(points[0]).implies(r(points[0], points[1]).implies(p(points[1]))))
    return predicates(rng, type, list(given), goal, True)


FAMILIES = (
    Family("propositional", propositional, 4),
    Family("quantifiers", quantifiers, 3),
)
