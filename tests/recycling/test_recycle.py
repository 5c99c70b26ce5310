"""Recorded proofs made whole and short by the real Lean."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prover.errors import InfrastructureError
from prover.graph import ProofGraph
from prover.lean.verifier import Verifier
from prover.recycling.asking import Asking, Spent
from prover.recycling.pivots import pivots, steps
from prover.recycling.pruning import prune
from prover.recycling.recycle import Recycled, recycle
from prover.recycling.splicing import WAYS
from prover.recycling.wholes import Body, Whole, whole
from prover.store import read_events
from prover.training import rows
from prover.types import Candidate, Goal, Lemma, Limits, Problem, Verdict

RUN = Path(__file__).parent.parent / "data" / "recorded"
LIMITS = Limits()

pytestmark = pytest.mark.lean


@pytest.fixture(scope="module")
def graph() -> ProofGraph:
    return ProofGraph.of(read_events(RUN))


@pytest.fixture(scope="module")
def recycled(verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph) -> Recycled:
    failures = rows.failures(read_events(RUN))
    return runner.run(recycle(verifier, graph, LIMITS, failures))


def test_what_a_sketch_proved_is_a_row(
    verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph, recycled: Recycled
) -> None:
    had = {row.goal for row in rows.proofs(graph)}
    proofs = {row.goal: row for row in recycled.rows if not row.failed}
    assert had < set(proofs)
    assert {"mirror_is_involutive", "triangular_numbers"} <= set(proofs) - had
    root = proofs["triangular_numbers"]
    assert root.body == "by\n  induction n <;> simp [sumTo] <;> grind"
    assert root.by == "structural:induction+whole+pruned"
    assert root.completion == f"{root.body[5:]}\n:::"
    for name, row in proofs.items():
        candidate = Candidate(row.body, row.by)
        assert runner.run(verifier.judge(graph.goals[name].goal, candidate, LIMITS)).proved
    counts = recycled.counts
    assert (counts.composed, counts.whole, counts.direct) == (2, 2, len(had))
    assert counts.characters_after < counts.characters_before
    assert counts.checks > 0 and counts.lean_seconds > 0


def test_failures_become_corrections_of_the_short_proof(recycled: Recycled) -> None:
    found = [row for row in recycled.rows if row.failed and row.goal == "triangular_numbers"]
    assert found and {row.body for row in found} == {"by\n  induction n <;> simp [sumTo] <;> grind"}


def test_without_a_check_the_proofs_stay(
    verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph
) -> None:
    found = runner.run(recycle(verifier, graph, LIMITS, most_checks=0))
    direct = {(row.goal, row.body, row.by) for row in rows.proofs(graph)}
    assert {(row.goal, row.body, row.by) for row in found.rows} == direct
    assert (found.counts.checks, found.counts.whole, found.counts.composed) == (0, 0, 2)
    few = runner.run(recycle(verifier, graph, LIMITS, most_checks=2))
    assert (few.counts.checks, few.counts.whole, few.counts.pruned) == (2, 2, 0)
    assert few.counts.cut_off > 0  # what is whole comes first, then what is short


def test_a_lean_that_is_down_is_said_plainly(
    runner: asyncio.Runner, graph: ProofGraph, verifier: Verifier
) -> None:
    class Down(Verifier):
        async def judge(self, *args: Any, **kwargs: Any) -> Verdict:
            raise InfrastructureError("no Lean can be started")

    with pytest.raises(InfrastructureError, match="no Lean"):
        runner.run(recycle(Down(verifier.pool, verifier.facts), graph, LIMITS))


def test_each_way_alone_makes_a_whole(
    verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = graph.goals["triangular_numbers"]
    for way in WAYS:
        monkeypatch.setattr("prover.recycling.wholes.WAYS", (way,))
        made = runner.run(whole(verifier, graph, node.goal.id, LIMITS))
        assert made is not None and "sorry" not in made.body and not made.lemmas
        assert runner.run(verifier.judge(node.goal, made, LIMITS)).proved


def test_a_hole_whose_first_script_fails_takes_the_next(
    verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph
) -> None:
    """As where the context has more than the hole's theorem, and that misleads the script."""
    asking = Asking(verifier)

    async def bodies(goal: str) -> list[Body]:
        proof = graph.goals[goal].proof
        assert isinstance(proof, Candidate)
        return [Body(Candidate("by\n  assumption", ""), None), Body(proof, None)]

    made = runner.run(Whole(asking, graph, LIMITS, bodies).of(graph.goals["mirror_is_involutive"]))
    assert made is not None and "assumption" not in made.candidate.body
    assert runner.run(
        verifier.judge(graph.goals["mirror_is_involutive"].goal, made.candidate, LIMITS)
    ).proved


def opened(verifier: Verifier, runner: asyncio.Runner, statement: str) -> Goal:
    goal = runner.run(verifier.open(Problem("t", statement)))
    assert isinstance(goal, Goal)
    return goal


def test_pruning(verifier: Verifier, runner: asyncio.Runner) -> None:
    goal = opened(verifier, runner, "theorem t (a b : Nat) (h : a < b) : ∃ n, a + n = b ∧ 0 < n")
    text = (
        "by\n  have two : 1 + 1 = 2 := by rfl\n"
        "  first | exact ⟨0, by decide⟩ | exact ⟨b - a, by omega⟩ | simp | rfl"
    )
    done = runner.run(prune(verifier, goal, Candidate(text, "x"), LIMITS, 30))
    assert done.candidate == Candidate("by\n  exact ⟨b - a, by omega⟩", "x+pruned")
    assert done.minimal and done.checks <= 12
    assert (done.before, done.after) == (len(text), len(done.candidate.body))
    short = runner.run(prune(verifier, goal, Candidate(text, "x"), LIMITS, 3))
    assert not short.minimal and short.checks == 3
    wrong = runner.run(prune(verifier, goal, Candidate("by\n  simp [h]", "x"), LIMITS, 30))
    assert wrong.candidate.body == "by\n  simp [h]" and not wrong.minimal


def test_a_candidate_with_lemmas_gets_them_as_steps(
    verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph
) -> None:
    goal = opened(verifier, runner, "theorem t (a : Nat) : a + 0 = 0 + a")
    lemma = Lemma("theorem aux (x : Nat) (h : x = x) : x + 0 = 0 + x", "by\n  omega")
    node = replace(graph.goals["triangular_numbers"], goal=goal)
    node.proof = Candidate("by\n  exact aux a rfl", "x", (lemma,))
    asking = Asking(verifier, 2)

    async def nothing(goal: str) -> list[Body]:
        return []

    made = runner.run(Whole(asking, graph, LIMITS, nothing).of(node))
    assert made is not None and made.candidate.body == "by\n  omega"  # the lemma's own proof does
    assert made.candidate.by == "x+whole"


def test_a_part_is_bound_by_the_whole(verifier: Verifier) -> None:
    asking = Asking(verifier, 3)
    asking.part(10).book()
    part = asking.part(1)
    part.book()
    assert (asking.left(), part.left()) == (1, 0)
    with pytest.raises(Spent):
        part.book()


def test_pivotal_steps(
    verifier: Verifier, runner: asyncio.Runner, graph: ProofGraph, recycled: Recycled
) -> None:
    mirror = [row for row in recycled.rows if row.goal == "mirror_is_involutive"][:1]
    assert [step.tactic for step in steps(mirror[0].body)] == ["induction t"]
    found = runner.run(pivots(verifier, graph, mirror, LIMITS, 60, gap=0.05))
    assert (found.proofs, found.steps) == (1, 1)
    assert {pair.chosen for pair in found.pairs} <= {"induction t"}
    for pair in found.pairs:
        assert pair.p_chosen - pair.p_rejected >= 0.05 and pair.rejected != pair.chosen
