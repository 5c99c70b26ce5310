"""The kinds of rows, each a function of a run. Pure but for reading the verified files.

proofs       a theorem of a verified file and its proof
sketches     a goal that a decomposition proved: plan, sketch with holes, the holes' statements and
             the composed proof (the cold start of DeepSeek-Prover-V2, arXiv 2504.21801, 2.2)
repairs      a rejected proof with Lean's errors, and the proof of the same goal that Lean took
refutations  a statement that Lean proved false, its negation with proof, and the values
preferences  an accepted and a rejected proof, or sketch, of the same goal
prompts      a goal with how often attempts on it went well, proved or not
steps        a tactic with the goals that it met and left (`tracing`, which asks Lean)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from prover.assembly import render, theorem_name
from prover.curriculum.strata import place
from prover.data.lineage import Lineage, Run, Tried, verified, what_it_took
from prover.data.proofs import Example, example_id
from prover.graph_nodes import GoalNode, ProblemNode, text_digest
from prover.types import Candidate, Lemma

STRATA = ("unsolved", "hard", "medium", "easy")
"""Of a pass rate, by the bounds of `curriculum.strata`."""


@dataclass(frozen=True)
class SketchRow(Lineage):
    holes: tuple[str, ...]
    """Statements of what the sketch leaves open, in order; each is a row of `proofs` too."""


@dataclass(frozen=True)
class RepairRow(Lineage):
    failed_proof: str
    error: str
    """Lean's first error, on one line."""
    error_line: int
    """Within the failed proof, from 1; 0 if there is no place."""
    error_column: int
    """From 0."""
    goals: tuple[str, ...]
    """What the failing tactic met, as Lean prints it; the first three."""
    failed_proof_by: str


@dataclass(frozen=True)
class RefutationRow(Lineage):
    refuted: str
    """The false statement; `statement`, `proof` and `code` are of its negation."""
    counterexample: str
    """Values of its variables; empty where none are known."""


@dataclass(frozen=True)
class PreferenceRow(Lineage):
    of: str
    """`proof`, or `sketch`: what was chosen and rejected."""
    chosen: str
    rejected: str
    rejected_by: str
    why: str
    """Lean's error, or what became of the rejected sketch's holes."""


@dataclass(frozen=True)
class PromptRow(Lineage):
    """`proof` and `code` are empty: the goal may not have any."""

    pass_rate: float
    """`proved / tried`; a search stops at the first proof, so it is no unbiased estimate."""
    stratum: str
    """Of the pass rate: unsolved (0), hard (to 0.25), medium (to 0.75), easy."""


def proofs(run: Run) -> Iterator[Lineage]:
    return (row for _, _, row in verified(run))


def sketches(run: Run) -> Iterator[SketchRow]:
    for _, _, row in verified(run):
        if row.own_sketch:
            sketch = run.graph.sketches[str(run.graph.goals[row.goal].proof)]
            holes = sorted(sketch.holes, key=lambda hole: hole.start)
            statements = tuple(run.graph.goals[hole.goal].goal.statement for hole in holes)
            yield SketchRow(**vars(row), holes=statements)


def alone(run: Run) -> Iterator[tuple[Lineage, Candidate]]:
    """Goals proved by a candidate that needs nothing of its own: what a prover can be asked."""
    for _, part, row in verified(run):
        proof = run.graph.goals[part.goal.id].proof
        if isinstance(proof, Candidate) and not proof.lemmas:
            yield row, proof


def repairs(run: Run) -> Iterator[RepairRow]:
    for row, _ in alone(run):
        for failed in run.tried.get(row.goal, Tried()).rejected():
            verdict, body = failed.verdict, failed.candidate.body
            yield RepairRow(
                **renamed(row, body),
                failed_proof=body,
                error=verdict.reason,
                error_line=verdict.line,
                error_column=verdict.column,
                goals=verdict.failing.goals if verdict.failing else (),
                failed_proof_by=failed.candidate.by,
            )


def preferences(run: Run) -> Iterator[PreferenceRow]:
    for row, _ in alone(run):
        for failed in run.tried.get(row.goal, Tried()).rejected():
            why, by = failed.verdict.reason, failed.candidate.by
            yield preferred(row, "proof", row.proof, failed.candidate.body, by, why)
    for _, _, row in verified(run):
        if row.own_sketch:
            for node in run.graph.sketches_of(row.goal):
                if node.status == "dead":
                    dead = [h.goal for h in node.holes if run.graph.goals[h.goal].status == "dead"]
                    why = "; ".join(became(run.graph.goals[goal]) for goal in dead)
                    body, by = node.sketch.body, node.sketch.by
                    yield preferred(row, "sketch", row.own_sketch, body, by, why)


def preferred(row: Lineage, of: str, chosen: str, body: str, by: str, why: str) -> PreferenceRow:
    same = renamed(row, of + body)
    return PreferenceRow(**same, of=of, chosen=chosen, rejected=body, rejected_by=by, why=why)


def became(node: GoalNode) -> str:
    why = f"false: {node.refuted}" if node.refuted else "nothing that was tried proved it"
    return f"{theorem_name(node.goal.statement)}: {why}"


def renamed(row: Lineage, more: str) -> dict[str, Any]:
    """A row's columns under an id that tells apart what is made of one proof."""
    return {**vars(row), "id": text_digest(f"{row.id}\n{more.strip()}")}


def refutations(run: Run) -> Iterator[RefutationRow]:
    for goal, found in run.negated.items():
        node = run.graph.goals[goal]
        problem = run.graph.problems[node.goal.problem]
        if problem.contradictions or found.candidate.lemmas:
            continue
        row = unproved(run, problem, node)
        theorem = Lemma(found.statement, found.candidate.body)
        about = {
            "id": example_id(node.goal.header, theorem),
            "name": theorem_name(found.statement),
            "statement": found.statement,
            "proof": found.candidate.body,
            "code": render(node.goal.header, [theorem]),
            "by": found.candidate.by,
            "axioms": ", ".join(sorted(found.verdict.axioms)),
            "uses": found.verdict.uses,
            "tier": 1,
        }
        yield RefutationRow(
            **{**vars(row), **about},
            refuted=node.goal.statement,
            counterexample=found.counterexample,
        )


def prompts(run: Run) -> Iterator[PromptRow]:
    """Every goal that Lean decided an attempt on, but for those known to be false."""
    for name, tried in run.tried.items():
        node = run.graph.goals[name]
        if tried.tried and not node.refuted:
            row = unproved(run, run.graph.problems[node.goal.problem], node)
            rate = tried.proved / tried.tried
            yield PromptRow(**vars(row), pass_rate=round(rate, 4), stratum=stratum(rate))


def stratum(rate: float) -> str:
    return STRATA[place(rate)]


def unproved(run: Run, problem: ProblemNode, node: GoalNode) -> Lineage:
    """The row of a goal without its proof."""
    goal, sketch = node.goal, run.graph.parent(node.goal.id)
    root, tried = goal.id == problem.root, run.tried.get(goal.id, Tried())
    example = Example(
        id=example_id(goal.header, Lemma(goal.statement, "")),
        name=theorem_name(goal.statement),
        kind="root" if root else "lemma",
        statement=goal.statement,
        header=goal.header,
        proof="",
        code="",
        by="",
        sketch_by=sketch.sketch.by if sketch else "",
        sketch=sketch.sketch.body if sketch else "",
        own_sketch="",
        plan="",
        parent=theorem_name(run.graph.goals[sketch.goal].goal.statement) if sketch else "",
        source_problem=problem.problem.name,
        source=problem.problem.source,
        split=problem.problem.split,
        informal=problem.problem.informal if root else "",
        key=goal.key,
        lean_version=problem.lean or run.graph.lean,
        axioms="",
        attempts=node.attempts,
        lean_seconds=round(node.seconds, 3),
        verified=False,
        certificate="",
    )
    return Lineage(
        **vars(example),
        goal=goal.id,
        depth=goal.depth,
        problem_statement=problem.problem.statement,
        problem_key=run.graph.goals[problem.root].goal.key,
        license=run.license,
        run=run.name,
        imports=(),
        lemmas=(),
        uses=(),
        model="",
        sampling="",
        sample="",
        **what_it_took(tried, node.asked),
        tier=0,
    )


KINDS: dict[str, tuple[type[Lineage], Callable[[Run], Iterator[Lineage]]]] = {
    "proofs": (Lineage, proofs),
    "sketches": (SketchRow, sketches),
    "repairs": (RepairRow, repairs),
    "refutations": (RefutationRow, refutations),
    "preferences": (PreferenceRow, preferences),
    "prompts": (PromptRow, prompts),
}
"""By name: the columns, and the rows of a run."""

TEXT = {
    "proofs": "proof",
    "sketches": "own_sketch",
    "steps": "tactic",
    "repairs": "proof",
    "refutations": "proof",
    "preferences": "chosen",
    "prompts": "statement",
}
"""The column that is to be learnt, whose length is a row's."""
