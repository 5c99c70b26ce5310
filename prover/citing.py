"""Proofs that name lemmas which the run has proved: they bring these along, since Lean knows
nothing of other proofs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from prover.assembly import theorem_name
from prover.inductive_proofs import have
from prover.types import Candidate, Goal, Lemma, Sketch, Split

Shown = Callable[[Goal, str], Sequence[str]]
"""Statements of what is proved and may help with a goal, as a model is shown them."""
Named = Callable[[str, Goal], Sequence[Lemma]]
"""Of what is proved that which a text names, with all that it rests on."""


def none_shown(goal: Goal, model: str) -> Sequence[str]:
    return ()


def none_named(text: str, goal: Goal) -> Sequence[Lemma]:
    return ()


def names_of(lemmas: Sequence[Lemma]) -> list[str]:
    return [theorem_name(lemma.statement) for lemma in lemmas]


def apart(split: Split, names: Collection[str]) -> Split:
    """Without the lemmas that the model was shown and has repeated, mostly with a `sorry`."""
    if split.target is None or not names:
        return split
    target = split.theorems[split.target]
    kept = tuple(t for t in split.theorems if t is target or t.name not in names)
    return replace(split, theorems=kept, target=kept.index(target))


def citing(candidate: Candidate, lemmas: Sequence[Lemma]) -> Candidate:
    return replace(candidate, lemmas=(*lemmas, *candidate.lemmas)) if lemmas else candidate


def sketch_citing(sketch: Sketch, lemmas: Sequence[Lemma], goal: Goal) -> Sketch:
    """With the lemmas as `have`s above it."""
    if not lemmas:
        return sketch
    haves = [have(lemma, goal).replace("\n", "\n  ") for lemma in lemmas]
    above = "\n".join(["by", *(f"  {text}" for text in haves), "  exact ("])
    at = (sketch.at[0] - above.count("\n"), 0)
    return replace(sketch, body=f"{above}{sketch.body})", at=at)
