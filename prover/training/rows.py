"""Proofs of finished runs as training rows: what the prover is asked -> the script that Lean took.

- A row is a goal that one candidate proved; the goal's problem is verified (tier 2), unless the
  caller asks for others too, which tier 1 alone holds proved.
- A goal that a sketch proved gives none: its body refers to lemmas that a prover does not have.
- The split is by problem. A held-out goal, or one with its canonical key, is in no training row,
  and of a problem whose own statement is held out under another name nothing is.
- The same runs and the same seed give the same rows in the same order.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prover.digest import sha256
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, candidate_digest, text_digest
from prover.llm.family import Family, load_family
from prover.llm.prompts import Asked, tiny_row
from prover.types import Candidate

FAMILY = "subgoal-tiny"

NEVER_TRAINED = "test"
"""The split of a benchmark whose problems are always held out."""


@dataclass(frozen=True)
class Row:
    prompt: str
    completion: str
    problem: str
    goal: str
    """Its id, a path from the problem's name."""
    key: str
    """The goal's canonical key."""
    by: str
    """Who proposed the proof."""
    header: str
    statement: str
    body: str
    """The proof as Lean took it; `completion` is what of it the model writes."""
    split: str = ""
    """Of the problem, in its benchmark."""
    held_out: bool = False


@dataclass(frozen=True)
class Split:
    """What is learnt from, what is kept to measure with, and what is neither."""

    train: tuple[Row, ...]
    held_out: tuple[Row, ...]
    left_out: int
    """Rows of training problems that would have given a held-out goal away."""


def proofs(graph: ProofGraph, unverified: bool = False) -> Iterator[Row]:
    """A row for every goal that a candidate proved, problem by problem."""
    for name, problem in graph.problems.items():
        wanted = unverified or graph.problem_state(name) == "verified"
        for goal in graph.below(problem.root) if wanted and problem.root else ():
            node = graph.goals[goal]
            if isinstance(node.proof, Candidate) and not node.proof.lemmas:
                yield as_row(node, node.proof, problem.problem.split)


def as_row(node: GoalNode, proof: Candidate, split: str) -> Row:
    goal = node.goal
    prompt, completion = tiny_row(family(), Asked.of(goal), proof.body)
    return Row(
        prompt,
        completion,
        goal.problem,
        goal.id,
        goal.key or text_digest(goal.statement),
        proof.by,
        goal.header,
        goal.statement,
        proof.body,
        split,
    )


@functools.cache
def family() -> Family:
    return load_family(FAMILY)


def unique(rows: Iterable[Row]) -> list[Row]:
    """The first row of each header, key and body, by problem and goal."""
    ordered = sorted(rows, key=lambda row: (row.problem, row.goal, dataclasses.astuple(row)))
    found: dict[tuple[str, str, str], Row] = {}
    for row in ordered:
        same = (row.header.strip(), row.key, candidate_digest(Candidate(row.body, row.by)))
        found.setdefault(same, row)
    return list(found.values())


def split(rows: Iterable[Row], held_out: Iterable[str]) -> Split:
    """Split by the names of held-out problems, and by the problems of a benchmark's test split.

    Each part has each proof once. They are looked for afterwards, lest a held-out goal go
    unnoticed because a training problem has it too.
    """
    rows, names = list(rows), set(held_out)
    names |= {row.problem for row in rows if row.split == NEVER_TRAINED}
    kept = [dataclasses.replace(row, held_out=True) for row in rows if row.problem in names]
    keys = {row.key for row in kept}
    aliases = {row.problem for row in rows if row.goal == row.problem and row.key in keys}
    others = [row for row in rows if row.problem not in names]
    train = unique(r for r in others if r.key not in keys and r.problem not in aliases)
    return Split(tuple(train), tuple(unique(kept)), len(unique(others)) - len(train))


def draw(rows: Iterable[Row], fraction: float, seed: int) -> list[str]:
    """Names of problems to hold out: at least one unless the fraction is 0.

    A problem's place in the draw depends on its name and the seed alone, so with more runs those
    held out before mostly are again.
    """
    names = sorted({row.problem for row in rows}, key=lambda name: sha256(f"{seed}:{name}"))
    return names[: max(1, round(fraction * len(names)))] if fraction > 0 else []


def dump(rows: Iterable[Row]) -> str:
    """As JSON lines."""
    lines = (json.dumps(dataclasses.asdict(row), ensure_ascii=False) for row in rows)
    return "".join(line + "\n" for line in lines)


def parse(text: str, where: str) -> list[Row]:
    """The inverse of `dump`. Raises UserError naming the line that is no row."""
    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else [], 1):
        try:
            rows.append(Row(**json.loads(line)))
        except (ValueError, TypeError) as exc:
            raise UserError(f"{where}:{number} is no training row: {exc}") from exc
    return rows
