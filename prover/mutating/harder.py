"""Mutators of one solved goal that may make it harder; pure.

Composition puts terms for variables, generalisation variables for terms; a hypothesis less, or a
weaker one, or a stronger conclusion asks for more, and is false as often as not. A mutator yields
all it can think of, and who asks takes some of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.conjecture_shapes import shapes
from prover.conjectures import functions
from prover.mutating.forms import (
    BINDING,
    Mutant,
    Seed,
    conjuncts,
    data,
    fresh,
    has,
    instantiated,
    made,
    mentions,
    numeric,
    outer,
    plus,
    props,
    relation,
    said,
    taken,
)
from prover.types import Binder

NUMBERS = {"Nat": "Nat", "ℕ": "Nat", "Int": "Int", "ℤ": "Int"}
NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")
LARGEST = 10_000
"""Numerals beyond this stay as they are: what Lean makes of their neighbours costs too much."""


# -- composition ---------------------------------------------------------------------------------


def substituted(seed: Seed) -> Iterator[Mutant]:
    """A term for a variable, with new variables in it: functions of the header first."""
    goal, names = seed.goal, taken(seed.goal.binders, seed.goal.target)
    for var in data(goal.binders):
        if not mentions(goal.target, var.name):
            continue
        for term, new in terms(seed, var, names):
            binders, target = instantiated(goal.binders, goal.target, {var.name: term}, new)
            yield made("substituted", seed, binders, target, +1)


def terms(seed: Seed, var: Binder, names: set[str]) -> Iterator[tuple[str, list[Binder]]]:
    """Terms of the variable's type, with the variables that they are about."""
    for symbol in functions(seed.goal):
        if symbol.result == var.type:
            args = fresh(names, *(letter(t) for t in symbol.args))
            new = [variable(n, t) for n, t in zip(args, symbol.args, strict=True)]
            yield f"{symbol.name} {' '.join(args)}", new
    for pattern, letters in built_in(var.type):
        args = fresh(names - {var.name}, *letters)
        types = [element(var.type) if n in "xyz" else var.type for n in letters]
        values = dict(zip("ab", args, strict=False))
        yield pattern.format(**values), [variable(n, t) for n, t in zip(args, types, strict=True)]


def built_in(type: str) -> list[tuple[str, Sequence[str]]]:
    """Patterns in `a` and `b`, with names for these."""
    number = NUMBERS.get(type)
    if number == "Nat":
        return [("{a} + {b}", "mn"), ("{a} * {b}", "mn"), ("2 * {a} + 1", "m"), ("{a} ^ 2", "m"),
                ("max {a} {b}", "mn")]  # fmt: skip
    if number == "Int":
        return [("{a} - {b}", "ij"), ("{a} * {b}", "ij"), ("2 * {a} - 3", "i"), ("-{a}", "i"),
                ("{a} ^ 2 + 1", "i"), ("min {a} {b}", "ij")]  # fmt: skip
    if type.startswith("List "):
        return [("{a} ++ {b}", "uv"), ("{a} :: {b}", "xu"), ("List.reverse {a}", "u"),
                ("{a} ++ List.reverse {a}", "u"), ("{b} ++ [{a}]", "xu")]  # fmt: skip
    if type == "Bool":
        return [("{a} && {b}", "pq"), ("{a} ^^ {b}", "pq"), ("!{a}", "p")]
    return []


def letter(type: str) -> str:
    by_type = {"Nat": "m", "Int": "i", "Bool": "p"}
    return by_type.get(NUMBERS.get(type, type), "u" if type.startswith("List") else "s")


def element(type: str) -> str:
    inner = type.removeprefix("List ")
    return inner[1:-1] if inner.startswith("(") else inner


def variable(name: str, type: str) -> Binder:
    return Binder(name, type, False)


# -- generalisation ------------------------------------------------------------------------------


def generalised(seed: Seed) -> Iterator[Mutant]:
    """A numeral becomes a variable, with nothing known of it or with what is true of the numeral.

    Lean finds the variable's type.
    """
    goal = seed.goal
    (k,) = fresh(taken(goal.binders, goal.target), "k")
    for numeral in numerals(seed):
        if int(numeral) < 2:
            continue
        pattern = rf"(?<![\w.]){numeral}(?![\w.])"
        binders = [replace(b, type=re.sub(pattern, k, b.type)) for b in goal.binders]
        target = re.sub(pattern, k, goal.target)
        if not any(mentions(b.type, k) for b in binders if not b.prop):
            for known in ("", f"0 < {k}", f"{numeral} ≤ {k}"):
                given = [Binder(fresh({b.name for b in binders}, "hk")[0], known, True)]
                new = [variable(k, ""), *binders, *(given if known else [])]
                yield made("generalised", seed, new, target, +1)


def numerals(seed: Seed) -> list[str]:
    texts = [*(b.type for b in seed.goal.binders), seed.goal.target]
    found = dict.fromkeys(n for text in texts for n in NUMERAL.findall(text))
    return [n for n in found if int(n) <= LARGEST]


def widened(seed: Seed) -> Iterator[Mutant]:
    """What an induction on it might need: accumulators, loops, repeated terms, neighbours. Of what
    failed too: it may be what the proof lacked."""
    for claim in shapes(seed.goal):
        if claim.kind in ("generalisation", "neighbour", "preserved"):
            failed = seed.standing == "failed"
            yield said("widened", seed, f": {claim.statement}", 0 if failed else +1)


# -- hypotheses and conclusions ------------------------------------------------------------------


def dropped(seed: Seed) -> Iterator[Mutant]:
    """One hypothesis less."""
    for gone in props(seed.goal.binders):
        binders = [b for b in seed.goal.binders if b is not gone]
        yield made("dropped", seed, binders, seed.goal.target, +1)


WEAKER = {"<": ("≤", "≠"), "=": ("≤", "≥"), "≤": (), "≠": (), ">": ("≥", "≠")}
STRONGER = {"≤": ("<", "="), "≥": (">", "="), "≠": ("<",), "∣": ("=",)}


def weakened(seed: Seed) -> Iterator[Mutant]:
    """A hypothesis that says less: a weaker relation, a part of a conjunction, one more choice."""
    for old in props(seed.goal.binders):
        for type in weaker(old.type):
            binders = [replace(old, type=type) if b is old else b for b in seed.goal.binders]
            yield made("weakened", seed, binders, seed.goal.target, +1)


def weaker(text: str) -> Iterator[str]:
    if (split := relation(text)) and numeric(split):
        left, sign, right = split
        if "%" not in left:
            yield from (f"{left} {new} {right}" for new in WEAKER.get(sign, ()))
        if sign in ("<", "≤"):
            yield f"{left} {sign} {plus(right, 1)}"
        if sign == "=" and "%" not in left:
            yield f"{left} = {right} ∨ {left} = {plus(right, 1)}"
        if remainder := re.fullmatch(r"(.*) % (\d+) = (\d+)", text):
            yield f"{remainder[1]} % {remainder[2]} ≠ {(int(remainder[3]) + 1) % int(remainder[2])}"
    several = conjuncts(text)
    if len(several) > 1:
        yield from several


def strengthened(seed: Seed) -> Iterator[Mutant]:
    """A conclusion that says more: a stricter relation, one side of a disjunction, an equivalence
    with the hypothesis that it came from."""
    goal = seed.goal
    split = relation(goal.target)
    if split and numeric(split):
        left, sign, right = split
        signs = STRONGER.get(sign, ())
        for target in (f"{left} {new} {right}" for new in signs):
            yield made("strengthened", seed, goal.binders, target, +1)
        if sign in ("≤", "<"):
            yield made("strengthened", seed, goal.binders, f"{plus(left, 1)} {sign} {right}", +1)
    several = conjuncts(goal.target, "∨") if "∧" not in outer(goal.target) else []
    if len(several) > 1:
        for part in several:
            yield made("strengthened", seed, goal.binders, part, +1)
    yield from converses(seed)


def converses(seed: Seed) -> Iterator[Mutant]:
    """Of a hypothesis and the goal both ways, where the other direction is no matter of course."""
    goal = seed.goal
    if BINDING.search(goal.target) or has(goal.target, ("→", "↔")):
        return
    for h in props(goal.binders):
        if relation(h.type) or conjuncts(h.type) != [h.type]:
            rest = [b for b in goal.binders if b is not h]
            yield made("strengthened", seed, rest, f"{h.type} ↔ {goal.target}", +1)


# -- constants -----------------------------------------------------------------------------------


def changed(seed: Seed) -> Iterator[Mutant]:
    """Another numeral, in one place or wherever it stands; of a sum without variables the result
    is reckoned anew."""
    goal = seed.goal
    if (again := recomputed(goal.target)) is not None and not goal.binders:
        yield from (said("changed", seed, f": {target}", +1) for target in again)
        return
    for numeral in numerals(seed):
        pattern = rf"(?<![\w.]){numeral}(?![\w.])"
        for new in near(int(numeral)):
            binders = [replace(b, type=re.sub(pattern, str(new), b.type)) for b in goal.binders]
            target = re.sub(pattern, str(new), goal.target)
            yield made("changed", seed, binders, target, +1)
            if len(re.findall(pattern, goal.target)) > 0 and binders != list(goal.binders):
                yield made("changed", seed, goal.binders, target, +1)
                yield made("changed", seed, binders, goal.target, +1)


def near(number: int) -> list[int]:
    """Numbers that may do as well: beside it, its double, a prime not far off."""
    found = [number + 1, number - 1, 2 * number, number + 4, 3 * number + 1]
    return [n for n in dict.fromkeys(found) if n > 0 and n != number] if number > 1 else []


REMAINDER = re.compile(r"[\d+*^% ]+")
MOST_DIGITS = 30


def recomputed(target: str) -> list[str] | None:
    """`17 * 18 % 4 = 2` with other numerals and the result that goes with them; None if it is
    nothing that is reckoned here (natural numbers, without brackets)."""
    left, equals, right = target.partition(" = ")
    if not equals or not right.isdigit() or not REMAINDER.fullmatch(left):
        return None
    found = []
    for match in NUMERAL.finditer(left):
        for new in near(int(match[0])):
            changed = left[: match.start()] + str(new) + left[match.end() :]
            value = reckoned(changed)
            if value is not None:
                found.append(f"{changed} = {value}")
    return found


def reckoned(text: str) -> int | None:
    """The value by Lean's precedences: `^` to the right, then `*` and `%` from the left, `+`."""
    total = 0
    for term in text.split("+"):
        tokens = re.findall(r"\d+(?: \^ \d+)*|[*%]", term.strip())
        value: int | None = None
        for sign, factor in zip(["*", *tokens[1::2]], tokens[::2], strict=False):
            number = power([int(n) for n in factor.split(" ^ ")]) if factor[0].isdigit() else None
            if number is None or (sign == "%" and number == 0):
                return None
            value = number if value is None else value * number if sign == "*" else value % number
        if value is None or "".join(tokens).replace(" ", "") != term.replace(" ", ""):
            return None
        total += value
    return total


def power(numbers: Sequence[int]) -> int | None:
    value = numbers[-1]
    for base in reversed(numbers[:-1]):
        if value > 1_000:
            return None
        value = base**value
    return value
