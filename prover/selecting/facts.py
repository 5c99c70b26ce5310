"""What a selection method may know of a training row, and what it answers. Pure.

Pass rates are those of a canonical goal in finished runs: proved attempts of all attempts. A search
stops at the first proof, so they are no unbiased estimate; an attempt that Lean could not decide
counts as one that did not prove. What the proof store answered is no attempt of a prover.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prover.data.tokens import TOKEN
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, text_digest
from prover.ledger import STORED
from prover.training.rows import Row, same_goal

GoalKey = tuple[str, str]
"""Header and canonical key, as `rows.same_goal` has them."""

Span = tuple[int, int]
"""Characters of a completion from the first to before the second; that behind its last stands for
the end token."""


@dataclass(frozen=True)
class Likelihood:
    """What a model says of a completion and its end token, given the prompt."""

    logprobs: tuple[float, ...]
    """Natural logarithms, one a token."""
    spans: tuple[Span, ...]
    """Where each token stands."""

    @property
    def mean(self) -> float:
        return math.fsum(self.logprobs) / len(self.logprobs)


@dataclass(frozen=True)
class Known:
    """What finished runs and whoever made the problems tell of rows."""

    passed: Mapping[GoalKey, tuple[int, int]] = field(default_factory=dict)
    """Successes and tries, by goal."""
    families: Mapping[str, str] = field(default_factory=dict)
    """By a problem's name."""
    base: str = ""
    """The folder of the model whose log-probabilities count; empty if there is none."""


@dataclass(frozen=True)
class Facts:
    row: Row
    passed: int
    tried: int
    length: int
    """Of the proof, in lexical tokens: it depends on no model's tokenizer."""
    family: str
    likelihood: Likelihood | None = None
    """None unless a method that was chosen needs it, and for a row too long for the model."""

    @property
    def goal(self) -> GoalKey:
        return same_goal(self.row)

    @property
    def rate(self) -> float | None:
        """The pass rate of its goal; None if nothing was tried on it."""
        return self.passed / self.tried if self.tried else None


@dataclass(frozen=True)
class Kept:
    """What becomes of a row that stays; the defaults leave it as it is."""

    odds: float = 0.0
    """In a draw, relative to others of its group; as a natural logarithm."""
    weight: float = 1.0
    """Of its loss."""
    masked: tuple[Span, ...] = ()
    """What is not learnt of its completion."""


@dataclass(frozen=True)
class Answer:
    """Of one method, in the order of the rows that it was given."""

    rows: Sequence[Kept | str]
    """Of a row that goes: why."""
    shares: Mapping[str, float] | None = None
    """Of a draw, by family; without them it is one draw from all rows."""


def known_of(
    graphs: Iterable[ProofGraph], families: Mapping[str, str] | None = None, base: str = ""
) -> Known:
    """Tries and successes of every goal of these runs; a problem's family is the set that it came
    from, unless it is among `families`."""
    passed: dict[GoalKey, tuple[int, int]] = {}
    found: dict[str, str] = {}
    for graph in graphs:
        found.update((name, node.problem.source) for name, node in graph.problems.items())
        for node in graph.goals.values():
            goal = node.goal.header.strip(), node.goal.key or text_digest(node.goal.statement)
            before, now = passed.get(goal, (0, 0)), attempts(node)
            passed[goal] = before[0] + now[0], before[1] + now[1]
    return Known(passed, {**found, **(families or {})}, base)


def attempts(node: GoalNode) -> tuple[int, int]:
    """Successes and tries of provers, those of the proof store left out."""
    proved, tried = 0, node.attempts
    for (by, outcome), count in node.tally.items():
        if by.split(":")[0] in STORED:
            tried -= count
        elif outcome == "proved":
            proved += count
    return proved, tried


def facts_of(row: Row, known: Known) -> Facts:
    passed, tried = known.passed.get(same_goal(row), (0, 0))
    return Facts(row, passed, tried, length(row.body), known.families.get(row.problem, ""))


def length(text: str) -> int:
    """In lexical tokens of Lean."""
    return len(TOKEN.findall(text))
