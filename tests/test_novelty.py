"""What states are worth by what is new below them, on values and on hand-written events."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from run_events import REJECTED, Writer

from prover.config import SearchConfig
from prover.graph import ProofGraph
from prover.novelty import STALE_COST, Visits, bound, costs, path_cost
from prover.search import Agenda, next_action
from prover.types import Candidate

REWARDS = st.lists(st.booleans(), max_size=30)
STEP = "by\n  split\n  sorry; sorry"


@given(REWARDS)
def test_discounted_rewards_lie_between_nothing_and_the_visits(rewards: list[bool]) -> None:
    found = Visits.of(rewards)
    assert 0 <= found.reward <= found.count <= len(rewards)
    assert found.count < 1 / (1 - 0.99)


@given(REWARDS, st.integers(0, 29))
def test_a_reward_more_is_worth_more_and_a_late_one_most(rewards: list[bool], at: int) -> None:
    first = [False, *rewards]
    place = at % len(first)
    better = [*first[:place], True, *first[place + 1 :]]
    total = 2.0 * len(first)
    assert bound(Visits.of(better), total) >= bound(Visits.of(first), total)
    early, late = [True, *rewards, False], [False, *rewards, True]
    assert Visits.of(late).reward > Visits.of(early).reward


@given(st.lists(REWARDS, min_size=1, max_size=6))
def test_costs_are_bounded_and_what_was_never_tried_comes_first(
    all_rewards: list[list[bool]],
) -> None:
    siblings = [Visits.of(rewards) for rewards in all_rewards]
    found = costs(siblings)
    assert all(0 <= cost <= STALE_COST for cost in found)
    assert all(
        (cost == 0) == (not rewards) for cost, rewards in zip(found, all_rewards, strict=True)
    )


@given(st.integers(1, 40))
def test_what_was_tried_less_comes_before_its_like(times: int) -> None:
    few, many = Visits.of([False] * times), Visits.of([False] * (times + 1))
    assert costs([few, many])[0] < costs([few, many])[1]
    assert bound(few, 1.0) == 0 < bound(Visits(), 1.0) == math.inf


def two_states() -> tuple[Writer, str, str]:
    """A tactic led from the problem to two goals."""
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    run.attempt("p", "steps:constructor", REJECTED)
    run.add("exhausted", goal="p", what="prover")
    left, right = run.sketch("p", 0, "steps:constructor", STEP, [": A", ": B"])
    return run, left, right


def test_an_expansion_is_new_once() -> None:
    run, left, right = two_states()
    run.attempt(left, "steps:split", REJECTED)
    run.sketch(left, 1, "steps:split", STEP, [": C", ": D"])
    run.attempt(right, "steps:cases", REJECTED)
    run.sketch(right, 1, "steps:cases", STEP, [": C", ": D"])
    graph = ProofGraph.of(run.events)
    assert [e.new for e in graph.goals["p"].expansions] == [False, True]
    assert [e.new for e in graph.goals[left].expansions] == [False, True]
    assert [e.new for e in graph.goals[right].expansions] == [False, False]
    assert path_cost(graph, "p") == 0 < path_cost(graph, left) < path_cost(graph, right)


def test_a_state_pays_for_those_above_it_and_they_for_it() -> None:
    run, left, right = two_states()
    run.attempt(left, "steps:split", REJECTED)
    below = run.sketch(left, 1, "steps:split", STEP, [": C", ": D"])
    before = ProofGraph.of(run.events)
    assert path_cost(before, below[0]) == path_cost(before, left), "not tried yet"
    for name in ("a", "b", "c"):
        run.attempt(below[0], f"steps:{name}", REJECTED)
    graph = ProofGraph.of(run.events)
    assert path_cost(graph, below[0]) > path_cost(graph, below[1])
    assert path_cost(graph, left) > path_cost(before, left)


def test_other_sketches_cost_nothing() -> None:
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    left, _ = run.sketch("p", 0, "structural:split", STEP, [": A", ": B"])
    run.attempt(left, "portfolio:omega", REJECTED)
    graph = ProofGraph.of(run.events)
    assert path_cost(graph, left) == 0 and not graph.goals[left].expansions


def test_the_search_goes_where_something_new_came_from() -> None:
    run, left, right = two_states()
    for name in ("a", "b"):
        run.attempt(left, f"steps:{name}", REJECTED)
        run.attempt(right, f"steps:{name}", REJECTED)
    run.sketch(right, 1, "steps:a", STEP, [": C", ": D"])
    run.add("exhausted", goal="p", what="decomposer")
    agendas = {
        goal: Agenda(candidates=[Candidate("by omega", "portfolio:omega")])
        for goal in (left, right, f"{right}/1.0", f"{right}/1.1")
    }
    graph = ProofGraph.of(run.events)

    def chosen(states: bool) -> str:
        action = next_action(graph, "p", agendas, SearchConfig(refute=False, states=states))
        assert action is not None
        return action.goal

    assert (chosen(states=False), chosen(states=True)) == (left, right)
