"""What a model's text comes to once Lean's parser has taken it apart. Pure.

A prover's text becomes a candidate; a decomposer's, and a prover's with helper lemmas, becomes a
sketch in which every lemma that the proof needs is a hole.
"""

from __future__ import annotations

from dataclasses import replace

from prover.lean import source
from prover.lean.blueprint import as_body, blueprint
from prover.lean.split import candidate_of, nothing, rejected
from prover.types import Candidate, Draft, Goal, Sketch, Split, SplitTheorem, Verdict


def read_candidate(split: Split | Verdict, goal: Goal, draft: Draft) -> Candidate | Verdict:
    if isinstance(split, Verdict):
        return split
    found = candidate_of(split, goal, draft.by)
    if isinstance(found, Verdict) or split.target is None:
        return found
    target = split.theorems[split.target]
    return replace(found, sample=draft.sample, at=(target.line, target.column))


def read_sketch(split: Split | Verdict, goal: Goal, draft: Draft) -> Sketch | Verdict:
    """The text's own proof with its holes, the lemmas above it turned into holes too."""
    if isinstance(split, Verdict):
        return split
    if split.target is None:
        return nothing(split)
    target = split.theorems[split.target]
    if target.error is not None:
        return rejected("parse", target.error.text, target.error.line, target.error.column)
    lemmas = lemmas_above(split)
    if not target.sorry and not lemmas:
        return rejected("parse", "it leaves nothing to prove later", target.line, target.column)
    plan = blueprint(lemmas, target.body)
    if isinstance(plan, str):
        return rejected("parse", plan, target.line, target.column)
    body = as_body(plan, goal)
    above = body.count("\n") - target.body.count("\n")
    at = (target.line - above, 0 if above else target.column)
    return Sketch(body, draft.by, draft.sample, at, draft.plan, draft.logprob)


def lemmas_above(split: Split) -> list[SplitTheorem]:
    """Those whose statement the parser read; what is left of their proofs does not matter."""
    above = split.theorems[: split.target]
    return [x for x in above if source.theorems(x.statement) and "." not in x.name]
