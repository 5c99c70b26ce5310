"""The proof graph against its own definition, on random runs and on a few chosen ones."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_events import PROVED, REJECTED, Writer, demo_events, inconclusive

from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import NEGATION_PROVED, PROPOSERS, candidate_digest
from prover.types import Candidate, Event, Goal, Lemma, Sketch

VERDICTS = [PROVED, REJECTED, inconclusive("timeout"), inconclusive("memory")]


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """Any run that a campaign could write: late replies, repeated attempts, early exhaustion."""
    run, sketches = Writer(), 0
    run.start()
    goals = [run.root(name, f": {name}") for name in ("p", "q")]
    for _ in range(draw(st.integers(0, 25))):
        goal = draw(st.sampled_from(goals))
        kinds = ["attempt", "sketch", "failed", "refutation", "prover", "decomposer", "refuter"]
        match draw(st.sampled_from(kinds)):
            case "attempt":
                verdict = draw(st.sampled_from(VERDICTS))
                run.attempt(goal, f"portfolio:t{draw(st.integers(0, 2))}", verdict)
            case "sketch":
                count, sketches = draw(st.integers(0, 3)), sketches + 1
                body = "by\n" + "  sorry\n" * count
                goals += run.sketch(goal, sketches, "structural:x", body, [": True"] * count)
            case "failed":
                sketches += 1
                run.failed_sketch(goal, sketches, "structural:y")
            case "refutation":
                run.refute(goal, draw(st.sampled_from(VERDICTS)))
            case what:
                run.add("exhausted", goal=goal, what=what)
    return run.events


@given(runs())
@settings(max_examples=120)
def test_statuses_are_what_the_definition_says(events: list[Event]) -> None:
    graph = ProofGraph.of(events)
    for sketch in graph.sketches.values():
        holes = [graph.goals[hole.goal].status for hole in sketch.holes]
        assert (sketch.status == "proved") == all(status == "proved" for status in holes)
        assert (sketch.status == "dead") == ("dead" in holes)
    for name, node in graph.goals.items():
        below = graph.sketches_of(name)
        direct = any(result == "proved" for _, result in node.tally)
        proved = direct or any(sketch.status == "proved" for sketch in below)
        both = name in graph.problems[node.goal.problem].contradictions
        assert both == bool(proved and node.refuted)
        believed = proved and not (both and node.status == "dead")
        spent = node.exhausted >= PROPOSERS and all(s.status == "dead" for s in below)
        dead = node.refuted or spent
        assert node.status == ("proved" if believed else "dead" if dead else "open")
        assert (node.proof is not None) == believed
        assert not isinstance(node.proof, str) or graph.sketches[node.proof].status == "proved"
        assert set(node.undecided) <= node.tried


@given(runs(), st.integers(0, 60))
@settings(max_examples=60)
def test_a_prefix_can_be_folded_further(events: list[Event], cut: int) -> None:
    graph = ProofGraph.of(events[:cut])
    for event in events[cut:]:
        graph.apply(event)
    whole = ProofGraph.of(events)
    assert graph == whole
    assert set(graph.network.edges) == set(whole.network.edges)


@given(runs())
@settings(max_examples=60)
def test_proved_stays_proved_by_the_same_witness(events: list[Event]) -> None:
    graph, proofs = ProofGraph(), dict[str, object]()
    for event in events:
        graph.apply(event)
        assert all(graph.goals[name].proof == proof for name, proof in proofs.items())
        proofs = {n: node.proof for n, node in graph.goals.items() if node.status == "proved"}


@given(runs())
@settings(max_examples=60)
def test_live_goals_are_reached_through_open_nodes(events: list[Event]) -> None:
    graph = ProofGraph.of(events)

    def matters(goal: str) -> bool:
        above = graph.parent(goal)
        mine = graph.goals[goal].status == "open"
        return mine and (above is None or above.status == "open" and matters(above.goal))

    live = graph.live_goals("p")
    assert sorted(live) == sorted(g for g in graph.below("p") if matters(g))
    assert set(graph.live_leaves("p")) == {g for g in live if not graph.open_sketches(g)}


@given(runs())
@settings(max_examples=60)
def test_a_proof_stands_below_what_it_needs(events: list[Event]) -> None:
    graph = ProofGraph.of(events)
    for name, node in graph.goals.items():
        if node.status == "proved":
            order = graph.proof_order(name)
            assert order[-1] == name and len(set(order)) == len(order)
            for position, goal in enumerate(order):
                proof = graph.goals[goal].proof
                holes = graph.sketches[proof].holes if isinstance(proof, str) else ()
                assert all(hole.goal in order[:position] for hole in holes)


def test_a_run_of_every_verdict() -> None:
    graph = ProofGraph.of(demo_events())
    states = {name: graph.problem_state(name) for name in graph.problems}
    assert states == {
        "lt_irrefl_of_le": "verified",
        "sum_odd_is_square": "verified",
        "goldbach_small": "open",
        "needs_reals": "unsupported",
        "odd_one_out": "proved",
        "slow_one": "open",
    }
    assert graph.finished and graph.lean == "4.28.0"
    assert graph.totals("goldbach_small").inconclusive == {"timeout": 14, "memory": 1}
    assert graph.totals().attempts == sum(n.attempts for n in graph.problems.values()) == 46


def test_queries_around_a_goal() -> None:
    graph = ProofGraph.of(demo_events())
    assert graph.siblings("sum_odd_is_square/2.0") == ["sum_odd_is_square/2.1"]
    assert graph.siblings("sum_odd_is_square") == []
    assert graph.parent("sum_odd_is_square") is None
    assert graph.live_leaves("goldbach_small") == ["goldbach_small/13.0", "goldbach_small/13.1"]
    assert len(graph.by_key("goldbach_small", "key:(n : Nat) : IsSumOfPrimes (2 * n)")) == 14
    assert graph.by_key("goldbach_small", "none") == []


def test_a_candidate_is_tried_whoever_proposes_it() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.attempt(goal, "portfolio:trivial", REJECTED)
    graph = ProofGraph.of(run.events)
    assert graph.is_tried(goal, Candidate("by trivial\n", "model:x"))
    with_lemma = Candidate("by trivial", "model:x", (Lemma("theorem a : True", "trivial"),))
    assert not graph.is_tried(goal, with_lemma)


def test_a_verdict_settles_what_was_undecided() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.attempt(goal, "portfolio:grind", inconclusive("timeout"))
    run.attempt(goal, "portfolio:grind", inconclusive("memory"))
    graph = ProofGraph.of(run.events)
    digest = candidate_digest(Candidate("by grind", ""))
    assert graph.goals[goal].undecided[digest].kinds == ("timeout", "memory")
    run.attempt(goal, "portfolio:grind", REJECTED)
    graph.apply(run.events[-1])
    assert graph.goals[goal].undecided == {} and graph.goals[goal].inconclusive.total() == 2


def test_events_may_hold_carriers_as_well_as_json() -> None:
    plain = demo_events()
    loaded = [
        Event(e.type, e.time, {**e.data, "goal": Goal.from_dict(e.data["goal"])})
        if e.type == "goal_opened"
        else e
        for e in plain
    ]
    assert ProofGraph.of(loaded) == ProofGraph.of(plain)


def test_a_pause_before_a_resume_is_no_run_time() -> None:
    run = Writer()
    run.start()
    run.add("interrupted")
    run.time += 1000
    run.start()
    run.add("run_finished")
    assert ProofGraph.of(run.events).elapsed == 1.0


@pytest.mark.parametrize(
    ("type", "data", "word"),
    [
        ("invented", {}, "unknown event type 'invented'"),
        ("attempt", {"goal": "nowhere"}, "unknown goal nowhere"),
        ("attempt", {"goal": "p"}, "an event of type attempt is malformed: 'candidate'"),
        ("closed", {"problem": "r", "outcome": "proved"}, "unknown problem r"),
        ("exhausted", {"goal": "p", "what": "patience"}, "'patience' cannot be exhausted"),
        ("goal_opened", {"goal": asdict(Goal("x", "p", "theorem x : True"))}, "two root goals"),
    ],
)
def test_what_does_not_fit_is_refused(type: str, data: dict[str, object], word: str) -> None:
    run = Writer()
    run.root("p", ": True")
    run.add(type, **data)
    with pytest.raises(UserError, match=word):
        ProofGraph.of(run.events)


def test_holes_and_goals_of_a_sketch_must_agree() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.sketch(goal, 0, "structural:x", "by sorry", [": True"])
    run.events[-1].data["goals"] = []
    with pytest.raises(UserError, match="holes of sketch p/0 are not its goals"):
        ProofGraph.of(run.events)


def test_of_an_answer_that_is_a_proof_and_a_sketch_the_word_on_the_proof_stands() -> None:
    """A correction answers it, also where the run is resumed once the sketch has compiled."""
    run = Writer()
    run.start()
    goal = run.root("p", ": A")
    proof = Candidate("by x", "m:sample", sample="p#m.0.0.0")
    sketch = Sketch("by x", "m:sample", sample="p#m.0.0.0")
    run.add("attempt", goal=goal, candidate=asdict(proof), verdict=asdict(REJECTED))
    run.add(
        "sketch", goal=goal, sketch_id="p/1", sketch=asdict(sketch), verdict=asdict(PROVED),
        holes=[], goals=[],
    )  # fmt: skip
    assert ProofGraph.of(run.events).goals[goal].answers == {"p#m.0.0.0": (proof, REJECTED)}


def test_a_refuted_goal_is_dead_and_so_is_its_sketch() -> None:
    run = Writer()
    run.start()
    run.root("p", ": A")
    left, right = run.sketch("p", 0, "x", "by\n  sorry\n  sorry", [": B", ": C"])
    run.refute(left, REJECTED)
    graph = ProofGraph.of(run.events)
    assert graph.goals[left].status == "open" and not graph.goals[left].refuted
    run.refute(left, PROVED, "n = 3")
    graph.apply(run.events[-1])
    node = graph.goals[left]
    assert (node.status, node.refuted) == ("dead", "n = 3") and not node.exhausted
    assert graph.sketches["p/0"].status == "dead" and graph.live_goals("p") == ["p"]
    assert node.seconds == PROVED.seconds + REJECTED.seconds == graph.goals[left].seconds
    assert node.tally == {("refuter:test", "rejected"): 1, ("refuter:test", "refuted"): 1}
    assert node.attempts == graph.problems["p"].attempts == 0
    for event in run.events[-1:]:  # another one changes nothing
        graph.apply(event)
    assert graph.goals[left].refuted == "n = 3" and graph.goals[right].status == "open"


def test_a_refuter_that_is_done_kills_nothing() -> None:
    run = Writer()
    run.root("p", ": A")
    run.exhaust("p")
    graph = ProofGraph.of(run.events)
    assert graph.goals["p"].status == "dead", "nor is it waited for"
    run = Writer()
    run.root("p", ": A")
    run.add("exhausted", goal="p", what="refuter")
    run.add("exhausted", goal="p", what="prover")
    assert ProofGraph.of(run.events).goals["p"].status == "open"


def test_a_goal_both_proved_and_refuted_is_an_alarm() -> None:
    for first, status in (("proof", "proved"), ("refutation", "dead")):
        run = Writer()
        run.start()
        run.root("p", ": A")
        if first == "proof":
            run.attempt("p", "x", PROVED)
        run.refute("p", PROVED)
        if first == "refutation":
            run.attempt("p", "x", PROVED)
        graph = ProofGraph.of(run.events)
        assert graph.goals["p"].status == status, "what came first stands"
        assert graph.goals["p"].refuted == NEGATION_PROVED
        assert graph.problems["p"].contradictions == ["p"]
        run.close("p", "proved")
        assert ProofGraph.of(run.events).problem_state("p") != "verified"


def test_a_sketch_that_proves_a_refuted_goal_is_an_alarm_too() -> None:
    run = Writer()
    run.root("p", ": A")
    (hole,) = run.sketch("p", 0, "x", "by\n  sorry", [": B"])
    run.refute("p", PROVED, "n = 0")
    run.attempt(hole, "x", PROVED)
    graph = ProofGraph.of(run.events)
    assert graph.goals["p"].status == "dead" and graph.goals["p"].proof is None
    assert graph.problems["p"].contradictions == ["p"]
