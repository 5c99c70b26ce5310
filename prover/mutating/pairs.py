"""Mutators of two solved goals over one header: chained, conjoined, summed, rewritten; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.mutating.forms import (
    BINDING,
    Mutant,
    Seed,
    atom,
    data,
    fresh,
    instantiated,
    matched,
    mentions,
    numeric,
    props,
    pruned,
    put,
    relation,
    signature,
    subterms,
    taken,
)
from prover.types import Binder


def compatible(one: Seed, two: Seed) -> bool:
    """Can a statement speak of both? One header, or one of them rests on imports alone."""
    same = one.goal.header == two.goal.header
    return one is not two and (same or not one.goal.scoped or not two.goal.scoped)


def joined(
    how: str, one: Seed, two: Seed, binders: Sequence[Binder], target: str, harder: int = 1
) -> Mutant:
    """A mutant with both for parents, over the header of the one that needs one."""
    main = max(one, two, key=lambda seed: (seed.goal.scoped, len(seed.goal.header)))
    level = max(one.level, two.level) + harder
    text = signature(pruned(binders, target), target)
    return Mutant(how, text, main.goal.header, (one.name, two.name), main.family, level)


def apart(one: Seed, two: Seed) -> Seed:
    """The second with other names than the first has, bound variables included."""
    first = taken(one.goal.binders, one.goal.target)
    clash = [b for b in two.goal.binders if b.name in first]
    own = taken(two.goal.binders, two.goal.target)
    old = [b.name for b in clash]
    return with_names(two, dict(zip(old, fresh(first | own, *old), strict=True)))


def with_names(seed: Seed, names: dict[str, str]) -> Seed:
    binders = tuple(
        replace(b, name=names.get(b.name, b.name), type=put(b.type, names))
        for b in seed.goal.binders
    )
    target = put(seed.goal.target, names)
    return replace(seed, goal=replace(seed.goal, binders=binders, target=target))


def merged(one: Seed, two: Seed) -> tuple[list[Binder], str] | None:
    """The second's variables become the first's, by type and in order; hypotheses of both.

    Its binders are all there are, then its conclusion. None if they have no type in common.
    """
    two = apart(one, two)
    free = data(one.goal.binders)
    values: dict[str, str] = {}
    for var in data(two.goal.binders):
        alike = next((b for b in free if b.type == var.type), None)
        if alike is not None:
            free.remove(alike)
            values[var.name] = alike.name
    if not values:
        return None
    binders, target = instantiated(two.goal.binders, two.goal.target, values)
    mine = list(one.goal.binders)
    types = {b.type for b in props(mine)}
    new = [b for b in binders if not b.prop or b.type not in types]
    return in_order([*mine, *new]), target


def in_order(binders: Sequence[Binder]) -> list[Binder]:
    """Types first, then data, then hypotheses: each after what it speaks of."""
    kinds = [b for b in binders if not b.prop and b.head == "Sort"]
    values = [b for b in binders if not b.prop and b.head != "Sort"]
    return [*kinds, *values, *(b for b in binders if b.prop)]


BASIC = re.compile(
    r"^(?:inst|HAdd|HSub|HMul|HPow|Nat$|Int$|Eq$|Ne$|OfNat|LE|LT|GE|GT|And$|Or$|Not$|Iff$|Exists$"
    r"|Neg|Monoid|List$|Bool|Int\.inst|Nat\.inst|NatPow)"
)
"""What nearly every statement speaks of."""


def related(one: Seed, two: Seed) -> bool:
    """Have they something to say to each other: a definition, a constant that not all share? In
    one order only: the other way round it is the same."""
    if one.name > two.name:
        return False
    if set(one.goal.definitions) & set(two.goal.definitions):
        return True
    common = set(one.goal.constants) & set(two.goal.constants)
    return not one.goal.scoped and not two.goal.scoped and any(not BASIC.match(c) for c in common)


def conjoined(one: Seed, two: Seed) -> Iterator[Mutant]:
    """Both at once, about the same variables, if they are related."""
    both = merged(one, two) if related(one, two) else None
    if both and one.goal.target != both[1]:
        binders, target = both
        yield joined("conjoined", one, two, binders, f"{side(one.goal.target)} ∧ {side(target)}")


def side(text: str) -> str:
    return f"({text})" if BINDING.search(text) or any(s in text for s in "→↔∨") else text


def summed(one: Seed, two: Seed) -> Iterator[Mutant]:
    """Two equations or bounds of one kind become one: side by side added, or multiplied."""
    both = merged(one, two) if related(one, two) else None
    first, second = relation(one.goal.target), both and relation(both[1])
    if not both or not first or not second or first[1] != second[1]:
        return
    (a, sign, b), (c, _, d) = first, second
    if sign not in ("=", "≤", "<") or not numeric(first) or (a, b) == (c, d):
        return
    if BINDING.search(f"{a} {b} {c} {d}") or b.isdigit() or d.isdigit():
        return
    target = f"{factor(a)} + {factor(c)} {sign} {factor(b)} + {factor(d)}"
    yield joined("summed", one, two, both[0], target)
    if sign == "=":
        target = f"{atom(a)} * {atom(c)} = {atom(b)} * {atom(d)}"
        yield joined("summed", one, two, both[0], target)


def factor(text: str) -> str:
    """As a summand."""
    return atom(text) if any(s in text for s in ("::", "++", "&&", "||", "^^", "-", "∣")) else text


def chained(one: Seed, two: Seed) -> Iterator[Mutant]:
    """The conclusion of the first is a hypothesis of the second: what is left is the first's
    hypotheses, the second's others, and its conclusion."""
    two = apart(one, two)
    variables = [b.name for b in data(two.goal.binders)]
    for fed in props(two.goal.binders):
        values = matched(fed.type, one.goal.target, variables)
        if values is None or BINDING.search(fed.type):
            continue
        rest = [b for b in two.goal.binders if b is not fed]
        binders, target = instantiated(rest, two.goal.target, values)
        if target != one.goal.target:
            yield joined("chained", one, two, in_order([*one.goal.binders, *binders]), target)


def rewritten(one: Seed, two: Seed) -> Iterator[Mutant]:
    """A term of the first, by an equation of the second the other way round: what its proof has to
    see through."""
    two = apart(one, two)
    equation = relation(two.goal.target)
    if equation is None or equation[1] != "=" or props(two.goal.binders):
        return  # under hypotheses it is no equation to rewrite with
    if BINDING.search(one.goal.target):
        return
    variables = [b.name for b in data(two.goal.binders)]
    left, _, right = equation
    for pattern, other in ((right, left), (left, right)):
        if pattern in variables or pattern.isdigit():
            continue
        for start, end in subterms(one.goal.target):
            values = matched(pattern, bracketless(one.goal.target[start:end]), variables)
            if values is None or any(value.isdigit() for value in values.values()):
                continue
            rest, new = instantiated(two.goal.binders, other, values)
            target = one.goal.target[:start] + atom(new) + one.goal.target[end:]
            if target != one.goal.target and all(mentions(pattern, v) for v in values):
                yield joined("rewritten", one, two, in_order([*one.goal.binders, *rest]), target)


def bracketless(text: str) -> str:
    return text[1:-1] if text.startswith("(") else text
