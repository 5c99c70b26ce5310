"""Two runs side by side, written here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from run_events import demo_events

from prover.compare import Run, mcnemar, paired, read
from prover.curves import Spent
from prover.graph import ProofGraph
from prover.report import RowVerdict


def run(name: str, verdicts: dict[str, RowVerdict], **changed: str) -> Run:
    statements = {problem: changed.get(problem, problem) for problem in verdicts}
    return Run(name, verdicts, statements, Spent(10, 5.0), "lean")


@pytest.mark.parametrize(
    ("one", "other", "p"), [(0, 0, 1.0), (1, 0, 1.0), (0, 6, 0.03125), (2, 9, 0.0654), (5, 5, 1.0)]
)
def test_mcnemar(one: int, other: int, p: float) -> None:
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(p, abs=1e-4)


def test_runs_are_paired_by_problem_and_what_is_unknown_is_no_failure() -> None:
    first = run("first", {
        "a": "verified", "b": "verified", "c": "unproved", "d": "inconclusive",
        "e": "unproved", "f": "verified",
    })  # fmt: skip
    this = run("this", {
        "a": "verified", "b": "unproved", "c": "verified", "d": "verified",
        "e": "verified", "g": "verified",
    }, e="another statement")  # fmt: skip
    found = paired(first, this)
    assert (found.pairs, found.both) == (3, 1)
    assert (found.only_first, found.only_this) == (("b",), ("c",))
    assert found.undecided == ("d",) and found.other == ("e", "f", "g")
    assert found.difference is not None and found.difference.value == 0.0
    assert found.difference.low < 0.0 < found.difference.high


def test_nothing_shared_is_nothing_told() -> None:
    found = paired(run("first", {"a": "verified"}), run("this", {"b": "verified"}))
    assert found.pairs == 0 and found.difference is None and found.p == 1.0


def test_a_run_against_itself() -> None:
    this = read("demo", ProofGraph.of(demo_events()))
    assert this.verified == {"lt_irrefl_of_le", "sum_odd_is_square"}
    found = paired(this, replace(this, name="again"))
    assert found.difference is not None
    assert (found.difference.low, found.difference.high) == (0.0, 0.0)
    assert found.undecided == ("odd_one_out", "slow_one"), "what neither can read is not told"
