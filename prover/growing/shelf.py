"""A library's theorems as a prover: those that speak of nothing but what a goal speaks of.

Each candidate uses one theorem and brings it along with its proof, so that Lean judges both and the
finished file holds both: a library is trusted no more than a model is. What came of each is in the
run's records under `library:NAME`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing

from prover.assembly import theorem_name, with_fresh_names
from prover.graph_nodes import GoalNode, Records
from prover.growing.kept import Entry, Library
from prover.lean import source
from prover.own_lemmas import last
from prover.premises import IN_MEMORY, Premises, Row
from prover.scripts import body
from prover.types import Candidate, Goal

NAME = "library"
HINTS = ":hint"
OFFERED = 2
"""Theorems that one goal is offered: what is offered in vain costs a check each."""
LOOKED_AT = 24
OPERATORS = {
    "+": "hAdd", "*": "hMul", "/": "hDiv", "%": "hMod", "^": "hPow", "∣": "dvd",
    "=": "Eq", "≠": "Ne", "≤": "le", "<": "lt", "≥": "ge", ">": "gt", "∧": "And", "∨": "Or",
    "↔": "Iff", "¬": "Not", "∃": "Exists", "++": "hAppend", "::": "cons", "∈": "mem",
    "&&": "and", "||": "or", "==": "beq",
}  # fmt: skip
"""The constants behind notations, by the last part of their names; `-` may be either of two."""
KEYWORDS = {"fun", "if", "then", "else", "match", "with", "let", "have"}
MARK = re.compile(r"\+\+|::|&&|\|\||==|[+*/%^∣=≠≤<≥>∧∨↔¬∃∈]")
WORD = re.compile(r"[^\W\d][\w'!?.]*")
NAMES = r"((?:[\w']+\s+)*[\w']+)\s*"
BOUND = re.compile(rf"[({{]{NAMES}:|[∀∃λ]\s*{NAMES}[,:]|\bfun\s+{NAMES}=>")

USE = """first
| exact {name} ..
| (apply {name} <;> first | assumption | omega)
| (rw [{name}] <;> first | done | assumption | omega)
| (rw [← {name}] <;> first | done | assumption | omega)"""
HINT = """first
| grind [{name}]
| (simp_all [{name}]; done)
| (simp [{name}]; omega)"""


class Shelf:
    """Two provers: theorems applied, which is cheap, come first of all; as hints they come when
    the same automation has failed without them, so that what it proves then is their merit."""

    stages, remote = 1, False

    def __init__(self, library: Library, hints: bool = False) -> None:
        self.name = f"{NAME}{HINTS}" if hints else NAME
        self._hints = hints
        self._entries = {entry.name: entry for entry in library.entries}
        self._symbols = {entry.name: symbols(entry.statement) for entry in library.entries}

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        yield [use(entry, node.goal, self._hints) for entry in self.find(node.goal)]

    def forget(self, goal: str) -> None:
        pass

    def find(self, goal: Goal) -> list[Entry]:
        """Those whose symbols the goal has too, most and rarest first."""
        spoken = {last(name) for name in (*goal.constants, *goal.definitions)}
        fitting = {n for n, named in self._symbols.items() if named and named <= spoken}
        if not fitting:
            return []
        rows: list[Row] = [(n, 0, "", (), sorted(s)) for n, s in self._symbols.items()]
        with closing(Premises(IN_MEMORY, rows)) as index:
            found = index.search(sorted(spoken), (), LOOKED_AT)
        best = [premise.name for premise in found if premise.name in fitting]
        return [self._entries[name] for name in best[:OFFERED]]


def symbols(statement: str) -> set[str]:
    """Constants of a statement, the last part of each name, as far as its text tells."""
    text = " ".join(source.signature(source.mask(statement)))
    bound = {word for match in BOUND.findall(text) for group in match for word in group.split()}
    words = {part for word in WORD.findall(text) for part in [last(word)] if word not in bound}
    marks = MARK.findall(text.replace("=>", " "))
    return {w for w in words - KEYWORDS if len(w) > 1} | {OPERATORS[mark] for mark in marks}


def use(entry: Entry, goal: Goal, hint: bool = False) -> Candidate:
    tactics = (HINT if hint else USE).format(name=entry.name)
    made = Candidate(body(goal, tactics), by(entry.name, hint), entry.lemmas)
    return with_fresh_names(made, {theorem_name(goal.statement)})


def by(theorem: str, hint: bool) -> str:
    """Who proposed a candidate that uses it."""
    return f"{NAME}:{theorem}{HINTS if hint else ''}"


def theorem_of(proposer: str) -> str:
    """The theorem that a candidate uses, from who proposed it; empty if that was no library."""
    kind, _, name = proposer.partition(":")
    return name.removesuffix(HINTS) if kind == NAME else ""
