"""What was spent, and which caps it reaches, on graphs folded from hand-written events."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from run_events import CONFIG, REJECTED, Writer

from prover.budget import (
    Spent,
    out_of_budget,
    price,
    reached,
    spent_in_all,
    spent_on_goal,
    spent_on_problem,
)
from prover.config import Caps, ModelConfig, RunConfig
from prover.graph import ProofGraph
from prover.llm.messages import Usage

USAGE = Usage(1, 1, 100, 20, 1.0, 0, 0.5)


def two_problems() -> Writer:
    run = Writer()
    run.start()
    for name in ("p", "q"):
        run.root(name, f": {name.upper()}")
    run.attempt("p", "x", REJECTED, "by x")
    run.failed_sketch("p", 0, "s")
    run.add("sampled", goal="q", model="m", purpose="sample", how="asked", usage=asdict(USAGE))
    return run


def configured(**more: object) -> RunConfig:
    return RunConfig.model_validate({**CONFIG.model_dump(), **more})


def test_everything_is_booked_to_goal_problem_and_campaign() -> None:
    graph = ProofGraph.of(two_problems().events)
    lean = Spent(2, 2 * REJECTED.seconds)
    models = Spent(tokens=120, money=0.5)
    assert spent_on_goal(graph.goals["p"]) == spent_on_problem(graph, "p") == lean
    assert spent_on_goal(graph.goals["q"]) == spent_on_problem(graph, "q") == models
    assert spent_in_all(graph) == Spent(lean.attempts, lean.seconds, 120, 0.5)


@pytest.mark.parametrize("name", ["attempts", "seconds", "tokens", "money"])
def test_a_cap_is_reached_when_nothing_is_left(name: str) -> None:
    caps = Caps.model_validate({name: 3})
    assert reached(Spent(**{name: 2}), caps) == ""
    assert reached(Spent(**{name: 3}), caps).startswith("3 ")
    assert reached(Spent(9, 9.0, 9, 9.0), Caps()) == ""


def test_a_budget_ends_a_problem_and_that_of_the_campaign_ends_all() -> None:
    graph = ProofGraph.of(two_problems().events)
    assert not out_of_budget(graph, "p", configured())
    few = configured(search={"attempts": 2})
    assert "2 attempts" in out_of_budget(graph, "p", few)
    assert not out_of_budget(graph, "q", few)
    poor = configured(search={"money": 0.5})
    assert "money" in out_of_budget(graph, "q", poor) and not out_of_budget(graph, "p", poor)
    done = configured(budget={"tokens": 100})
    for name in ("p", "q"):
        assert out_of_budget(graph, name, done) == "the campaign's budget: 100 tokens spent"


def test_prices_are_for_a_million_tokens() -> None:
    model = ModelConfig.model_validate(
        {"family": "x", "urls": ["u"], "price": {"prompt": 2.0, "answer": 10.0}}
    )
    assert price(Usage(1, 1, 500_000, 100_000), model) == 2.0
