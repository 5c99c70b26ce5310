"""Premises that are no library's: theorems of the goal's own header, and what was proved under it.

What was proved is in no environment: a candidate that uses it brings it along as a lemma with its
proof, and a model is shown it with its proof to copy. Which ones is for the library's index to say
(`premises`), over the words of their statements, since all that is known of them is text.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest

from prover.assembly import replace_name, theorem_name, theorem_text, with_fresh_names
from prover.errors import UserError
from prover.graph_nodes import GoalNode, Records
from prover.lean import source
from prover.premises import IN_MEMORY, Premises, Row, bare
from prover.proof_store import ProofStore, StoredProof
from prover.scripts import body
from prover.types import Candidate, Goal, Lemma

NAME = "lemmas"
LOOKED_AT = 200
"""Stored proofs under one header, the shortest."""
OFFERED = 4
"""Lemmas that one candidate brings at most: Lean judges their proofs with it each time."""
NOTE_CHARACTERS = 2_000
"""What a model is shown of them; what does not fit whole is left out."""
WORD = re.compile(r"[^\W\d][\w'!?.]*")
SCOPE = re.compile(r"^[ \t]*(namespace|section|end)\b[ \t]*(\S*)", re.MULTILINE)


@dataclass(frozen=True)
class Known:
    """A theorem that a goal may rest on."""

    name: str
    statement: str
    brings: tuple[Lemma, ...] = ()
    """Of what was proved: all that it takes, itself last; none for the header's own."""


class OwnLemmas:
    name, stages, remote = NAME, 1, False

    def __init__(self, proofs: ProofStore | None, lean: str) -> None:
        """Without a store, the header's own theorems alone."""
        self._proofs, self._lean = proofs, lean

    async def propose(
        self, node: GoalNode, stage: int, records: Records
    ) -> AsyncGenerator[Sequence[Candidate], None]:
        found = self.find(node.goal)
        yield [*candidates(node.goal, found)] if found else []

    def forget(self, goal: str) -> None:
        pass

    def find(self, goal: Goal) -> list[Known]:
        """The best for a goal, best first. Raises InfrastructureError if SQLite fails."""
        every = {known.name: known for known in self._all(goal)}
        if not every:
            return []
        with closing(Premises(IN_MEMORY, [as_row(known) for known in every.values()])) as index:
            names = [*map(last, (*goal.constants, *goal.definitions))]
            found = index.search(names, (), OFFERED)
        return [every[premise.name] for premise in found]

    def notes(self, goal: Goal) -> str:
        """What a model is told of them; empty if there are none."""
        lines, room = [], NOTE_CHARACTERS
        for known in self.find(goal):
            text = "\n".join(map(theorem_text, known.brings)) or known.statement
            room -= len(text) + 1
            if room >= 0:
                lines.append(text)
        what = "Proved already under the same definitions; copy what you use of what has a proof:"
        return "\n".join([what, *lines]) if lines else ""

    def _all(self, goal: Goal) -> Iterator[Known]:
        yield from header_theorems(goal.header)
        for proof in self._proofs.under(self._lean, goal.header, LOOKED_AT) if self._proofs else ():
            if proof.key != goal.key and proof.conclusion != goal.conclusion:
                yield known(proof)


def known(proof: StoredProof) -> Known:
    """Under a name that nothing else has: its own may be ambiguous or taken."""
    old, fresh = theorem_name(proof.statement), f"known_{proof.id[:6]}"
    text = replace_name(proof.statement, old, fresh), replace_name(proof.body, old, fresh)
    return Known(fresh, text[0], (*proof.lemmas, Lemma(*text)))


def header_theorems(header: str) -> Iterator[Known]:
    """With their full names. Instances and what stands in strings or comments are none."""
    masked, begun = source.mask(header), source.theorems(header)
    for match, following in zip_longest(begun, begun[1:]):
        end = following.start() if following else len(header)
        open_ = spaces(masked[: match.start()])
        statement, rest = source.split_declaration(header[match.start("keyword") : end])
        if rest:
            yield Known(".".join([*open_, match["name"]]), statement)


def spaces(before: str) -> list[str]:
    """The namespaces that are open behind this text."""
    found: list[str] = []
    for kind, name in SCOPE.findall(before):
        if kind == "end":
            found = found[:-1]
        else:
            found.append(name if kind == "namespace" else "")
    return [name for name in found if name]


def as_row(known: Known) -> Row:
    try:
        text = " ".join(source.signature(known.statement))
    except UserError:
        text = known.statement
    symbols = {last(word) for word in WORD.findall(source.mask(text)) if len(word) > 1}
    return known.name, 0, "", (), sorted(symbols)


def last(name: str) -> str:
    return bare(name).split(".")[-1]


def candidates(goal: Goal, found: Sequence[Known]) -> Iterator[Candidate]:
    """One applied, or rewritten with; as hints to automation, one at a time for `grind`, which
    refuses all of them if one has no pattern."""
    names = [each.name for each in found]
    uses = [use for n in names for use in (f"apply {n}", f"rw [{n}]", f"rw [← {n}]")]
    ways = [f"({use} <;> first | assumption | omega | (simp; done))" for use in uses]
    own = "".join(f"{name}, " for name in goal.definitions[:8])
    lemmas = tuple(lemma for each in found for lemma in each.brings)
    for way, text in (
        ("apply", f"first | {' | '.join(ways)}"),
        ("simp", f"simp_all [{', '.join(names)}]"),
        ("grind", f"first | {' | '.join(f'grind [{name}]' for name in names)}"),
        ("grind-defs", f"first | {' | '.join(f'grind [{own}{name}]' for name in names)}"),
    ):
        made = Candidate(body(goal, text), f"{NAME}:{way}", lemmas)
        yield with_fresh_names(made, {theorem_name(goal.statement)})
