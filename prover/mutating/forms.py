"""Statements as binders and a conclusion, and text that is put together from them; pure.

What is worked on is what Lean printed of a goal it had elaborated, one binder at a time. What is
made is text again: a mutant is what Lean elaborates of it, and what it does not is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from prover.lean import source
from prover.number_scripts import word
from prover.types import Binder, Goal

Standing = Literal["solved", "failed", "refuted"]

WORD = re.compile(r"[^\W\d][\w'!?]*")
ATOM = re.compile(r"[\w.'!?]+|\[\]")
BINDING = re.compile(r"[∀∃λ∑∏]|(?<![\w.])(?:fun|if|match|let|have)(?![\w'])|\|")
"""What binds variables or has a layout of its own: such text is not taken apart."""
RELATIONS = ("=", "≤", "<", "≥", ">", "≠", "∣", "↔", "∈")
CONNECTIVES = ("→", "∧", "∨", "↔", ",")
OPEN, CLOSED = "([{⟨", ")]}⟩"


@dataclass(frozen=True)
class Seed:
    """A goal of a run that mutants are made from."""

    name: str
    """Of the problem, or of the hole's theorem."""
    goal: Goal
    standing: Standing
    family: str = "mutated"
    level: int = 1
    body: str = ""
    """A proof of it that needs no lemmas, if it has one."""
    proof: str = ""
    """The whole proof as a Lean file, header left out, for who reads it."""

    @property
    def text(self) -> str:
        return signature(self.goal.binders, self.goal.target)


@dataclass(frozen=True)
class Mutant:
    """A statement that may be a problem; nothing is known of it before Lean has read it."""

    how: str
    text: str
    """What follows a theorem's name: `binders : type`."""
    header: str
    parents: tuple[str, ...]
    family: str
    level: int
    bodies: tuple[str, ...] = ()
    """Proofs of its parents, which may do for it too."""
    only_proved: bool = False
    """It is worth having only where Lean proves it."""


def made(how: str, seed: Seed, binders: Sequence[Binder], target: str, harder: int = 0) -> Mutant:
    """A mutant of one seed; what it says nothing of any more is left out."""
    return said(how, seed, signature(pruned(binders, target), target), harder)


def said(how: str, seed: Seed, text: str, harder: int = 0) -> Mutant:
    level = max(1, seed.level + harder)
    bodies = (seed.body,) if seed.body else ()
    return Mutant(how, text, seed.goal.header, (seed.name,), seed.family, level, bodies)


# -- text of a statement -------------------------------------------------------------------------


def signature(binders: Sequence[Binder], target: str) -> str:
    """`(a b : Nat) (h : a < b) : a + 1 ≤ b`; neighbours of one type share their brackets."""
    groups: list[tuple[list[str], Binder]] = []
    for binder in binders:
        alike = groups and not binder.prop and groups[-1][1].type == binder.type
        if alike and not groups[-1][1].prop:
            groups[-1][0].append(binder.name)
        else:
            groups.append(([binder.name], binder))
    parts = [bracketed(" ".join(names), binder) for names, binder in groups]
    return " ".join([*parts, ":", target])


def after_name(statement: str) -> str:
    """`theorem a (x : Nat) : x = x` -> `(x : Nat) : x = x`."""
    begins = source.theorems(statement)
    return statement[begins[0].end("name") :].strip() if begins else statement


def bracketed(names: str, binder: Binder) -> str:
    inner = f"{names} : {binder.type}" if binder.type else names
    return f"{{{inner}}}" if binder.head == "Sort" and not binder.prop else f"({inner})"


def words(text: str) -> set[str]:
    return set(WORD.findall(text))


def mentions(text: str, name: str) -> bool:
    return re.search(word(name), text) is not None


def data(binders: Iterable[Binder]) -> list[Binder]:
    """Variables that stand for values: no hypotheses, no types, no instances of classes."""
    return [b for b in binders if not b.prop and b.head != "Sort" and not is_class(b)]


CLASSES = re.compile(r"^(?:Decidable|Inhabited|Nonempty|BEq|LawfulBEq|Ord|Hashable|Repr)")


def is_class(binder: Binder) -> bool:
    return CLASSES.match(binder.type) is not None


def props(binders: Iterable[Binder]) -> list[Binder]:
    return [b for b in binders if b.prop]


def pruned(binders: Sequence[Binder], target: str) -> list[Binder]:
    """Without hypotheses about nothing, and without variables that nothing speaks of."""
    names = [b.name for b in binders if not b.prop]
    kept = [b for b in binders if not b.prop or any(mentions(b.type, n) for n in names)]
    while True:
        texts = [target, *(b.type for b in kept)]
        idle = [b for b in kept if not b.prop and not any(mentions(t, b.name) for t in texts)]
        idle = [b for b in idle if not is_class(b)]
        if not idle:
            return kept
        kept = [b for b in kept if b not in idle]


def fresh(taken: Iterable[str], *names: str) -> list[str]:
    """These names, or with a number behind them where they stand for something already."""
    used, found = set(taken), []
    for name in names:
        free = next(n for n in (name, *(f"{name}{i}" for i in range(1, 99))) if n not in used)
        used.add(free)
        found.append(free)
    return found


def taken(binders: Iterable[Binder], target: str) -> set[str]:
    """Every word there is, bound variables included: a new name is none of them."""
    return words(target).union(*({b.name} | words(b.type) for b in binders))


# -- putting terms in ----------------------------------------------------------------------------


def atom(text: str) -> str:
    return text if ATOM.fullmatch(text) or enclosed(text) else f"({text})"


def enclosed(text: str) -> bool:
    return bool(text) and text[0] in OPEN and closing(text, 0) == len(text)


def closing(text: str, at: int) -> int:
    return source.closing(text, at, OPEN, CLOSED)


def put(text: str, values: Mapping[str, str]) -> str:
    """Names replaced by terms, all at once; in brackets where the term is no single word."""
    if not values:
        return text
    pattern = re.compile("|".join(word(n) for n in sorted(values, key=len, reverse=True)))

    def term(match: re.Match[str]) -> str:
        new = values[match[0]]
        called = text[match.end() : match.end() + 1] == "."  # `0.succ` is no Lean
        return atom(new) if not called or WORD.fullmatch(new) or enclosed(new) else f"({new})"

    return pattern.sub(term, text)


def instantiated(
    binders: Sequence[Binder], target: str, values: Mapping[str, str], new: Sequence[Binder] = ()
) -> tuple[list[Binder], str]:
    """Variables replaced by terms; the new variables stand where the first of them stood.

    What stands before a variable does not speak of it: there its name is that of another one."""
    out: list[Binder] = []
    known: dict[str, str] = {}
    for binder in binders:
        if binder.name in values and not binder.prop:
            out += [b for b in new if b not in out]
            known[binder.name] = values[binder.name]
        else:
            out.append(replace(binder, type=put(binder.type, known), shape=""))
    return out, put(target, values)


# -- taking text apart ---------------------------------------------------------------------------


def parts(text: str, operators: Sequence[str]) -> tuple[str, str, str] | None:
    """What stands left and right of the only such operator outside brackets; None without one."""
    depth, found = 0, []
    for at, char in enumerate(text):
        depth += (char in OPEN) - (char in CLOSED)
        if depth == 0 and char in operators and text[at - 1 : at] == " ":
            if text[at + 1 : at + 2] == " ":
                found.append(at)
    if len(found) != 1:
        return None
    (at,) = found
    return text[:at].strip(), text[at], text[at + 1 :].strip()


def relation(text: str) -> tuple[str, str, str] | None:
    """`a < b` -> (`a`, `<`, `b`), if that is all it is: no connective, no quantifier."""
    return None if BINDING.search(outer(text)) or has(text, CONNECTIVES) else parts(text, RELATIONS)


def numeric(split: tuple[str, str, str]) -> bool:
    """Do the sides look like numbers? Lean orders lists and options too, which nobody means."""
    text = f"{outer(split[0])} {outer(split[2])}"
    return OTHER.search(text) is None and NUMERIC.search(text) is not None


OTHER = re.compile(r"::|\+\+|[\[\]!]|&&|\^\^|(?<![\w.])(?:none|some|true|false)(?![\w.])")
NUMERIC = re.compile(r"(?<![\w.])\d| [-+*/%^] |length|natAbs|toNat")


def plus(text: str, number: int) -> str:
    """Numerals are added up."""
    if text.isdigit():
        return str(int(text) + number)
    end = re.fullmatch(r"(.* \+ )(\d+)", text)
    return f"{end[1]}{int(end[2]) + number}" if end else f"{text} + {number}"


def has(text: str, signs: Sequence[str]) -> bool:
    return any(sign in outer(text) for sign in signs)


def outer(text: str) -> str:
    """The text with what is in brackets blanked out."""
    depth, out = 0, []
    for char in text:
        depth -= char in CLOSED
        out.append(char if depth == 0 else "x")
        depth += char in OPEN
    return "".join(out)


def conjuncts(text: str, sign: str = "∧") -> list[str]:
    """The parts of `a ∧ b ∧ c`; the text alone if it is no conjunction."""
    if re.search(r"[∀∃λ]|\bfun\b|[→↔]", outer(text)) or (sign == "∧" and "∨" in outer(text)):
        return [text]
    cut, last, found = outer(text), 0, []
    for match in re.finditer(rf" {sign} ", cut):
        found.append(text[last : match.start()])
        last = match.end()
    return [bare(part) for part in [*found, text[last:]]]


def bare(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text.startswith("(") and enclosed(text) and ":" not in text else text


# -- matching ------------------------------------------------------------------------------------

TOKEN = re.compile(r"[\w.'!?]+|\S")


def matched(pattern: str, text: str, variables: Iterable[str]) -> dict[str, str] | None:
    """What the pattern's variables stand for in the text; each for one word or one bracket.

    Beside a relation a variable may stand for a whole side of it.
    """
    names = set(variables)
    mine, other = relation(pattern), relation(text)
    if mine and other and mine[1] == other[1]:
        found: dict[str, str] = {}
        sides = ((mine[0], other[0]), (mine[2], other[2]))
        return found if all(side(p, t, names, found) for p, t in sides) else None
    found = {}
    return found if side(pattern, text, names, found) else None


def side(pattern: str, text: str, names: set[str], found: dict[str, str]) -> bool:
    if pattern in names:
        return found.setdefault(pattern, bare(text)) == bare(text)
    at = 0
    for token in TOKEN.findall(pattern):
        while text[at : at + 1].isspace():
            at += 1
        if token in names:
            match = ATOM.match(text, at)
            end = closing(text, at) if text[at : at + 1] in ("(", "[") else match and match.end()
            if not end or end == at:
                return False
            value = bare(text[at:end])
            if found.setdefault(token, value) != value:
                return False
            at = end
        elif text.startswith(token, at) and not glued(text, at + len(token), token):
            at += len(token)
        else:
            return False
    return not text[at:].strip()


def glued(text: str, at: int, token: str) -> bool:
    """Does the word go on behind the token?"""
    return bool(WORD.match(token)) and re.match(r"[\w.'!?]", text[at : at + 1]) is not None


def subterms(text: str) -> Iterator[tuple[int, int]]:
    """Places of bracketed terms, and of the sides of relations, brackets left out."""
    for at, char in enumerate(text):
        if char == "(":
            yield at, closing(text, at)
    if split := parts(text, RELATIONS):
        left, _, right = split
        yield 0, len(left)
        yield len(text) - len(right), len(text)
