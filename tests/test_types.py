"""Carriers survive JSON: what an event holds on disk is what was in memory."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from prover.types import Binder, Candidate, Goal, Hole, Lemma, Limits, Problem, Sketch, Verdict

BINDER = Binder("xs", "List Nat", False, "List", (("nil", 0, 0), ("cons", 2, 1)))
VALUES: list[Any] = [
    Problem("p", "theorem p : True", "open Nat", "demo", "train", "It is true.\n« »"),
    BINDER,
    Goal("p/1.2", "p", "theorem p_1_2 : True", key="1-2", depth=1, binders=(BINDER,),
         target="True", head="True", constants=("True",), definitions=("f",), intros=("x",)),
    Lemma("theorem l : True", "trivial"),
    Candidate("by omega", "portfolio:omega", (Lemma("theorem l : True", "trivial"),)),
    Sketch("by\n  sorry", "structural:split"),
    Hole("p/1.1", 5, 10, "(exact @p_1_1 a)"),
    Verdict("rejected", "no", "elaboration", 3, 4, ("propext",), ("Nat.add_comm",), 12, 0.5),
    Verdict("inconclusive", "late", "timeout"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_there_and_back(value: Any) -> None:
    written = json.dumps(dataclasses.asdict(value))
    assert type(value).from_dict(json.loads(written)) == value
    assert hash(type(value).from_dict(json.loads(written))) == hash(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_they_are_frozen(value: Any) -> None:
    field = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, "other")


def test_only_one_status_is_proved() -> None:
    assert [Verdict(s).proved for s in ("proved", "rejected", "inconclusive")] == [1, 0, 0]  # type: ignore[arg-type]


def test_limits_scale_and_none_stays_none() -> None:
    assert Limits(1000, 2.0).scaled(4) == Limits(4000, 8.0)
    assert Limits(0, 2.0).scaled(4).heartbeats == 0
