"""A solved proof graph as one Lean file; pure text.

The file is the problem's header, then every theorem that the chosen proof uses, each below what it
refers to, and last the problem's own theorem under its own name, with its statement as it was
given. A body keeps its columns: Lean's layout rule sees what the verifier saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from prover.errors import ProverError, UserError
from prover.graph import ProofGraph
from prover.lean import source
from prover.types import Candidate, Goal, Hole, Lemma


class Part(NamedTuple):
    """One goal of the chosen proof, with its finished body."""

    goal: Goal
    body: str
    """One term without holes; what it refers to stands above."""
    lemmas: tuple[Lemma, ...]
    """What a candidate brought along, in order; stands above the goal's own theorem."""

    def theorems(self) -> list[Lemma]:
        return [*self.lemmas, Lemma(self.goal.statement, self.body)]


def assemble(graph: ProofGraph, problem: str) -> str:
    """The Lean file of a solved problem. Raises UserError if it is not solved."""
    chosen = parts(graph, problem)
    theorems = [theorem for part in chosen for theorem in part.theorems()]
    return render(graph.problems[problem].problem.header, theorems)


def parts(graph: ProofGraph, problem: str) -> list[Part]:
    """The goals of the chosen proof, children before parents.

    Last comes the problem in its own words: what is certified is what was asked. Names of brought
    lemmas that clash are changed, with their uses.
    """
    node = graph.problems[problem]
    if not node.root:
        raise UserError(f"{problem} has no goal yet, so there is nothing to assemble")
    order = graph.proof_order(node.root)
    taken = {theorem_name(graph.goals[name].goal.statement) for name in order}
    *below, root = [part(graph, name, taken) for name in order]
    asked = replace(root.goal, statement=node.problem.statement)
    return [*below, root._replace(goal=asked)]


def standalone(graph: ProofGraph, goal: str) -> Candidate:
    """A proved goal's proof with all that it refers to as lemmas: beside the header it needs
    nothing. Raises UserError if the goal is not proved."""
    order = graph.proof_order(goal)
    taken = {theorem_name(graph.goals[name].goal.statement) for name in order}
    *below, own = [part(graph, name, taken) for name in order]
    lemmas = [theorem for each in below for theorem in each.theorems()]
    return Candidate(own.body, "", (*lemmas, *own.lemmas))


def part(graph: ProofGraph, goal: str, taken: set[str]) -> Part:
    node = graph.goals[goal]
    if isinstance(node.proof, Candidate):
        candidate = with_fresh_names(node.proof, taken)
        return Part(node.goal, candidate.body, candidate.lemmas)
    sketch = graph.sketches[str(node.proof)]
    return Part(node.goal, fill_holes(sketch.sketch.body, sketch.holes), ())


def render(header: str, theorems: Iterable[Lemma]) -> str:
    """A Lean file: the header, then the theorems in this order."""
    blocks = [header.strip()] if header.strip() else []
    return "\n\n".join([*blocks, *map(theorem_text, theorems)]) + "\n"


def theorem_text(theorem: Lemma) -> str:
    """`STATEMENT := BODY`; a body of several lines starts at column 0 unless it is a bare `by`."""
    statement, body = theorem.statement.rstrip(), theorem.body.rstrip()
    first, newline, _ = body.partition("\n")
    gap = "\n" if newline and first.strip() != "by" else " "
    return f"{statement}{assign_gap(statement)}:={gap}{body}"


def assign_gap(statement: str) -> str:
    """What separates a statement from its `:=`: a comment to the end of the line must end first."""
    found = source.spans(statement)
    in_comment = bool(found) and found[-1][0] == "line" and found[-1][2] == len(statement)
    return "\n" if in_comment else " "


def fill_holes(body: str, holes: tuple[Hole, ...]) -> str:
    """The body with each hole's span replaced by its `fill`."""
    ordered = sorted(holes, key=lambda hole: hole.start)
    text, at = "", 0
    for hole in ordered:
        if not at <= hole.start < hole.end <= len(body):
            raise ProverError(f"the hole of {hole.goal} lies outside its sketch or over another")
        text += body[at : hole.start] + hole.fill
        at = hole.end
    return text + body[at:]


def with_fresh_names(candidate: Candidate, taken: set[str]) -> Candidate:
    """The candidate with each lemma under a name not in `taken`, which they join."""
    for position, lemma in enumerate(candidate.lemmas):
        name = theorem_name(lemma.statement)
        if not name:
            continue
        fresh = fresh_name(name, taken)
        taken.add(fresh)
        if fresh != name:
            candidate = renamed(candidate, position, name, fresh)
    return candidate


def renamed(candidate: Candidate, position: int, name: str, fresh: str) -> Candidate:
    """Rename one lemma, and every use of it from there on."""
    lemmas = [
        Lemma(replace_name(lemma.statement, name, fresh), replace_name(lemma.body, name, fresh))
        for lemma in candidate.lemmas[position:]
    ]
    body = replace_name(candidate.body, name, fresh)
    return Candidate(body, candidate.by, (*candidate.lemmas[:position], *lemmas))


def replace_name(text: str, name: str, fresh: str) -> str:
    """Replace whole identifiers only; `x.NAME` is another one, `NAME.x` is a use."""
    pattern = rf"(?<![\w'!?.«]){re.escape(name)}(?![\w'!?»])"
    return re.sub(pattern, lambda _: fresh, text)


def fresh_name(name: str, taken: set[str]) -> str:
    fresh, number = name, 1
    stem, end = (name[:-1], "»") if name.endswith("»") else (name, "")
    while fresh in taken:
        number += 1
        fresh = f"{stem}_{number}{end}"
    return fresh


def theorem_name(statement: str) -> str:
    """The NAME of `theorem NAME ...`, with attributes and modifiers before it allowed."""
    found = re.search(rf"\b(?:theorem|lemma)\s+({source.NAME})", source.mask(statement))
    return found.group(1) if found else ""
