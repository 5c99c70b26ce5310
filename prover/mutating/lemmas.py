"""Lemmas of successful proofs, abstracted, and the negations of what is false; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prover.conjecture_shapes import put, rows
from prover.disproving import disproofs
from prover.mutating.forms import (
    BINDING,
    Mutant,
    Seed,
    after_name,
    data,
    fresh,
    made,
    mentions,
    props,
    said,
    signature,
    taken,
)
from prover.refuting import trials
from prover.types import Binder


def lemma(seed: Seed) -> Iterator[Mutant]:
    """A step of a verified proof, as a problem of its own."""
    yield said("lemma", seed, after_name(seed.goal.statement))


def abstracted(seed: Seed) -> Iterator[Mutant]:
    """More than the step says, if Lean proves it: a term that stands there twice becomes a
    variable wherever it stands (Boyer, Moore, A Computational Logic, 1979, chapter 12), or a
    hypothesis is left out."""
    goal = seed.goal
    for binders in (one_less(goal.binders, h) for h in props(goal.binders)):
        yield replace(made("abstracted", seed, binders, goal.target), only_proved=True)
    texts = [goal.target, *(b.type for b in props(goal.binders))]
    if any(BINDING.search(text) for text in texts):
        return
    (t,) = fresh(taken(goal.binders, goal.target), "t")
    for term in repeated(texts, [b.name for b in data(goal.binders)]):
        binders = [replace(b, type=without(b.type, term, t)) for b in goal.binders]
        values = [b for b in binders if not b.prop]
        ordered = [*values, Binder(t, "", False), *props(binders)]
        target = without(goal.target, term, t)
        yield replace(made("abstracted", seed, ordered, target), only_proved=True)


def one_less(binders: Sequence[Binder], gone: Binder) -> list[Binder]:
    return [b for b in binders if b is not gone]


def places(text: str) -> list[tuple[int, int]]:
    """Of applications, and of fields of variables (`xs.length`)."""
    found = [(row.start, row.end) for row in rows(text)]
    return found + [match.span() for match in FIELD.finditer(text)]


FIELD = re.compile(r"(?<![\w.)])[a-zα-ω][\w']*(?:\.[\w']+)+(?![\w.'])")


def repeated(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Terms about variables that stand there twice, the longest first."""
    found = Counter(text[low:high].strip() for text in texts for low, high in places(text))
    several = [term for term, times in found.items() if times > 1]
    about = [term for term in several if any(mentions(term, name) for name in names)]
    return sorted(about, key=lambda term: (-len(term), term))


def without(text: str, term: str, name: str) -> str:
    """With the name where the term stands as a whole."""
    found: list[tuple[int, int]] = []
    for low, high in places(text):
        high = low + len(text[low:high].rstrip())
        if text[low:high] == term and not any(a < high and low < b for a, b in found):
            found.append((low, high))
    return put(text, found, [name] * len(found))


def negated(seed: Seed) -> Iterator[Mutant]:
    """That it does not hold for all: its proof is a counterexample."""
    goal = seed.goal
    names = signature(goal.binders, "").removesuffix(" : ")
    claim = f"∀ {names}, {goal.target}" if goal.binders else goal.target
    ways = [trial.candidate.body for trial in (*trials(goal), *disproofs(goal))]
    yield replace(said("negated", seed, f": ¬ ({claim})"), bodies=tuple(ways))
