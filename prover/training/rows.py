"""Proofs of finished runs as training rows: what the prover is asked -> the script that Lean took.

- A row is a goal that one candidate proved; the goal's problem is verified (tier 2), unless the
  caller asks for others too, which tier 1 alone holds proved.
- A goal that a sketch proved gives none: its body refers to lemmas that a prover does not have.
- A correction is a row too: a script that Lean rejected for such a goal, with its reason -> the
  script that it took. The question is the family's own, as in a run.
- The split is by problem. A held-out goal, or one with its canonical key, is in no training row,
  and of a problem whose own statement is held out under another name nothing is.
- The same runs and the same seed give the same rows in the same order.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.digest import sha256
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, candidate_digest, carrier, text_digest
from prover.llm.family import Family, load_family
from prover.llm.prompts import Answered, Asked, Fault, script, tiny_row
from prover.types import Candidate, Event, Verdict

FAMILY = "subgoal-tiny"

NEVER_TRAINED = "test"
"""The split of a benchmark whose problems are always held out."""

Failures = Mapping[str, Sequence[tuple[Candidate, Verdict]]]
"""What Lean rejected, by goal."""


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
    failed: str = ""
    """Of a correction: the script that Lean rejected."""
    weight: float = 1.0
    """Of its loss, as a selection has it."""
    masked: tuple[tuple[int, int], ...] = ()
    """Characters of the completion, from and to before, whose tokens are not learnt; the place
    behind its last is that of the end token. No token ids, so that any tokenizer can read it."""


@dataclass(frozen=True)
class Split:
    """What is learnt from, what is kept to measure with, and what is neither."""

    train: tuple[Row, ...]
    held_out: tuple[Row, ...]
    left_out: int
    """Rows of training problems that would have given a held-out goal away."""


def proofs(
    graph: ProofGraph, unverified: bool = False, failures: Failures | None = None
) -> Iterator[Row]:
    """A row for every goal that a candidate proved, problem by problem, and for each of its
    failures a correction."""
    for name, problem in graph.problems.items():
        wanted = unverified or graph.problem_state(name) == "verified"
        for goal in graph.below(problem.root) if wanted and problem.root else ():
            node = graph.goals[goal]
            if isinstance(node.proof, Candidate) and not node.proof.lemmas:
                for failure in (None, *(failures or {}).get(goal, ())):
                    yield as_row(node, node.proof, problem.problem.split, failure)


def failures(events: Iterable[Event]) -> Failures:
    """Attempts that Lean rejected, but for those with lemmas of their own."""
    found: dict[str, list[tuple[Candidate, Verdict]]] = defaultdict(list)
    for event in events:
        if event.type == "attempt":
            candidate = carrier(Candidate, event.data["candidate"])
            verdict = carrier(Verdict, event.data["verdict"])
            if verdict.status == "rejected" and not candidate.lemmas:
                found[event.data["goal"]].append((candidate, verdict))
    return found


def as_row(
    node: GoalNode, proof: Candidate, split: str, failure: tuple[Candidate, Verdict] | None = None
) -> Row:
    goal = node.goal
    failed = answered(goal.statement, *failure) if failure else None
    prompt, completion = tiny_row(family(), Asked.of(goal), proof.body, failed)
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
        failed=failed.text if failed else "",
    )


def answered(statement: str, candidate: Candidate, verdict: Verdict) -> Answered:
    """A rejected attempt as a model's answer; the family shows no place in it, so it has none.

    Of a model's answer that Lean's parser gave up on, the theorem it was put behind is kept too.
    """
    text = script(candidate.body.removeprefix(f"{statement} := "))
    goals = verdict.failing.goals if verdict.failing else ()
    return Answered(text, text, (Fault(1, 1, verdict.reason, goals),))


@functools.cache
def family() -> Family:
    return load_family(FAMILY)


def unique(rows: Iterable[Row]) -> list[Row]:
    """The first row of each header, key, body and failure, by problem and goal."""
    ordered = sorted(rows, key=lambda row: (row.problem, row.goal, dataclasses.astuple(row)))
    found: dict[tuple[str, ...], Row] = {}
    for row in ordered:
        body = candidate_digest(Candidate(row.body, row.by))
        found.setdefault((*same_goal(row), body, row.failed), row)
    return list(found.values())


def same_goal(row: Row) -> tuple[str, str]:
    return row.header.strip(), row.key


def capped(rows: Iterable[Row], most: int) -> list[Row]:
    """All proofs, and of each goal so many corrections: a draw by what they say alone.

    What is held out is known by the proofs, so it may be split off before or after.
    """
    rows = list(rows)
    drawn: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.failed:
            drawn[same_goal(row)].add(lot(row))
    kept = {goal: set(sorted(lots)[:most]) for goal, lots in drawn.items()}
    return [row for row in rows if not row.failed or lot(row) in kept[same_goal(row)]]


def lot(row: Row) -> str:
    return sha256(f"{row.key}:{row.failed}:{row.body}")


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


def as_read(found: dict[str, Any]) -> Row:
    """JSON has no tuples."""
    masked = tuple((int(start), int(end)) for start, end in found.pop("masked", ()))
    return Row(**found, masked=masked)


def parse(text: str, where: str) -> list[Row]:
    """The inverse of `dump`. Raises UserError naming the line that is no row."""
    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else [], 1):
        try:
            rows.append(as_read(json.loads(line)))
        except (ValueError, TypeError, AttributeError) as exc:
            raise UserError(f"{where}:{number} is no training row: {exc}") from exc
    return rows
