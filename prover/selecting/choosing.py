"""The chain of selection methods that is asked for by name, and the draw at its end."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prover.digest import sha256
from prover.errors import UserError
from prover.selecting import drawing, likelihood
from prover.selecting.facts import Facts, Kept, Known, Span, facts_of
from prover.selecting.plugins import BUDGET, FAMILIES, LOGPROBS, RATES, Plugin, lot, parse
from prover.training import rows as training_rows
from prover.training.rows import Row

NOT_DRAWN = "not drawn"


@dataclass(frozen=True)
class Chosen:
    """What is left, in the order in which it came."""

    rows: tuple[Row, ...]
    """With weight and mask."""
    dropped: Mapping[str, int]
    """How many rows went, by method and reason."""
    record: Mapping[str, Any]
    """What was asked and what came of it, with the hash of the rows, for a training's record."""

    @property
    def missing(self) -> int:
        """Rows that were asked for and are not there: too few were left to draw from."""
        return int(self.record["count"] or len(self.rows)) - len(self.rows)


@dataclass(frozen=True)
class State:
    """Between two methods."""

    facts: tuple[Facts, ...]
    kept: tuple[Kept, ...]
    shares: Mapping[str, float] | None = None


def chosen(
    names: Sequence[str], rows: Sequence[Row], known: Known, count: int | None, seed: int
) -> Chosen:
    """The methods one after the other, each with its numbers (`cap:4`), then a draw of `count`.

    - With a count exactly so many rows come back, unless fewer are left: then `missing` says so.
    - Methods give odds or weights. Odds are of the draw; without a count they are weights instead.
      Weights are of the loss and scaled to a mean of 1.
    - The same rows, facts and seed give the same answer, whatever their order, and only
      log-probabilities ask a model: `known.base`, once, for the rows that are left by then.

    Raises UserError for an unknown name or number, or where a method lacks what it needs.
    """
    if count is not None and count < 1:
        raise UserError("a selection wants a positive number of rows")
    methods = [parse(name) for name in names]
    for method, _ in methods:
        check(method, known, count)
    begun = tuple(Kept(weight=row.weight, masked=row.masked) for row in rows)
    state = State(tuple(facts_of(row, known) for row in rows), begun)
    dropped: Counter[str] = Counter()
    for method, numbers in methods:
        if LOGPROBS in method.needs:
            state = dataclasses.replace(state, facts=asked(state.facts, known.base))
        state, gone = step(state, method, numbers, seed)
        dropped += gone
    left, gone = finished(state, count, seed)
    dropped += gone
    record = {
        "methods": list(names),
        "count": count,
        "seed": seed,
        "model": known.base if any(LOGPROBS in method.needs for method, _ in methods) else "",
        "given": len(rows),
        "given_sha256": digest(rows),
        "kept": len(left),
        "kept_sha256": digest(left),
        "dropped": dict(dropped),
    }
    return Chosen(left, dict(dropped), record)


def check(method: Plugin, known: Known, count: int | None) -> None:
    """Raises UserError for what the method cannot do without."""
    for need, there, wanted in (
        (RATES, bool(known.passed), "pass rates: name the runs, rows alone do not tell"),
        (FAMILIES, bool(known.families), "families of problems"),
        (LOGPROBS, bool(known.base), "a model that tells how likely a proof is"),
        (BUDGET, bool(count), "a number of rows: it is a draw"),
    ):
        if need in method.needs and not there:
            raise UserError(f"the selection method {method.name} needs {wanted}")


def asked(facts: Sequence[Facts], base: str) -> tuple[Facts, ...]:
    """With what the model says, if it has not been asked before."""
    if any(each.likelihood for each in facts):
        return tuple(facts)
    found = likelihood.likelihoods(base, [each.row for each in facts])
    pairs = zip(facts, found, strict=True)
    return tuple(dataclasses.replace(each, likelihood=said) for each, said in pairs)


def step(
    state: State, method: Plugin, numbers: Sequence[float], seed: int
) -> tuple[State, Counter[str]]:
    answer = method.method(state.facts, numbers, seed)
    gone = Counter(f"{method.name}: {a}" for a in answer.rows if isinstance(a, str))
    stay = [
        (facts, combined(before, now))
        for facts, before, now in zip(state.facts, state.kept, answer.rows, strict=True)
        if isinstance(now, Kept)
    ]
    shares = state.shares if answer.shares is None else answer.shares
    return State(tuple(f for f, _ in stay), tuple(k for _, k in stay), shares), gone


def combined(before: Kept, now: Kept) -> Kept:
    masked = tuple(sorted({*before.masked, *now.masked}))
    return Kept(before.odds + now.odds, before.weight * now.weight, masked)


def finished(state: State, count: int | None, seed: int) -> tuple[tuple[Row, ...], Counter[str]]:
    """Drawn, if so many are wanted; with weights of the loss."""
    odds = [kept.odds for kept in state.kept]
    families = [facts.family for facts in state.facts]
    weights = [kept.weight for kept in state.kept]
    places: Sequence[int] = range(len(odds))
    if count is None:
        more = drawing.as_weights(odds, families, state.shares)
        weights = [a * b for a, b in zip(weights, more, strict=True)]
    else:
        lots = [lot(facts, seed) for facts in state.facts]
        places = drawing.drawn(odds, lots, families, state.shares, count, seed)
    scaled = drawing.normalised([weights[i] for i in places])
    rows = tuple(
        weighed(state.facts[i].row, weight, state.kept[i].masked)
        for i, weight in zip(places, scaled, strict=True)
    )
    return rows, Counter({NOT_DRAWN: len(odds) - len(rows)} if len(rows) < len(odds) else {})


def weighed(row: Row, weight: float, masked: tuple[Span, ...]) -> Row:
    return dataclasses.replace(row, weight=weight, masked=masked)


def digest(rows: Sequence[Row]) -> str:
    """The lineage of a choice: equal rows in equal order have an equal one."""
    return sha256(training_rows.dump(rows))
