"""The ledger's accounts: everything is in one, and the sums agree however one adds up."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_events import PROVED, REJECTED, Writer, demo_events, inconclusive

from prover.graph import ProofGraph
from prover.graph_nodes import inconclusive_kinds
from prover.ledger import STAGES, Cost, of_check, of_proposal
from prover.llm.messages import Usage
from prover.types import Candidate, Event, Sketch

VERDICTS = [
    replace(verdict, seconds=seconds)
    for verdict in (PROVED, REJECTED, inconclusive("timeout"), inconclusive("memory"))
    for seconds in (0.0, 0.125, 2.5)
]
BY = ["portfolio:omega", "store:same", "carried:proof", "repair:x", "conjectures", "seven:refine"]
PURPOSES = ["sample", "correction", "sketch", "refine", "resume", "something else"]


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """Events of every kind that costs anything."""
    run, sketches = Writer(), 0
    run.start()
    goals = [run.root(name, f": {name}") for name in ("p", "q")]
    for _ in range(draw(st.integers(0, 25))):
        goal, verdict = draw(st.sampled_from(goals)), draw(st.sampled_from(VERDICTS))
        by = draw(st.sampled_from(BY))
        match draw(st.integers(0, 6)):
            case 0 | 1:
                candidate = Candidate(f"by t{draw(st.integers(0, 2))}", by)
                sample = "answer" if by.startswith("seven") else ""
                given = asdict(replace(candidate, sample=sample))
                run.add("attempt", goal=goal, candidate=given, verdict=asdict(verdict))
            case 2:
                sketches += 1
                goals += run.sketch(goal, sketches, by, "by\n  sorry", [": True"])
            case 3:
                usage = Usage(1, 1, draw(st.integers(0, 9)), 3, 0.5, 0, 0.25, retries=1)
                about = {"model": "seven", "purpose": draw(st.sampled_from(PURPOSES))}
                run.add("sampled", goal=goal, **about, how="asked", usage=asdict(usage))
            case 4:
                check = draw(st.sampled_from(["refuter:narrowing", "seven:tool", "conjectures"]))
                run.add("checked", goal=goal, by=check, verdict=asdict(verdict))
            case 5:
                whole = draw(st.booleans())
                about = {"stage": draw(st.sampled_from(STAGES)), "seconds": 0.75, "retries": 1}
                problem = goal.partition("/")[0]
                run.add("spent", problem=problem, goal="" if whole else goal, **about)
            case _:
                problem = goal.partition("/")[0]
                for kind in ("assembled", "disagreement"):
                    run.add(kind, problem=problem, file="f", verdict=asdict(verdict))
    return run.events


def added(costs: list[Cost]) -> Cost:
    total = Cost()
    for cost in costs:
        total.add(cost)
    return total


def same(a: Cost, b: Cost) -> bool:
    exact = a.tests, a.retries, a.inconclusive, a.tokens, a.usage.requests
    return exact == (b.tests, b.retries, b.inconclusive, b.tokens, b.usage.requests) and all(
        math.isclose(x, y, abs_tol=1e-9)
        for x, y in ((a.seconds, b.seconds), (a.usage.money, b.usage.money))
    )


@given(runs())
@settings(max_examples=150)
def test_every_way_of_adding_up_gives_what_was_spent(events: list[Event]) -> None:
    graph = ProofGraph.of(events)
    book = graph.ledger
    for costs in (book.by_stage(), book.by_problem(), book.by_goal()):
        assert same(added(list(costs.values())), book.total)
    assert math.isclose(book.total.seconds, graph.spending.seconds, abs_tol=1e-9)
    assert book.total.usage == graph.spending.usage
    for problem, cost in book.by_problem().items():
        node = graph.problems[problem]
        assert math.isclose(cost.seconds, node.seconds, abs_tol=1e-9)
    for (_, goal), cost in book.by_goal().items():
        if goal:
            assert math.isclose(cost.seconds, graph.goals[goal].seconds, abs_tol=1e-9)


@given(runs())
@settings(max_examples=80)
def test_proofs_over_time_never_go_back(events: list[Event]) -> None:
    graph = ProofGraph.of(events)
    points = [(p.elapsed, p.seconds, p.tokens, p.money) for p in graph.ledger.proofs]
    assert points == sorted(points)
    assert all(a <= b for one, two in zip(points, points[1:], strict=False)
               for a, b in zip(one, two, strict=True))  # fmt: skip
    at = {name: node.verified_at for name, node in graph.problems.items()}
    assert {p.problem: p.elapsed for p in graph.ledger.proofs} == {
        name: time for name, time in at.items() if time is not None
    }


@given(runs(), st.integers(0, 60))
@settings(max_examples=60)
def test_what_is_inconclusive_is_counted_by_kind(events: list[Event], cut: int) -> None:
    kept = [e for e in events[:cut] if e.type not in ("assembled", "disagreement")]
    graph = ProofGraph.of(kept)
    tallies = [inconclusive_kinds(graph.tally(name)) for name in graph.problems if name]
    assert graph.ledger.total.inconclusive == sum(tallies, type(tallies[0])()) if tallies else True


def test_a_retry_is_one_of_what_lean_could_not_decide() -> None:
    run = Writer()
    run.start()
    run.root("p", ": P")
    run.attempt("p", "portfolio:x", inconclusive("timeout"))
    run.attempt("p", "portfolio:x", inconclusive("memory"))
    run.attempt("p", "portfolio:x", REJECTED)
    run.attempt("p", "portfolio:x", REJECTED)
    stages = ProofGraph.of(run.events).ledger.by_stage()
    assert (stages["retries"].tests, stages["retries"].retries) == (2, 2)
    assert stages["retries"].inconclusive == {"memory": 1}
    assert stages["attempts"].tests == 2 and stages["attempts"].retries == 0


@pytest.mark.parametrize(
    ("by", "sample", "stage"),
    [
        ("portfolio:omega", "", "attempts"), ("store:fewer", "", "store"),
        ("carried:proof", "", "store"), ("repair:portfolio:omega", "", "repairs"),
        ("truncate:seven:sample", "", "repairs"), ("steps:intro", "", "attempts"),
        ("seven:sample", "g#1", "attempts"), ("seven:correction", "g#2", "corrections"),
        ("large:sketch", "g#3", "sketches"), ("large:refine", "g#4", "refinements"),
        ("large:repair", "g#5", "corrections"), ("conjectures", "", "conjectures"),
    ],
)  # fmt: skip
def test_who_proposed_it_says_the_stage(by: str, sample: str, stage: str) -> None:
    assert of_proposal(by, sample, "attempts") == stage


def test_checks_are_of_who_wanted_them() -> None:
    assert of_check("refuter:narrowing") == "refutations"
    assert of_check("seven:tool") == "tools" and of_check("conjectures") == "conjectures"


def test_a_run_of_an_older_version_is_still_read() -> None:
    """Its statements say nothing of what they took to open, its models nothing of retries."""
    run = Writer()
    run.start()
    run.root("p", ": P")
    old = {name: 1 for name in ("requests", "samples", "prompt_tokens", "completion_tokens")}
    run.add("sampled", goal="p", model="m", purpose="sample", how="asked", usage=old)
    book = ProofGraph.of(run.events).ledger
    assert book.by_stage()["opening"].seconds == 0.0 and book.total.tokens == 2


def test_a_sketch_is_no_attempt() -> None:
    run = Writer()
    run.start()
    run.root("p", ": P")
    run.failed_sketch("p", 0, "structural:x")
    sketch = asdict(Sketch("by\n  sorry", "large:sketch", "p#large.0.0.0"))
    told = {"sketch_id": "p/1", "holes": [], "goals": []}
    run.add("sketch", goal="p", **told, sketch=sketch, verdict=asdict(REJECTED))
    assert ProofGraph.of(run.events).ledger.by_stage()["sketches"].tests == 2


def test_the_demo_is_booked() -> None:
    graph = ProofGraph.of(demo_events())
    totals = graph.totals()
    stages = graph.ledger.by_stage()
    assert stages["attempts"].tests + stages["sketches"].tests == totals.attempts + totals.sketches
    assert stages["tier 2"].tests == 3 and len(graph.ledger.proofs) == 2
