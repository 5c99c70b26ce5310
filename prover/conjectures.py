"""Conjectures about a header's definitions: theory exploration in the manner of QuickSpec; pure.

Terms are enumerated by size over the header's functions, constructors and a few operations of the
types they speak of, each variable standing in a term at most once. Lean evaluates them on a few
values; terms that come out alike everywhere make an equation, and only the first of them goes into
larger terms (Claessen, Smallbone, Hughes, QuickSpec, TAP 2010; Johansson et al., Hipster, CICM
2014). What values do not tell apart may still be different: an equation is a conjecture.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product

from prover.digest import sha256
from prover.lean import source
from prover.types import Goal
from prover.values import DECLARED, GROUP, NUMERAL, Type, Values, inductives, parse_type, show

SIZES = (3, 4, 5)
"""Terms are evaluated in rounds, up to so many symbols and variables."""
MOST_TERMS = 60
"""Of one type in one round."""
MOST_MADE = 20_000
"""Terms of one size, of which those are taken."""
ROWS = 40
"""Of one table: Lean cuts short what it prints of longer ones."""
SAMPLES = 12
"""Values of each term, under as many assignments."""
LARGEST = 4
"""Numeral in a value."""
NAMES = 2
"""Variables of one type."""
MOST = 16
"""Conjectures of one header."""


@dataclass(frozen=True)
class Symbol:
    name: str
    args: tuple[str, ...]
    """Types of the arguments, as text."""
    result: str
    kind: str = "header"
    """`header`, `constructor`, `infix` or `variable`."""


@dataclass(frozen=True)
class Term:
    head: Symbol
    args: tuple[Term, ...] = ()

    @cached_property
    def size(self) -> int:
        return 1 + sum(arg.size for arg in self.args)

    @cached_property
    def variables(self) -> tuple[Symbol, ...]:
        """In the order in which they stand."""
        found = [self.head] if self.head.kind == "variable" else []
        return tuple(dict.fromkeys([*found, *(v for arg in self.args for v in arg.variables)]))

    @cached_property
    def text(self) -> str:
        args = [a.text if not a.args else f"({a.text})" for a in self.args]
        return f" {self.head.name} ".join(args) if self.infix else " ".join([self.head.name, *args])

    @property
    def infix(self) -> bool:
        return self.head.kind == "infix"

    def parts(self) -> Iterator[Term]:
        yield self
        for arg in self.args:
            yield from arg.parts()


@dataclass(frozen=True)
class Conjecture:
    left: Term
    right: Term

    @property
    def statement(self) -> str:
        variables = dict.fromkeys([*self.left.variables, *self.right.variables])
        binders = " ".join(f"({v.name} : {v.result})" for v in variables)
        claim = f"{self.left.text} = {self.right.text}"
        return f"∀ {binders}, {claim}" if binders else claim

    def shuffles(self) -> bool:
        kept = [v for v in self.left.variables if v in self.right.variables]
        return kept != list(self.right.variables)


# -- what a header offers ------------------------------------------------------------------------

FUNCTION = re.compile(
    r"^[ \t]*(?:@\[[^\]]*\]\s*)?def\s+(?P<name>[^\s:({\[]+)(?P<binders>[^:|]*?(?:\([^()]*\)\s*)*)"
    r":(?!=)(?P<type>[^|\n]*?)\s*(?=:=|\||\n|\Z)",
    re.MULTILINE,
)


def plain(text: str) -> tuple[tuple[str, ...], str] | None:
    """Argument types and result of an arrow type without variables."""
    type = parse_type(text)
    args: list[str] = []
    while type is not None and type.head == "→":
        args.append(bare(type.args[0]))
        type = type.args[1]
    return (tuple(args), bare(type)) if type else None


def bare(type: Type) -> str:
    text = show(type)
    return text[1:-1] if text.startswith("(") else text


def functions(goal: Goal) -> list[Symbol]:
    """The header's functions that the goal rests on, as far as their types are plain."""
    found = []
    for match in FUNCTION.finditer(source.mask(goal.header)):
        names = [d for d in goal.definitions if d.split(".")[-1] == match["name"].split(".")[-1]]
        shape = plain(match["type"])
        groups = GROUP.findall(match["binders"])
        if not names or shape is None or re.search(r"[{\[]", match["binders"]):
            continue
        before = [t.strip() for vs, t in groups for _ in vs.split()]
        known = [plain(t) for t in before]
        if all(known) and shape[1] != "Prop" and not re.match(r"Type|Sort", shape[1]):
            found.append(Symbol(names[0], (*before, *shape[0]), shape[1]))
    return [f for f in found if f.args]


def makers(goal: Goal) -> list[Symbol]:
    """Constructors of the header's types that take no parameters."""
    full = {
        m["name"].split(".")[-1]: m["name"] for m in DECLARED.finditer(source.mask(goal.header))
    }
    return [
        Symbol(f"{full[type]}.{name}", fields, full[type], "constructor")
        for type, declared in inductives(goal.header).items()
        if not declared.params and type in full
        for name, fields in declared.constructors
        if name
    ]


def operations(results: Iterable[str], taken: Iterable[str]) -> list[Symbol]:
    """What Lean has for the types of results; of those that are only taken, constants."""
    found = []
    for type in taken:
        if type in ("Nat", "Int"):
            found += [Symbol("0", (), type, "constructor")]
        if type.startswith("List "):
            found += [Symbol("[]", (), type, "constructor")]
    for type in results:
        if type == "Bool":
            found += [Symbol(op, ("Bool", "Bool"), "Bool", "infix") for op in ("&&", "||", "==")]
        if type in ("Nat", "Int"):
            found += [Symbol("1", (), type, "constructor")]
            found += [Symbol(op, (type, type), type, "infix") for op in ("+", "*")]
        if type.startswith("List "):
            element = type.removeprefix("List ")
            element = element[1:-1] if element.startswith("(") else element
            found += [Symbol("::", (element, type), type, "infix")]
            found += [Symbol("++", (type, type), type, "infix")]
    return found


LETTERS = {"Nat": "mnk", "Int": "ijk", "Bool": "pqr"}


def variables(symbols: Sequence[Symbol]) -> list[Symbol]:
    """A few for each type that something takes, under names that nothing else has."""
    types = dict.fromkeys(t for s in symbols for t in s.args)
    return [
        Symbol(f"{LETTERS.get(type, 'abc')[i]}{number or ''}", (), type, "variable")
        for number, type in enumerate(types)
        for i in range(NAMES)
    ]


# -- terms ---------------------------------------------------------------------------------------


class Theory:
    """What is known of a header's terms so far."""

    def __init__(self, goal: Goal) -> None:
        own = functions(goal)
        used = dict.fromkeys(t for s in own for t in (s.result, *s.args) if "→" not in t)
        results = dict.fromkeys(s.result for s in own)
        self.symbols = [*makers(goal), *operations(results, used), *own]
        self.variables = variables(self.symbols) if own else []
        self._chance = random.Random(sha256(goal.header))
        # Not all of them zero, nor so large that a recursion would not end.
        self._values = Values(inductives(goal.header), (2, 1, 3, 0), self._chance)
        self.columns = {v: self._column(v) for v in self.variables}
        self.variables = [v for v in self.variables if self.columns[v]]
        self.terms: list[Term] = []
        """Of all sizes so far, those that nothing smaller equals."""
        self._rules: list[Conjecture] = []
        self._first: dict[tuple[str, ...], Term] = {}

    def _column(self, variable: Symbol) -> list[str]:
        found = self._values.of(variable.result, 4 * SAMPLES)
        found = [v for v in found if all(int(n) <= LARGEST for n in NUMERAL.findall(v))]
        if not found:
            return []
        some = [*found[: SAMPLES // 2], *self._chance.choices(found, k=SAMPLES)][:SAMPLES]
        return self._chance.sample(some, SAMPLES)

    def round(self, size: int) -> list[Term]:
        """Terms of this size at most that are new, each variable once, the plainest first."""
        known = set(self.terms)
        levels: dict[int, list[Term]] = {}
        for term in self.terms:
            levels.setdefault(term.size, []).append(term)
        low = max(levels, default=0) + 1
        fresh: list[Term] = []
        for now in range(low, size + 1):
            made = [t for t in islice(self._made(now, levels), MOST_MADE) if t not in known]
            levels[now] = made
            fresh += made
        fresh = [t for t in fresh if self._plain(t) and (t.variables or t.size < 3)]
        fresh.sort(key=lambda t: (t.size, -speaks(t)))
        types = dict.fromkeys(t.head.result for t in fresh)
        return [
            t for type in types for t in [t for t in fresh if t.head.result == type][:MOST_TERMS]
        ]

    def _made(self, size: int, levels: Mapping[int, Sequence[Term]]) -> Iterator[Term]:
        if size == 1:
            yield from (Term(v) for v in self.variables)
        for symbol in self.symbols:
            for sizes in splits(size - 1, len(symbol.args)):
                rows = [
                    [t for t in levels.get(n, ()) if t.head.result == type]
                    for n, type in zip(sizes, symbol.args, strict=True)
                ]
                for args in product(*rows):
                    if linear(args):
                        yield Term(symbol, args)

    def learn(self, values: Mapping[Term, tuple[str, ...]]) -> None:
        """What the terms of a round came out as, one value an assignment."""
        for term, row in values.items():
            key = (term.head.result, *row)
            first = self._first.get(key)
            if first is None:
                self._first[key] = term
                self.terms += self._renamings(term)
            else:
                self._add(oriented(first, term))

    def _renamings(self, term: Term) -> list[Term]:
        """The term, and with each variable that is the only one of its type renamed."""
        found = [term]
        for old in term.variables:
            same = [v for v in self.variables if v.result == old.result]
            if sum(v in term.variables for v in same) == 1:
                found += [filled(t, {old: Term(v)}) for t in found for v in same if v != old]
        return found

    def _plain(self, term: Term) -> bool:
        """Its variables are the first of their types; what a renaming makes of others is known."""
        used = set(term.variables)
        return all(
            v in used or not any(w in used for w in self.variables[i + 1 :] if w.result == v.result)
            for i, v in enumerate(self.variables)
        )

    def _add(self, found: Conjecture) -> None:
        """Unless it follows from what was found before by rewriting alone."""
        if any(instance(old, found) for old in self._rules):
            return
        if self._normal(found.left) != self._normal(found.right):
            self._rules.append(found)

    def _normal(self, term: Term) -> Term:
        made = Term(term.head, tuple(self._normal(arg) for arg in term.args))
        for rule in self._rules:
            found: dict[Symbol, Term] = {}
            if matches(rule.left, made, found):
                result = filled(rule.right, found)
                if rank(result) < rank(made):
                    return self._normal(result)
        return made

    @property
    def conjectures(self) -> list[Conjecture]:
        """What says something of the header, and of no variable on the right alone; first what
        keeps the variables in their order, since the rest may rest on a commutation."""
        found = [
            c
            for c in self._rules
            if speaks(c.left) + speaks(c.right) and set(c.right.variables) <= set(c.left.variables)
        ]
        return sorted(found[:MOST], key=Conjecture.shuffles)


def splits(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 0:
        if total == 0:
            yield ()
        return
    for first in range(1, total - parts + 2):
        for rest in splits(total - first, parts - 1):
            yield (first, *rest)


def linear(args: Sequence[Term]) -> bool:
    seen: set[Symbol] = set()
    for arg in args:
        if seen & set(arg.variables):
            return False
        seen |= set(arg.variables)
    return True


def speaks(term: Term) -> int:
    """How often it uses the header's functions."""
    return sum(part.head.kind == "header" for part in term.parts())


def rank(term: Term) -> tuple[int, bool, str]:
    """Larger terms, and what a function of the header heads, are rewritten to the others."""
    return term.size, term.head.kind == "header", term.text


def oriented(first: Term, term: Term) -> Conjecture:
    one, other = sorted((first, term), key=rank)
    return Conjecture(other, one)


def instance(general: Conjecture, special: Conjecture) -> bool:
    for one, other in ((special.left, special.right), (special.right, special.left)):
        found: dict[Symbol, Term] = {}
        if matches(general.left, one, found) and matches(general.right, other, found):
            return True
    return False


def filled(pattern: Term, found: Mapping[Symbol, Term]) -> Term:
    if pattern.head.kind == "variable":
        return found.get(pattern.head, pattern)
    return Term(pattern.head, tuple(filled(arg, found) for arg in pattern.args))


def matches(pattern: Term, term: Term, found: dict[Symbol, Term]) -> bool:
    if pattern.head.kind == "variable":
        same = pattern.head.result == term.head.result
        return same and found.setdefault(pattern.head, term) == term
    return pattern.head == term.head and all(
        matches(p, t, found) for p, t in zip(pattern.args, term.args, strict=True)
    )


# -- what Lean is asked --------------------------------------------------------------------------


def tables(theory: Theory, terms: Sequence[Term]) -> list[tuple[str, list[Term]]]:
    """A term for Lean to evaluate for each type, and whose values it lists."""
    by_type: dict[str, list[Term]] = {}
    for term in terms:
        by_type.setdefault(term.head.result, []).append(term)
    used = [v for v in theory.variables if any(v in t.variables for t in terms)]
    binders = " ".join(f"({v.name} : {v.result})" for v in used)
    domain = "".join(f"({v.result}) → " for v in used)
    rows = []
    chunks = [
        (type, group[at : at + ROWS])
        for type, group in by_type.items()
        for at in range(0, len(group), ROWS)
    ]
    for type, group in chunks:
        bodies = ", ".join(f"fun {binders} => {t.text}" if used else t.text for t in group)
        calls = ", ".join(
            " ".join(["f", *(theory.columns[v][i] for v in used)]) for i in range(SAMPLES)
        )
        rows.append((f"([{bodies}] : List ({domain}{type})).map fun f => [{calls}]", group))
    return rows


def evaluation(table: str) -> str:
    """A body that fails, its values in the goal at which it does."""
    return f"by\n  have values : ({table}) = [] := by\n    conv => lhs; reduce\n    fail"


def read_table(target: str, group: Sequence[Term]) -> dict[Term, tuple[str, ...]]:
    """The values in the goal at which an evaluation failed; none if it is not what was asked."""
    text = " ".join(target.rpartition("⊢")[2].split()).removesuffix(" = []")
    rows = [tuple(items(row)) for row in items(text)]
    right = len(rows) == len(group) and all(len(row) == SAMPLES for row in rows)
    cut = "⋯" in text
    return dict(zip(group, rows, strict=True)) if right and not cut else {}


BRACKETS = {"(": 1, "[": 1, "{": 1, "⟨": 1, ")": -1, "]": -1, "}": -1, "⟩": -1}


def items(text: str) -> list[str]:
    """The elements of a list as it is printed."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return []
    found, depth, at = list[str](), 0, 1
    for i, char in enumerate(text[1:-1], 1):
        depth += BRACKETS.get(char, 0)
        if char == "," and depth == 0:
            found.append(text[at:i].strip())
            at = i + 1
    last = text[at:-1].strip()
    return [*found, last] if last else found
