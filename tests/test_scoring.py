"""A benchmark's result from the events of a run written here."""

from __future__ import annotations

import json

import pytest
from run_events import CONFIG, PROVED, REJECTED, Writer, demo_events

from prover import errata
from prover.errata import Erratum, digest
from prover.scoring import Ran, lines, result
from prover.types import Event

RAN = Ran("demo", "jsonl", "valid", "ab" * 32, CONFIG, "cd" * 32)


def test_the_result_is_json_and_says_what_it_rests_on() -> None:
    made = json.loads(json.dumps(result(RAN, demo_events())))
    assert (made["problems"], made["supported"], made["proved"]) == (6, 5, 2)
    assert made["score"]["value"] == 0.4
    assert made["inconclusive"] == 1
    assert made["not_verified"] == ["odd_one_out"], "tier 2 crashed"
    assert made["score_if_inconclusive_were_proved"]["value"] == 0.8
    assert made["inconclusive_attempts"]["timeout"] >= 1
    assert made["lean"] == "4.28.0" and made["driver_sha256"] == "cd" * 32
    assert made["config"]["name"] == "demo" and made["prover"]
    slow = next(row for row in made["results"] if row["name"] == "slow_one")
    assert slow["verdict"] == "inconclusive" and slow["inconclusive"] == {"memory": 1, "timeout": 1}
    assert made["curves"]["attempts"][-1]["verified"] == 2
    assert "no prover of this run draws any" in made["pass_at_k"]["note"]
    assert made["per_proof"]["lean_seconds"] == pytest.approx(made["lean_seconds"] / 2, abs=0.1)


def test_a_statement_known_to_be_wrong_is_reported_beside_the_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statement = next(
        event.data["problem"]["statement"]
        for event in demo_events()
        if event.type == "problem_added" and event.data["problem"]["name"] == "lt_irrefl_of_le"
    )
    entry = Erratum("demo", "x", "false", "a = b", ("us",), (digest(statement),))
    monkeypatch.setattr(errata, "known", lambda: {digest(statement): entry})
    made = result(RAN, demo_events())
    assert [(row["name"], row["verdict"]) for row in made["known_wrong"]] == [
        ("lt_irrefl_of_le", "proved")
    ]
    assert made["score"]["value"] == 0.4 and made["score_without_known_wrong"]["value"] == 0.25
    assert any("lt_irrefl_of_le (false, proved)" in line for line in lines(made))


def sampled(*outcomes: bool) -> list[Event]:
    """One problem for each row of a table of samples."""
    run = Writer()
    run.start()
    for name, passed in zip("pq", (outcomes[:2], outcomes[2:]), strict=True):
        goal = run.root(name, f": {name.upper()}")
        for index, proved in enumerate(passed):
            run.attempt(goal, "tiny:sample", PROVED if proved else REJECTED, f"by t{index}")
            candidate = run.events[-1].data["candidate"]
            candidate["sample"] = f"{goal}#tiny.0.{index}.0"
    return run.events


def test_pass_at_k_by_model() -> None:
    made = result(RAN, sampled(True, False, False, False))["pass_at_k"]["tiny"]
    assert made["counts"] == {"p": [2, 1], "q": [2, 0]}
    assert {k: v["value"] for k, v in made["pass_at"].items()} == {"1": 0.25, "2": 0.5}
    assert any(line.startswith("pass@2 tiny") for line in lines(result(RAN, sampled(*[True] * 4))))


def test_samples_that_stop_at_a_proof_have_no_pass_at_k() -> None:
    made = result(RAN, sampled(True, True, False))["pass_at_k"]["tiny"]
    assert "pass_at" not in made and "not fixed" in made["note"]
