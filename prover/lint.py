"""What in a statement looks unlike what was meant, by its text and by what Lean made of it; pure.

A benchmark's statements were written by people in a hurry and by models, and Lean takes what they
say: `1 / 4` of natural numbers is 0, `a - b` stops at 0, a sum ends before the next `+`, a name
bound twice means its last binder. The rules are those that known faults of miniF2F break, and they
guess: a finding is a reason to look. What Lean can settle is in `prover/linting.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from prover.errors import UserError
from prover.lean import source
from prover.types import Binder, Goal, Problem

Level = Literal["error", "warning", "note"]
"""`error`: Lean has proved it; `warning`: hardly ever meant; `note`: often right."""


@dataclass(frozen=True)
class Finding:
    problem: str
    rule: str
    level: Level
    detail: str


NAME = r"[^\W\d][\w'.]*"
LITERAL = r"\d+"
CASTS = re.compile(r":\s*(?:ℝ|ℚ|ℂ|Real|Rat|Complex|NNReal|ℝ≥0|Float)\b|:\s*(?:ℝ|ℚ|ℂ)")
FRACTION = re.compile(rf"(?<![\w.])({LITERAL})\s*/\s*({LITERAL})(?![\w.])")
EXPONENT = re.compile(r"\^\s*\(\s*(\d+)\s*/\s*(\d+)\s*\)")
ZEROTH = re.compile(r"\^\s*(?:\(\s*)?0(?![\w.])")
OPERATOR = re.compile(r"[∑∏⨆⨅]")
DENOMINATOR = re.compile(rf"[/%]\s*\(?\s*({NAME}|0(?![\w.]))")
SUBTRACTION = re.compile(r"[\w)\]₀-₉]\s*-\s*[\w(]")
REAL_WORDS = re.compile(r"\breal (?:number|solution|root|value|valued|function)", re.IGNORECASE)
INEXACT = re.compile(r"[ℝℚℂ]|\b(?:Real|Rat|Complex|NNReal|Float|EReal)\b")


def text_findings(problem: Problem) -> list[Finding]:
    """By the text alone, for statements that do not elaborate here too."""
    statement = source.mask(source.normalise(problem.statement))
    rules: tuple[Callable[[str], Iterator[tuple[str, Level, str]]], ...] = (
        shadowed, natural_exponents, zeroth_powers, cut_off, literal_denominators,
    )  # fmt: skip
    found = [finding for rule in rules for finding in rule(statement)]
    found += unlike_words(problem, statement)
    return unique(Finding(problem.name, *each) for each in found)


def goal_findings(problem: Problem, goal: Goal) -> list[Finding]:
    """By what Lean made of it: its binders, its conclusion, the constants in it."""
    rules = (among_hypotheses, repeated, unmentioned, unconnected, truncated, defaults)
    found = [finding for rule in rules for finding in rule(goal)]
    return unique(Finding(problem.name, *each) for each in found)


def unique(found: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(found))


Found = Iterator[tuple[str, Level, str]]

# By the text


def shadowed(statement: str) -> Found:
    """A name bound twice in the signature: what stands after it means the last one."""
    for name, times in Counter(bound(statement)).items():
        if times > 1 and name != "_":
            level: Level = "note" if name.startswith("h") else "warning"  # as hypotheses are called
            yield "shadowed", level, f"{name} is bound {times} times"


def bound(statement: str) -> list[str]:
    """The names in the binders of a signature, in order; instances have none."""
    try:
        binders, _ = source.signature(statement)
    except UserError:
        return []
    depth = source.levels(source.mask(binders))
    names: list[str] = []
    for match in re.finditer(r"[({⦃]\s*([^:(){}⦃⦄]+?)\s*[:)}⦄]", binders):
        if depth[match.start()] == 0:
            names += match[1].split()
    return names


def natural_exponents(statement: str) -> Found:
    """`x ^ (1 / 3)` has a natural number for its exponent, which is 0."""
    for match in EXPONENT.finditer(statement):
        yield "natural-exponent", "warning", f"{match[0]} is a power of {int_div(match)}"


def int_div(match: re.Match[str]) -> str:
    over, under = int(match[1]), int(match[2])
    return str(over // under) if under else "0"


def zeroth_powers(statement: str) -> Found:
    for match in ZEROTH.finditer(statement):
        yield "zeroth-power", "note", f"{around(statement, match)}: it is 1 whatever the base"


def cut_off(statement: str) -> Found:
    """`∑ x ∈ s, a x + b` is `(∑ x ∈ s, a x) + b`: what is under a big operator binds tighter than
    `+` and `-` (Mathlib gives its body the precedence 67)."""
    depth = source.levels(statement)
    for match in OPERATOR.finditer(statement):
        comma = next_at(statement, depth, ",", match.start())
        if comma is None:
            continue
        end = closing(statement, depth, comma, depth[match.start()])
        body = statement[comma + 1 : end]
        bare = re.search(r"(?<=[\w)\]'])\s+[+-]\s", outside(body))
        if bare:
            cut = body[: bare.start()].strip()
            rest = body[bare.start() :].strip()
            yield "cut-off", "warning", f"{match[0]} ends after `{cut}`, before `{rest[:40]}`"


def next_at(text: str, depth: list[int], char: str, start: int) -> int | None:
    """The first such character from `start` that lies no deeper than it."""
    level = depth[start]
    for at in range(start, len(text)):
        if depth[at] < level:
            return None
        if text[at] == char and depth[at] == level:
            return at
    return None


def closing(text: str, depth: list[int], start: int, level: int) -> int:
    """Where the term ends: at a bracket that closes, or a relation or connective beside it."""
    for at in range(start + 1, len(text)):
        if depth[at] < level or (depth[at] == level and text[at] in ",=≤≥<>≠∣∧∨→↔∈≡%"):
            return at
    return len(text)


def outside(body: str) -> str:
    """The text with whatever is in brackets blanked out."""
    depth = source.levels(body)
    return "".join(
        char if not level and char not in source.CLOSE else ("x" if not char.isspace() else " ")
        for char, level in zip(body, depth, strict=True)
    )


def literal_denominators(statement: str) -> Found:
    for match in re.finditer(r"/\s*0(?![\w.])", statement):
        yield "division-by-zero", "warning", f"{around(statement, match)}: it is 0 in Lean"


def unlike_words(problem: Problem, statement: str) -> Found:
    """The words speak of real numbers and the statement has none that are no integers."""
    spoken = REAL_WORDS.search(problem.informal)
    if spoken and not INEXACT.search(statement) and re.search(r"[ℕℤ]|\b(?:Nat|Int)\b", statement):
        yield "other-numbers", "warning", f"the words say `{spoken[0]}`, the statement has none"


def around(text: str, match: re.Match[str], before: int = 12) -> str:
    return source.excerpt(text[max(0, match.start() - before) : match.end() + 2])


# By what Lean made of it


def among_hypotheses(goal: Goal) -> Found:
    for binder in goal.binders:
        if binder.prop and binder.type == goal.target:
            yield "goal-is-hypothesis", "warning", f"{binder.name} is what is to be proved"


def repeated(goal: Goal) -> Found:
    types = Counter(binder.type for binder in goal.binders if binder.prop)
    for type_, times in types.items():
        if times > 1:
            yield "repeated-hypothesis", "note", f"`{source.excerpt(type_)}` stands {times} times"


def mentions(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d][\w'✝₀-₉]*", text))


def unmentioned(goal: Goal) -> Found:
    """A variable that nothing speaks of."""
    texts = [goal.target, *(binder.type for binder in goal.binders)]
    spoken = set().union(*(mentions(text) for text in texts))
    for binder in goal.binders:
        if not binder.prop and binder.name not in spoken and not is_class(binder):
            yield "unused-variable", "warning", f"nothing speaks of {binder.name}"


CLASSES = re.compile(r"^(?:Decidable|Inhabited|Nonempty|BEq|LawfulBEq|Ord|Hashable|Repr|Fintype)")


def is_class(binder: Binder) -> bool:
    return bool(CLASSES.match(binder.type)) or binder.name.startswith("inst")


def unconnected(goal: Goal) -> Found:
    """A hypothesis that shares no variable with the goal, nor with one that does: either it is
    contradictory or the proof can do without."""
    data = {binder.name for binder in goal.binders if not binder.prop}
    props = [b for b in goal.binders if b.prop and not b.type.startswith("Fact")]
    reach = mentions(goal.target) & data
    left = list(props)
    while near := [b for b in left if mentions(b.type) & reach]:
        reach |= set().union(*(mentions(b.type) & data for b in near))
        left = [b for b in left if b not in near]
    for binder in left:
        detail = f"{binder.name} : {source.excerpt(binder.type)} shares no variable with the goal"
        yield "unused-hypothesis", "warning", detail


def truncated(goal: Goal) -> Found:
    """Subtraction and division of natural numbers, and division of integers, which round."""
    texts = [*(binder.type for binder in goal.binders), goal.target]
    if "instSubNat" in goal.constants:
        yield from each(texts, SUBTRACTION, "nat-subtraction", "note", "stops at 0")
    if "Nat.instDiv" in goal.constants:
        yield from literal_fractions(texts)
        yield from each(texts, re.compile(r"/\s*[\w(]"), "nat-division", "note", "rounds down")
    elif "Int.instDiv" in goal.constants:
        yield from each(texts, re.compile(r"/\s*[\w(]"), "int-division", "note", "rounds")


def literal_fractions(texts: Iterable[str]) -> Found:
    """`1 / 4` between natural numbers is the numeral 0: a real number was meant."""
    for text in texts:
        for match in FRACTION.finditer(text):
            over, under = int(match[1]), int(match[2])
            if (not under or over % under) and not CASTS.search(text):
                detail = f"{match[0]} of natural numbers is {over // under if under else 0}"
                yield "natural-fraction", "warning", detail


def each(
    texts: Iterable[str], pattern: re.Pattern[str], rule: str, level: Level, why: str
) -> Found:
    for text in texts:
        if match := pattern.search(text):
            yield rule, level, f"`{around(text, match)}` {why}"


DIVISIONS = frozenset("Nat.instDiv Int.instDiv Rat.instDiv Nat.instMod Int.instMod".split())


def defaults(goal: Goal) -> Found:
    """A variable under a division that no hypothesis keeps from 0: there `x / 0` is 0, and `x % 0`
    is x. That one says something of it by itself, or compares it, is taken for enough."""
    if not DIVISIONS & set(goal.constants):
        return
    kept = " ".join(binder.type for binder in goal.binders if binder.prop)
    for text in (*(binder.type for binder in goal.binders), goal.target):
        for match in DENOMINATOR.finditer(text):
            name = match[1]
            if name != "0" and is_variable(goal, name) and not keeps(kept, name):
                detail = f"{name} may be 0 in `{around(text, match)}`"
                yield "division-by-zero", "warning", detail


def is_variable(goal: Goal, name: str) -> bool:
    return any(binder.name == name and not binder.prop for binder in goal.binders)


def keeps(hypotheses: str, name: str) -> bool:
    """Does one say that the variable is no zero, or is more than something?"""
    it = rf"(?<![\w.']){re.escape(name)}(?![\w.'])"
    apart = rf"{it}\s*(?:≠|>|≥|=)|(?:<|≤|≠)\s*{it}|Prime\s+{it}|{it}\s*\.Prime"
    return re.search(apart, hypotheses) is not None
