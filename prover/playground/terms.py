"""The small term language that statements are composed in: printed as Lean, reckoned in Python.

A term that can be reckoned can be tested before Lean is asked, so a family may draw claims freely
and keep those that hold on small values, as theory exploration does (QuickSpec: Claessen,
Smallbone, Hughes, TAP 2010), and near-misses of them. What is true Lean alone says.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

Value = Any
"""An int, a bool, a tuple for a list, None or nested tuples for a tree, a function."""
Env = Mapping[str, Value]
Reckoner = Callable[[Env], Value]


@dataclass(frozen=True)
class Term:
    """A leaf (a numeral, a name, a type) or a head applied to arguments.

    `∸` is subtraction of natural numbers; a head that begins with `.` is written behind its first
    argument, as in `xs.length`.
    """

    head: str
    args: tuple[Term, ...] = ()

    def __add__(self, other: Term | int) -> Term:
        return Term("+", (self, lift(other)))

    def __mul__(self, other: Term | int) -> Term:
        return Term("*", (self, lift(other)))

    def __sub__(self, other: Term | int) -> Term:
        return Term("-", (self, lift(other)))

    def __mod__(self, other: Term | int) -> Term:
        return Term("%", (self, lift(other)))

    def __pow__(self, other: Term | int) -> Term:
        return Term("^", (self, lift(other)))

    def __call__(self, *args: Term) -> Term:
        return Term(self.head, args)

    def eq(self, other: Term | int) -> Term:
        return Term("=", (self, lift(other)))

    def le(self, other: Term | int) -> Term:
        return Term("≤", (self, lift(other)))

    def lt(self, other: Term | int) -> Term:
        return Term("<", (self, lift(other)))

    def implies(self, other: Term) -> Term:
        return Term("→", (self, other))

    def __str__(self) -> str:
        return show(self)


def lift(value: Term | int) -> Term:
    return Term(str(value)) if isinstance(value, int) else value


def op(head: str, *args: Term | int) -> Term:
    return Term(head, tuple(lift(a) for a in args))


def joined(head: str, terms: Sequence[Term]) -> Term:
    """`a + b + c`, or for a connective `p ∧ q ∧ r`, nested as Lean reads it without brackets."""
    if INFIX[head][1] > INFIX[head][0]:  # right associative
        return terms[0] if len(terms) == 1 else Term(head, (terms[0], joined(head, terms[1:])))
    found = terms[0]
    for term in terms[1:]:
        found = Term(head, (found, term))
    return found


def scaled(factor: int, term: Term) -> Term:
    return term if factor == 1 else lift(factor) * term


def fun(name: str, body: Term) -> Term:
    return Term("fun", (Term(name), body))


def every(name: str, type: str, body: Term) -> Term:
    return Term("∀", (Term(name), Term(type), body))


def some(name: str, type: str, body: Term) -> Term:
    return Term("∃", (Term(name), Term(type), body))


INFIX: dict[str, tuple[int, int, int]] = {
    "+": (65, 65, 66), "-": (65, 65, 66), "∸": (65, 65, 66),
    "*": (70, 70, 71), "/": (70, 70, 71), "%": (70, 70, 71), "^": (75, 76, 75),
    "++": (65, 65, 66), "::": (67, 68, 67), "^^": (33, 34, 34),
    "&&": (35, 35, 36), "||": (30, 30, 31), "==": (50, 51, 51),
    "=": (50, 51, 51), "≠": (50, 51, 51), "≤": (50, 51, 51), "<": (50, 51, 51),
    "∣": (50, 51, 51), "∈": (50, 51, 51),
    "∧": (35, 36, 35), "∨": (30, 31, 30), "→": (25, 26, 25), "↔": (20, 21, 21),
    "∘": (90, 91, 90),
}  # fmt: skip
"""Of an operator and of its arguments: Lean's own precedences."""
MAX, APPLIED = 1024, 1023
WRITTEN = {"∸": "-"}


def show(term: Term, least: int = 0) -> str:
    """As Lean source; in brackets if it binds less than `least`."""
    text, binds = written(term)
    return f"({text})" if binds < least else text


def written(term: Term) -> tuple[str, int]:
    head, args = term.head, term.args
    if not args:
        return head, 75 if head.startswith("-") else MAX
    if head == "::" and (items := literal(term)):
        return f"[{', '.join(show(item) for item in items)}]", MAX
    if head in INFIX and len(args) == 2:
        own, left, right = INFIX[head]
        return f"{show(args[0], left)} {WRITTEN.get(head, head)} {show(args[1], right)}", own
    if head in ("¬", "!", "-"):
        tight = {"¬": (40, "¬ "), "!": (40, "!"), "-": (75, "-")}[head]
        return f"{tight[1]}{show(args[0], MAX if head == '!' else tight[0])}", tight[0]
    if head in ("∀", "∃"):
        return f"{head} {args[0]} : {args[1]}, {show(args[2])}", 1
    if head == "fun":
        return f"fun {args[0]} => {show(args[1])}", 1
    if head == "if":
        return f"if {show(args[0])} then {show(args[1])} else {show(args[2])}", 1
    if head.startswith("."):
        rest = "".join(f" {show(a, MAX)}" for a in args[1:])
        return f"{show(args[0], MAX)}{head}{rest}", APPLIED if rest else MAX
    return f"{head}{''.join(f' {show(a, MAX)}' for a in args)}", APPLIED


def literal(term: Term) -> list[Term]:
    """The items of `x :: y :: []`; none if it ends in anything else."""
    items = []
    while term.head == "::":
        items.append(term.args[0])
        term = term.args[1]
    return items if term.head == "[]" else []


def quotient(a: int, b: int) -> int:
    return a // b if b else 0


def remainder(a: int, b: int) -> int:
    return a % b if b else a


def divides(a: int, b: int) -> bool:
    return b % a == 0 if a else b == 0


MEANINGS: dict[str, Callable[..., Value]] = {
    "+": operator.add, "*": operator.mul, "∸": lambda a, b: max(a - b, 0),
    "/": quotient, "%": remainder, "^": lambda a, b: a**min(b, 60),
    "Nat.gcd": math.gcd, "Nat.lcm": math.lcm, "max": max, "min": min, "Nat.succ": lambda a: a + 1,
    "++": operator.add, "::": lambda a, b: (a, *b), "∈": lambda a, b: a in b,
    ".length": len, ".reverse": lambda a: a[::-1], ".sum": sum,
    ".map": lambda a, f: tuple(f(x) for x in a), ".filter": lambda a, f: tuple(filter(f, a)),
    ".take": lambda a, n: a[:n], ".drop": lambda a, n: a[n:],
    ".all": lambda a, f: all(map(f, a)), ".any": lambda a, f: any(map(f, a)),
    ".count": lambda a, x: a.count(x), "List.replicate": lambda n, a: (a,) * n,
    "List.range": lambda n: tuple(range(n)), ".natAbs": abs, ".toNat": int,
    "=": operator.eq, "≠": operator.ne, "≤": operator.le, "<": operator.lt, "∣": divides,
    "==": operator.eq, "-": operator.sub,
    "^^": operator.ne, "!": operator.not_, "¬": operator.not_,
    "↔": operator.eq, "∘": lambda f, g: lambda x: f(g(x)),
    "decide": bool, "some": lambda a: ("some", a),
}  # fmt: skip
CONSTANTS: dict[str, Value] = {"[]": (), "true": True, "false": False, "True": True, "False": False}


def value(term: Term, env: Env) -> Value:
    """Raises KeyError for a name that `env` does not have."""
    return reckoner(term)(env)


def reckoner(term: Term) -> Reckoner:
    """What reckons it: a term that is reckoned often is taken apart only once."""
    head, args = term.head, term.args
    if not args:
        return of_name(head)
    if head in ("∀", "∃"):
        inner = reckoner(args[2])
        name, values = args[0].head, small(args[1].head)
        among = all if head == "∀" else any
        return lambda env: among(inner({**env, name: v}) for v in values)
    if head == "fun":
        name, body = args[0].head, reckoner(args[1])
        return lambda env: lambda x: body({**env, name: x})
    parts = [reckoner(a) for a in args]
    if head == "if":
        test, yes, no = parts
        return lambda env: yes(env) if test(env) else no(env)
    if head in LAZY:
        return LAZY[head](*parts)
    if head == "-" and len(parts) == 1:
        return lambda env: -parts[0](env)
    return applied(head, parts)


def of_name(head: str) -> Reckoner:
    if head.lstrip("-").isdigit():
        number = int(head)
        return lambda env: number
    if head in CONSTANTS:
        constant = CONSTANTS[head]
        return lambda env: constant
    return lambda env: env[head]


LAZY: dict[str, Callable[[Reckoner, Reckoner], Reckoner]] = {
    **dict.fromkeys(("∧", "&&"), lambda p, q: lambda env: bool(p(env)) and q(env)),
    **dict.fromkeys(("∨", "||"), lambda p, q: lambda env: bool(p(env)) or q(env)),
    "→": lambda p, q: lambda env: q(env) if p(env) else True,
}
"""What is not needed is not reckoned."""


def applied(head: str, parts: Sequence[Reckoner]) -> Reckoner:
    if head not in MEANINGS:  # a function of the header
        return lambda env: env[head](*[part(env) for part in parts])
    meaning = MEANINGS[head]
    if len(parts) == 2:
        first, second = parts
        return lambda env: meaning(first(env), second(env))
    return lambda env: meaning(*[part(env) for part in parts])


def small(type: str) -> Sequence[Value]:
    """All values of a finite type, else the first few."""
    if type.startswith("Fin "):
        return range(int(type.removeprefix("Fin ")))
    return {"Bool": (False, True), "Prop": (False, True), "Int": range(-4, 5)}.get(type, range(7))


def drawn(type: str, rng: random.Random) -> Value:
    """A value to test with; small ones more often."""
    if type == "Nat":
        return rng.choice((rng.randrange(4), rng.randrange(12), rng.randrange(40)))
    if type == "Int":
        return rng.choice((rng.randrange(-1, 2), rng.randrange(-3, 4), rng.randrange(-30, 31)))
    if type == "List Nat":
        return tuple(rng.randrange(5) for _ in range(rng.randrange(6)))
    if type == "Tree":
        return tree(rng, 4)
    return rng.choice(small(type))


def tree(rng: random.Random, fuel: int) -> Value:
    """None for a leaf, else (left, label, right)."""
    if not fuel or rng.random() < 0.25:
        return None
    return tree(rng, fuel - 1), rng.randrange(5), tree(rng, fuel - 1)


class OutOfReach(Exception):
    """A value that is too far to be reckoned; it says nothing of the claim."""


def holds(
    goal: Term,
    types: Mapping[str, str],
    rng: random.Random,
    given: Sequence[Term] = (),
    env: Env | None = None,
    tries: int = 80,
) -> bool | None:
    """Does it hold wherever it was tried? None if no values were found that the hypotheses admit.

    Finite types are run through, of others the first few combinations and random ones are tried.
    """  # fmt: skip
    known, met = dict(env or {}), False
    wanted, assumed = reckoner(goal), [reckoner(h) for h in given]
    for values in combinations(types, rng, tries):
        at = {**known, **values}
        try:
            if all(h(at) for h in assumed):
                if not wanted(at):
                    return False
                met = True
        except OutOfReach:
            continue
    return True if met else None


def combinations(
    types: Mapping[str, str], rng: random.Random, tries: int
) -> Iterator[dict[str, Value]]:
    names = list(types)
    if all(t in ("Bool", "Prop") or t.startswith("Fin ") for t in types.values()):
        for row in product(*(small(t) for t in types.values())):
            yield dict(zip(names, row, strict=True))
        return
    for _ in range(tries):
        yield {name: drawn(type, rng) for name, type in types.items()}


def leaves(term: Term) -> set[str]:
    """The names in it, those that it binds included."""
    if not term.args:
        return {term.head}
    return {term.head} | set().union(*(leaves(a) for a in term.args))


def free(term: Term) -> set[str]:
    """The names that stand in it for something outside of it."""
    if term.head in ("∀", "∃"):
        return free(term.args[2]) - {term.args[0].head}
    if term.head == "fun":
        return free(term.args[1]) - {term.args[0].head}
    return {term.head}.union(*(free(a) for a in term.args))


def places(term: Term, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Term]]:
    """Every part of a term with the way to it."""
    yield path, term
    for i, arg in enumerate(term.args):
        yield from places(arg, (*path, i))


def put(term: Term, path: Sequence[int], new: Term) -> Term:
    """The term with another part at a place."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    args = tuple(put(a, rest, new) if i == first else a for i, a in enumerate(term.args))
    return replace(term, args=args)


def filled(term: Term, names: Mapping[str, Term]) -> Term:
    """Names replaced by terms; what is bound in the term is not looked after."""
    if not term.args:
        return names.get(term.head, term)
    head = names[term.head].head if term.head in names else term.head
    return Term(head, tuple(filled(a, names) for a in term.args))


SWAPS = {"<": "≤", "≤": "<", "+": "*", "*": "+", "∧": "∨", "∨": "∧", "∀": "∃", "∃": "∀",
         "max": "min", "min": "max", "&&": "||", "||": "&&", "↔": "→"}  # fmt: skip


def perturbed(term: Term, rng: random.Random) -> Term:
    """A near-miss: one numeral is off by one, or one operator is another one."""
    spots = [
        (path, part)
        for path, part in places(term)
        if (not part.args and part.head.isdigit()) or (part.args and part.head in SWAPS)
    ]
    if not spots:
        return term
    path, part = rng.choice(spots)
    if part.args:
        return put(term, path, replace(part, head=SWAPS[part.head]))
    number = int(part.head)
    return put(term, path, lift(number + 1 if number < 2 else number + rng.choice((-1, 1))))
