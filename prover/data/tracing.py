"""What takes a Lean: proofs traced tactic by tactic, and the canonical keys of benchmarks.

A step is a tactic that stands in a block of its own right, as LeanDojo's are (arXiv 2306.15626),
with the goals before and after it. Lean tells all steps of a body in one request (`trace`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.data.kinds import alone
from prover.data.lineage import Lineage, Run, Tried, verified
from prover.errors import InfrastructureError
from prover.graph_nodes import text_digest
from prover.lean.verifier import Verifier
from prover.repair import column, offset
from prover.types import Goal, Lemma, Problem

HEARTBEATS = 200_000
SECONDS = 60.0
FAILED = 2
"""Rejected bodies of one goal that are traced too: their tactics up to the one that failed."""
TOGETHER = 64
"""Benchmark statements under way at a time."""


@dataclass(frozen=True)
class StepRow(Lineage):
    proof_id: str
    """Equal for the steps of one body, which stand together in their order."""
    attempt: str
    """The body that the step is from: `proof`, or one that Lean rejected for the same goal."""
    step: int
    """Its place in the body, from 0."""
    nesting: int
    """Tactics around it."""
    state: str
    """The goals that it met, as Lean prints them, eight at most, a blank line between two."""
    tactic: str
    next_state: str
    """The goals that it left, those it had nothing to do with too; empty if none."""
    label: bool
    """Lean took it; false is the tactic that failed, and those around it."""


async def steps(run: Run, verifier: Verifier) -> AsyncIterator[StepRow]:
    """The steps of every verified theorem, and of some failed attempts at those that stand alone.

    Raises InfrastructureError if Lean cannot be asked.
    """
    simple = {row.id for row, _ in alone(run)}
    for problem in by_problem(run):
        theorems = {row.name: Lemma(row.statement, row.proof) for row in problem}
        asked = [(row, row.proof) for row in problem]
        for row in problem:
            failed = run.tried.get(row.goal, Tried()).rejected() if row.id in simple else []
            asked += [(row, each.candidate.body) for each in failed[:FAILED]]
        replies = await asyncio.gather(
            *(traced(verifier, row, body, theorems) for row, body in asked)
        )
        for (row, body), reply in zip(asked, replies, strict=True):
            for found in rows(row, body, reply):
                yield found


def by_problem(run: Run) -> Iterator[list[Lineage]]:
    found: list[Lineage] = []
    for _, _, row in verified(run):
        if found and found[0].source_problem != row.source_problem:
            yield found
            found = []
        found.append(row)
    if found:
        yield found


async def traced(
    verifier: Verifier, row: Lineage, body: str, theorems: Mapping[str, Lemma]
) -> Mapping[str, Any]:
    """Lean's reply; without steps where it ran out, since such a body says nothing."""
    above = [theorems[name] for name in row.lemmas]
    fields = {
        "header": row.header,
        "statement": row.statement,
        "lemmas": [{"statement": x.statement, "body": x.body} for x in above],
        "body": body,
        "heartbeats": HEARTBEATS,
    }
    try:
        return await verifier.tell("trace", fields, SECONDS)
    except InfrastructureError:
        await verifier.tell("ping", {}, SECONDS)  # raises if it was not this body that did it
        return {"steps": [], "verdict": "inconclusive", "line": 0, "column": 0}


def rows(row: Lineage, body: str, reply: Mapping[str, Any]) -> Iterator[StepRow]:
    """The steps of one body, as far as Lean came."""
    failed = None
    if reply["verdict"] != "proved":
        failed = offset(body, int(reply["line"]), int(reply["column"]))
        if failed is None or reply["verdict"] != "rejected":
            return
    made = text_digest(f"{row.id}\n{body.strip()}")
    number = 0
    for step in reply["steps"]:
        start, end = int(step["start"]), int(step["end"])
        if step["before"] is None or step["after"] is None or (failed is not None
                                                               and start > failed):  # fmt: skip
            continue
        took = failed is None or end <= failed
        yield StepRow(
            **{**vars(row), "id": text_digest(f"{made} {number}")},
            proof_id=made,
            attempt=body,
            step=number,
            nesting=int(step["depth"]),
            state="\n\n".join(step["before"]),
            tactic=moved(body, start, end),
            next_state="\n\n".join(step["after"]) if took else "",
            label=took,
        )
        number += 1


def moved(body: str, start: int, end: int) -> str:
    """A tactic as if it began in the first column."""
    first, *more = body[start:end].split("\n")
    margin = column(body, start)
    lines = [line[min(margin, len(line) - len(line.lstrip())) :] for line in more]
    return "\n".join([first, *lines])


async def canonical_keys(verifier: Verifier, problems: Sequence[Problem]) -> list[str]:
    """A key for each statement that this Lean can read."""
    keys: list[str] = []
    for first in range(0, len(problems), TOGETHER):
        part = problems[first : first + TOGETHER]
        opened = await asyncio.gather(*(key(verifier, problem) for problem in part))
        keys += [each for each in opened if each]
    return keys


async def key(verifier: Verifier, problem: Problem) -> str:
    try:
        opened = await verifier.open(problem)
    except InfrastructureError:  # a statement that Lean cannot even open has no key
        await verifier.tell("ping", {}, SECONDS)
        return ""
    return opened.key if isinstance(opened, Goal) else ""
