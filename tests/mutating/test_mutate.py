"""Problems made of a small run with the real Lean: each as it says it stands, none twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

import pytest

from prover.config import LeanConfig
from prover.graph import ProofGraph
from prover.lean.verifier import Verifier
from prover.mutating.forms import Mutant, Seed
from prover.mutating.mutate import OUTCOMES, Mutated, key_of, mutate, problem, undialected
from prover.mutating.seeds import seeds
from prover.session import fit
from prover.types import Candidate, Goal, Limits, Problem
from tests.run_events import PROVED, Writer

pytestmark = pytest.mark.lean

HEADER = "def twice : Nat → Nat\n  | 0 => 0\n  | n + 1 => twice n + 2\n"


class Says:
    """A model, in a manner of speaking."""

    async def propose(self, seed: Seed) -> Sequence[str]:
        return ["theorem a (m n : Nat) : m + n = n + m", "theorem b (n : Nat) : n = n + q"]


@pytest.fixture(scope="module")
def graph(runner: asyncio.Runner, verifier: Verifier) -> ProofGraph:
    """One problem solved, one failed, one false."""
    run = Writer()
    run.start()
    for name, text, header in (
        ("order", "(a b c : Nat) (h₁ : a < b) (h₂ : b < c) : a + 2 ≤ c", ""),
        ("twice_adds", "(m n : Nat) : twice (m + n) = twice m + twice n", HEADER),
        ("wrong", "(n : Nat) : n * n ≤ 5", ""),
    ):
        of = Problem(name, f"theorem {name} {text}", header)
        run.problem(of)
        goal = runner.run(verifier.open(of))
        assert isinstance(goal, Goal)
        run.add("goal_opened", goal=asdict(goal))
    run.attempt("order", "portfolio:omega", PROVED, "by omega")
    run.close("order", "proved")
    run.close("twice_adds", "unproved", "enough")
    run.refute("wrong", PROVED, "n = 3")
    return ProofGraph.of(run.events)


@pytest.fixture(scope="module")
def found(runner: asyncio.Runner, verifier: Verifier, graph: ProofGraph) -> Mutated:
    families = {"order": ("orders", 4)}
    return runner.run(
        mutate(verifier, [graph], 5, 0, (), {"harder": 0.6, "negation": 0.4}, Says(), families)
    )


def test_each_stands_as_it_says(runner: asyncio.Runner, verifier: Verifier, found: Mutated) -> None:
    assert len(found.made) == 5 and found.refuted
    for made in found.made:
        goal = runner.run(verifier.open(made.problem))
        assert isinstance(goal, Goal) and goal.key == made.key and "_" in made.problem.name
        if made.standing == "proved":
            verdict = runner.run(verifier.judge(goal, Candidate(made.proof, "t"), Limits()))
            assert verdict.proved, made
    assert all(each.standing == "refuted" for each in found.refuted)


def test_they_are_new_and_of_their_parents_family(graph: ProofGraph, found: Mutated) -> None:
    keys = [each.key for each in (*found.made, *found.refuted)]
    own = {key_of(seed.goal)[0] for seed in seeds([graph]).solved}
    assert len(set(keys)) == len(keys) and not own & set(keys)
    harder = [m for m in found.made if m.parents == ("order",) and m.how != "negated"]
    assert harder and {(m.family, m.level) for m in harder} == {("orders", 5)}
    assert {m.how for m in found.made} >= {"negated", "proposed"}


def test_what_became_of_each_is_counted(found: Mutated) -> None:
    for counts in found.counts.values():
        assert counts["proposed"] == sum(counts[outcome] for outcome in OUTCOMES)
    assert found.counts["proposed"]["refused"] == 1  # `q` is nobody
    kept = sum(c["proved"] + c["open"] for c in found.counts.values())
    assert kept >= len(found.made)


def test_what_is_known_is_not_made_again(
    runner: asyncio.Runner, verifier: Verifier, graph: ProofGraph, found: Mutated
) -> None:
    known = {each.key for each in found.made if each.how == "negated"}
    again = runner.run(mutate(verifier, [graph], 1, 0, known, {"negation": 1.0}))
    assert known and not known & {each.key for each in again.made}
    assert again.counts["negated"]["duplicate"] >= 1


def test_a_dialect_is_no_part_of_a_problem() -> None:
    own = "def f := 0\n"
    (fitted,), _ = fit([Problem("p", "theorem p : f = 0", own)], LeanConfig(dialect="mathlib"))
    assert fitted.header != own and undialected(fitted).header == own


def test_names_do_not_grow() -> None:
    before = Mutant("dropped", "(n : Nat) : n = 0", "", ("order_changed_0123abcd",), "f", 1)
    name = problem(before).name
    assert name.startswith("order_dropped_") and len(name) == len("order_dropped_") + 8
