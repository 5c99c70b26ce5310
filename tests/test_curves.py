"""Curves and samples from the events of runs written here."""

from __future__ import annotations

from dataclasses import asdict

from run_events import PROVED, REJECTED, Writer, demo_events, inconclusive

from prover.curves import Point, Reached, Spent, budgets, curve, reached, samples
from prover.graph import ProofGraph
from prover.passk import Count
from prover.types import Candidate, Event, Verdict


def test_what_was_spent_until_a_problem_was_verified() -> None:
    found = {each.problem: each for each in reached(demo_events())}
    assert "needs_reals" not in found, "no statement, no place in a curve"
    direct = found["lt_irrefl_of_le"]
    assert direct.verified and direct.spent.attempts == 3
    assert not found["odd_one_out"].verified, "tier 2 has not said so"
    graph = ProofGraph.of(demo_events())
    node = graph.problems["goldbach_small"]
    assert found["goldbach_small"].spent.attempts == node.attempts + node.sketches


def test_what_follows_a_proof_is_not_counted() -> None:
    run = Writer()
    run.start()
    goal = run.root("p", ": A")
    run.attempt(goal, "portfolio:omega", PROVED)
    run.close(goal, "proved")
    run.attempt(goal, "portfolio:late", REJECTED)
    assert [each.spent.attempts for each in reached(run.events)] == [1]


def test_a_curve_says_how_much_it_knows() -> None:
    found = [
        Reached("a", True, Spent(1)),
        Reached("b", True, Spent(7)),
        Reached("c", False, Spent(4)),
        Reached("d", False, Spent(10)),
    ]
    assert curve(found, "attempts") == [
        Point(1.0, 1, 0), Point(2.0, 1, 0), Point(5.0, 1, 1), Point(10.0, 2, 1)
    ]  # fmt: skip
    assert curve(found, "tokens") == []


def test_budgets_reach_the_most() -> None:
    assert list(budgets(12)) == [1, 2, 5, 10, 20]
    assert list(budgets(0.3)) == [1] and not list(budgets(0))


def attempt(goal: str, by: str, sample: str, verdict: Verdict) -> Event:
    candidate = Candidate("by simp", by, sample=sample)
    return Event(
        "attempt", 0.0, {"goal": goal, "candidate": asdict(candidate), "verdict": asdict(verdict)}
    )


def test_only_fresh_samples_of_the_problem_itself_are_drawn_alike() -> None:
    lost = inconclusive("timeout")
    events = [
        attempt("p", "tiny:sample", "p#tiny.0.0.0", PROVED),
        attempt("p", "tiny:sample", "p#tiny.0.0.1", lost),
        attempt("p", "tiny:sample", "p#tiny.0.0.1", REJECTED),
        attempt("p", "tiny:correction", "p#tiny.1.0.0", PROVED),
        attempt("p/1.1", "tiny:sample", "p/1.1#tiny.0.0.0", PROVED),
        attempt("p", "portfolio:omega", "", PROVED),
        attempt("q", "tiny:sample", "q#tiny.0.0.0", lost),
        attempt("q", "tiny:sample", "q#tiny.0.0.1", REJECTED),
    ]
    drawn = samples(events)
    assert drawn["tiny"].counts == {"p": Count(2, 1), "q": Count(2, 0, 1)}
    assert list(drawn) == ["tiny"] and drawn["tiny"].fixed
    assert not samples(events[:-1])["tiny"].fixed
