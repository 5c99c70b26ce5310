"""Lean values of a type, as text: small ones first, then what a statement's numerals suggest.

A type is text as Lean prints it. Beside core Lean's own data types, functions and propositions,
inductive types and structures of a header are known as far as their declarations are plain. What
is not understood has no values; what is misunderstood does not elaborate, and proves nothing.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product, zip_longest

from prover.lean import source

TOKENS = re.compile(r"\d+|[^\s()×⊕→]+|[()×⊕→]")
NUMERAL = re.compile(r"(?<![\w.])\d+(?![\w.])")
LARGEST = 10_000
"""Values larger than this are left out: a kernel that counts in unary would never end."""
FUEL = 3
"""How deep constructors of a header's types may lie within one another."""


@dataclass(frozen=True)
class Type:
    """A head with arguments; `→`, `×` and `⊕` are heads too."""

    head: str
    args: tuple[Type, ...] = ()


@dataclass(frozen=True)
class Inductive:
    params: tuple[str, ...]
    constructors: tuple[tuple[str, tuple[str, ...]], ...]
    """Short name and the types of its fields; of a structure the name is empty."""


def parse_type(text: str) -> Type | None:
    """None for what is no plain type (binders, terms as arguments, subtypes)."""
    tokens = TOKENS.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        return None
    found = infix(tokens, 0)
    return found[0] if found and found[1] == len(tokens) else None


Parsed = tuple[Type, int] | None
INFIX = {"→": 0, "⊕": 1, "×": 2}
"""All are right associative; a higher number binds closer."""


def infix(tokens: Sequence[str], at: int, least: int = 0) -> Parsed:
    left = application(tokens, at)
    while left and left[1] < len(tokens) and INFIX.get(tokens[left[1]], -1) >= least:
        operator = tokens[left[1]]
        right = infix(tokens, left[1] + 1, INFIX[operator])
        left = (Type(operator, (left[0], right[0])), right[1]) if right else None
    return left


def application(tokens: Sequence[str], at: int) -> Parsed:
    found = atom(tokens, at)
    while found and (more := atom(tokens, found[1])):
        found = Type(found[0].head, (*found[0].args, more[0])), more[1]
    return found


def atom(tokens: Sequence[str], at: int) -> Parsed:
    if at >= len(tokens) or tokens[at] in INFIX or tokens[at] == ")":
        return None
    if tokens[at] != "(":
        return Type(tokens[at]), at + 1
    inner = infix(tokens, at + 1)
    closed = inner and inner[1] < len(tokens) and tokens[inner[1]] == ")"
    return (inner[0], inner[1] + 1) if inner and closed else None


DECLARED = re.compile(
    r"^[ \t]*(?:@\[[^\]]*\]\s*)?(?P<kind>inductive|structure)\s+(?P<name>[^\s:({\[]+)(?P<rest>.*?)"
    r"(?=^(?:\S)|\Z)",
    re.MULTILINE | re.DOTALL,
)
GROUP = re.compile(r"[({⦃]([^(){}⦃⦄]*):((?:[^(){}⦃⦄]|\([^()]*\))*)[)}⦄]")
"""Binders in brackets: names, then their type."""


def inductives(header: str) -> dict[str, Inductive]:
    """The header's plain data types by the last part of their names."""
    found = {}
    # Constructors may begin a line, as no command does.
    for match in DECLARED.finditer(re.sub(r"^\|", " |", source.mask(header), flags=re.MULTILINE)):
        body = re.split(r"\bderiving\b", match["rest"])[0]
        before, where, fields = body.partition("where")
        if not where:
            before, bar, fields = body.partition("|")
            fields = bar + fields
        params = tuple(n for names, _ in GROUP.findall(before) for n in names.split())
        made = constructors(fields) if match["kind"] == "inductive" else structure(fields)
        if made is not None:
            found[match["name"].split(".")[-1]] = Inductive(params, made)
    return found


Constructors = tuple[tuple[str, tuple[str, ...]], ...] | None


def constructors(text: str) -> Constructors:
    """`| leaf | node (l r : Tree) : Tree` and `| node : Tree → Tree`."""
    made = []
    for part in [p.strip() for p in text.split("|")[1:]]:
        name, _, rest = part.partition(" ")
        groups = [t.strip() for names, t in GROUP.findall(rest) for _ in names.split()]
        after = GROUP.sub(" ", rest).strip()
        arrows = parse_type(after.removeprefix(":")) if after.startswith(":") else None
        if after and arrows is None:
            return None
        made.append((name.strip(":"), (*groups, *(show(t) for t in domains(arrows)))))
    return tuple(made)


def domains(arrows: Type | None) -> list[Type]:
    if arrows is None or arrows.head != "→":
        return []
    return [arrows.args[0], *domains(arrows.args[1])]


def structure(text: str) -> Constructors:
    """Fields `x y : Nat`, one row a line."""
    types: list[str] = []
    for line in filter(str.strip, text.split("\n")):
        names, colon, type = line.strip().strip("()").partition(":")
        if not colon or ":=" in line:
            return None
        types += [type.strip()] * len(names.split())
    return (("", tuple(types)),)


def show(type: Type) -> str:
    if type.head in INFIX:
        return f"({show(type.args[0])} {type.head} {show(type.args[1])})"
    return f"({' '.join([type.head, *(show(a) for a in type.args)])})" if type.args else type.head


def fair(columns: Sequence[Sequence[str]], most: int) -> list[tuple[str, ...]]:
    """The first few tuples, those of early entries before those of late ones."""
    cut = [column[:12] for column in columns]
    ranked = sorted(product(*(range(len(c)) for c in cut)), key=lambda t: (sum(t), t))
    return [tuple(c[i] for c, i in zip(cut, t, strict=True)) for t in ranked[:most]]


@dataclass
class Values:
    """Values for one statement: `near` is what its numerals suggest, `more` what chance adds."""

    types: Mapping[str, Inductive] = field(default_factory=dict)
    near: Sequence[int] = ()
    chance: random.Random | None = None

    def of(self, text: str, most: int) -> list[str]:
        """At most so many values of a type, none if it is not understood."""
        type = parse_type(text)
        return list(dict.fromkeys(self.made(type, most, FUEL)))[:most] if type else []

    def made(self, type: Type, most: int, fuel: int) -> list[str]:
        head = type.head.split(".")[-1]
        if head in PLAIN and not type.args:
            return PLAIN[head]
        if head in ("Nat", "ℕ") and not type.args:
            return [str(n) for n in self.numbers(most) if n >= 0]
        if head in ("Int", "ℤ") and not type.args:
            return [str(n) if n >= 0 else f"({n})" for n in self.integers(most)]
        if head in ("Fin", "BitVec") and type.args and type.args[0].head.isdigit():
            bound = int(type.args[0].head)
            bound = 2 ** min(bound, 16) if head == "BitVec" else bound
            return [str(n) for n in self.numbers(most) if 0 <= n < bound]
        if head in MAKERS and len(type.args) == MAKERS[head][0]:
            inner = [self.made(a, most, fuel) for a in type.args]
            return MAKERS[head][1](inner, most) if all(inner) else []
        if head == "→":
            return functions(type, self.made(type.args[1], 4, fuel))
        if head in self.types and fuel >= 0:
            return self.built(self.types[head], type, most, fuel - 1)
        return []

    def numbers(self, most: int) -> list[int]:
        small = list(range(most))
        if self.chance is None:
            return small
        drawn = [self.chance.randrange(4, 40) for _ in range(most)]
        mixed = [*self.near[: most - 1], *drawn[: max(1, most - len(self.near))]]
        return list(dict.fromkeys(n for n in [*mixed, *small] if n <= LARGEST))

    def integers(self, most: int) -> list[int]:
        if self.chance is None:
            return [0, *(s * n for n in range(1, most) for s in (1, -1))]
        found = self.numbers(most)
        return [n if i % 2 == 0 else -n for i, n in enumerate(found)]

    def built(self, of: Inductive, type: Type, most: int, fuel: int) -> list[str]:
        """Constructors applied to values, in turns; those with the fewest fields first."""
        if len(of.params) != len(type.args):
            return []
        actual = dict(zip(of.params, map(show, type.args), strict=True))
        rows: list[list[str]] = []
        each = max(2, most)
        for name, fields in sorted(of.constructors, key=lambda c: len(c[1])):
            types = [parse_type(substituted(f, actual)) for f in fields]
            columns = [self.made(t, each, fuel) if t else [] for t in types]
            if all(columns):
                rows.append([applied(name, row) for row in fair(columns, each)])
        return [value for turn in zip_longest(*rows) for value in turn if value is not None]


def substituted(text: str, names: Mapping[str, str]) -> str:
    """The text with names, where they stand alone, replaced."""
    for old, new in names.items():
        text = re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w'])", lambda _, new=new: new, text)  # type: ignore[misc]
    return text


def applied(name: str, fields: Sequence[str]) -> str:
    if not name:
        return f"⟨{', '.join(fields)}⟩"
    return f"(.{name} {' '.join(fields)})" if fields else f".{name}"


PLAIN = {
    "Bool": ["false", "true"],
    "Unit": ["()"],
    "PUnit": ["⟨⟩"],
    "Prop": ["False", "True"],
    "Type": ["Bool", "Nat"],
    "String": ['""', '"a"', '"ba"', '"ab"', '" a"'],
    "Char": ["'a'", "'b'", "' '", "'A'"],
    "Ordering": [".lt", ".eq", ".gt"],
}


def functions(type: Type, results: Sequence[str]) -> list[str]:
    """Constant ones, and of numbers and Booleans those that tell arguments apart."""
    into, out = type.args
    named = FUNCTIONS.get((into.head, show(out)), []) if not into.args else []
    inner = [f"(fun _ => {value})" for value in results]
    return [*named[:2], *inner[:2], *named[2:], *inner[2:]]


def same(head: str, *more: str) -> dict[tuple[str, str], list[str]]:
    return {(head, head): ["(fun x => x)", *more]}


FUNCTIONS: dict[tuple[str, str], list[str]] = {
    **same("Nat", "(fun x => x + 1)", "(fun x => x / 2)", "(fun x => 2 * x)", "(fun x => 1 - x)"),
    **same("Int", "(fun x => x + 1)", "(fun x => -x)", "(fun x => x / 2)", "(fun x => x * x)"),
    **same("Bool", "(fun x => !x)"),
    ("Nat", "Bool"): ["(fun x => x == 0)", "(fun x => x % 2 == 0)", "(fun x => x == 1)"],
    ("Int", "Bool"): ["(fun x => x == 0)", "(fun x => x % 2 == 0)", "(fun x => decide (0 < x))"],
    ("Nat", "Int"): ["(fun x => x)", "(fun x => 1 - x)"],
    ("Int", "Nat"): ["(fun x => x.natAbs)", "(fun x => x.toNat)"],
    ("Bool", "Nat"): ["(fun x => x.toNat)"],
    ("Nat", "Prop"): ["(fun x => x = 0)", "(fun x => x ≠ 0)"],
    ("Int", "Prop"): ["(fun x => x = 0)", "(fun x => x ≠ 0)"],
    ("Bool", "Prop"): ["(fun x => x = true)", "(fun x => x = false)"],
    ("Nat", "(Nat → Prop)"): ["(fun x y => x = y)", "(fun x y => x < y)", "(fun x y => x ≤ y)"],
    ("Bool", "(Bool → Prop)"): ["(fun x y => x = y)", "(fun x y => x ≠ y)"],
    ("Nat", "(Nat → Nat)"): ["(fun x y => x + y)", "(fun x _ => x)", "(fun x y => x - y)"],
    ("Bool", "(Bool → Bool)"): ["(fun x y => x && y)", "(fun x _ => x)", "(fun x y => x != y)"],
}


def lists(columns: Sequence[Sequence[str]], most: int, mark: str = "") -> list[str]:
    """Short ones of early values, in and out of order."""
    a, b, c = (columns[0][i % len(columns[0])] for i in range(3))
    rows = [[], [a], [b], [a, b], [b, a], [a, a], [b, a, c], [c, b], [a, c, b], [c, b, a, b]]
    return [f"{mark}[{', '.join(row)}]" for row in rows][: max(most, 1)]


def options(columns: Sequence[Sequence[str]], most: int) -> list[str]:
    return ["none", *(f"(some {v})" for v in columns[0])]


def pairs(columns: Sequence[Sequence[str]], most: int) -> list[str]:
    return [f"({x}, {y})" for x, y in fair(columns, most)]


def sums(columns: Sequence[Sequence[str]], most: int) -> list[str]:
    left, right = columns
    both = zip(left, right, strict=False)
    return [text for x, y in both for text in (f"(.inl {x})", f"(.inr {y})")]


def results(columns: Sequence[Sequence[str]], most: int) -> list[str]:
    errors, values = columns
    return [f"(.error {errors[0]})", *(f"(.ok {v})" for v in values)]


Maker = Callable[[Sequence[Sequence[str]], int], list[str]]
MAKERS: dict[str, tuple[int, Maker]] = {
    "List": (1, lists),
    "Array": (1, lambda columns, most: lists(columns, most, "#")),
    "Option": (1, options),
    "Prod": (2, pairs),
    "×": (2, pairs),
    "⊕": (2, sums),
    "Sum": (2, sums),
    "Except": (2, results),
}


def neighbours(text: str) -> list[int]:
    """The numerals of a text that are not small, with the numbers beside them and their roots."""
    found = [int(n) for n in NUMERAL.findall(text)]
    near = [m for n in sorted(set(found)) if n > 2 for m in (n, n - 1, n + 1)]
    near += [math.isqrt(n) for n in near[::3] if n > 50]
    return [n for n in dict.fromkeys(near) if n <= LARGEST]
