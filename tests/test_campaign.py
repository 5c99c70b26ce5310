"""A small campaign on the real Lean: what it proves, what it leaves, how it goes on."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from campaign_client import OUTCOMES, PROBLEMS, configuration, finished_work, proofs

from prover.campaign import nobody, run_campaign
from prover.graph import ProofGraph
from prover.lean.pool import Pool
from prover.lean.process import ProcessSpec
from prover.lean.reuse import Reuse
from prover.lean.verdicts import Verdicts
from prover.lean.verifier import Verifier
from prover.replay import replay
from prover.report import headline, summary
from prover.store import RunStore, proof_path, read_events
from prover.types import Candidate, Certified, Event, Problem, Verdict

pytestmark = [pytest.mark.lean, pytest.mark.slow]


class Enough(Exception):
    pass


async def run(path: Path, verifier: Verifier, most: int = 0) -> ProofGraph:
    """Run or resume; with `most`, cancelled after so many new events."""
    task = asyncio.current_task()
    assert task is not None
    seen = 0

    def watch(event: Event, graph: ProofGraph) -> None:
        nonlocal seen
        seen += 1
        if seen == most:
            task.cancel()

    with RunStore.create(path, configuration()) as store:
        chosen = watch if most else nobody
        return await run_campaign(configuration(), PROBLEMS, store, verifier, chosen)


def interrupted(path: Path, verifier: Verifier, runner: asyncio.Runner, most: int) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(run(path, verifier, most))
        await asyncio.wait({task})
        assert task.cancelled()

    runner.run(main())


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner, verifier: Verifier
) -> Path:
    path = tmp_path_factory.mktemp("campaign") / "run"
    runner.run(run(path, verifier))
    return path


def outcomes(graph: ProofGraph) -> dict[str, str]:
    return {name: node.outcome for name, node in graph.problems.items()}


def test_every_problem_gets_its_verdict(finished: Path) -> None:
    graph = ProofGraph.of(read_events(finished))
    assert outcomes(graph) == OUTCOMES
    assert graph.finished
    assert graph.problem_state("direct") == "verified"
    assert isinstance(graph.goals["direct"].proof, Candidate)
    assert isinstance(graph.goals["by_induction"].proof, str), "only a decomposition proves it"
    assert graph.problem_state("unsupported") == "unsupported"
    assert "Finset" in graph.problems["unsupported"].reason


def test_a_statement_that_ends_lean_does_not_end_a_campaign(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    deep = Problem("deep", "theorem deep : " + "(" * 30_000 + "True" + ")" * 30_000)
    with RunStore.create(tmp_path / "run", configuration()) as store:
        work = run_campaign(configuration(), [deep, PROBLEMS[0]], store, verifier, nobody)
        runner.run(work)
    graph = ProofGraph.of(read_events(tmp_path / "run"))
    assert outcomes(graph) == {"deep": "unsupported", PROBLEMS[0].name: "proved"}
    assert graph.problems["deep"].reason.startswith("crash: ")


def test_what_is_written_is_certified(
    finished: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    graph = ProofGraph.of(read_events(finished))
    for problem in PROBLEMS:
        file = proof_path(finished, problem.name)
        assert file.exists() == (OUTCOMES[problem.name] == "proved")
        if file.exists():
            again = runner.run(verifier.certify(problem, file.read_text())).verdict
            assert again.proved and graph.problems[problem.name].file == f"proofs/{file.name}"
            certificate = json.loads(file.with_suffix(".cert.json").read_text())
            assert certificate["verdict"] == "proved"
            assert certificate["confinement"] == "wasm, no mounts, node permission model"
            assert certificate["statement"] == problem.statement
            assert set(certificate["axioms"]) <= {"propext", "Classical.choice", "Quot.sound"}


def test_events_fold_alike_however_they_are_cut(finished: Path) -> None:
    events = list(read_events(finished))
    whole = ProofGraph.of(events)
    for cut in range(0, len(events), max(1, len(events) // 10)):
        graph = ProofGraph.of(events[:cut])
        for event in events[cut:]:
            graph.apply(event)
        assert graph == whole
    assert max(finished_work(events).values()) == 1


def test_it_is_replayed_without_lean_and_all_of_it_is_booked(
    finished: Path, tmp_path: Path
) -> None:
    made = replay(finished, tmp_path / "again")
    assert made.different == () and made.same >= len(list((finished / "proofs").glob("*.lean")))
    stages = made.graph.ledger.by_stage()
    assert stages["opening"].tests == len(PROBLEMS) and stages["opening"].seconds > 0
    assert made.graph.ledger.total.seconds == pytest.approx(made.graph.spending.seconds)


def test_a_finished_run_has_nothing_left_to_do(
    finished: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    before = (finished / "events.jsonl").read_bytes()
    requests = verifier.pool.stats.requests
    graph = runner.run(run(finished, verifier))
    assert graph.finished and verifier.pool.stats.requests == requests
    assert (finished / "events.jsonl").read_bytes() == before


@pytest.mark.parametrize("cuts", [(10, 25)])
def test_an_interrupted_run_goes_on(
    finished: Path,
    tmp_path: Path,
    runner: asyncio.Runner,
    verifier: Verifier,
    cuts: tuple[int, ...],
) -> None:
    path = tmp_path / "run"
    found: set[tuple[str, str]] = set()
    for most in cuts:
        interrupted(path, verifier, runner, most)
        events = list(read_events(path))
        assert events[-1].type == "interrupted"
        assert found <= proofs(events)
        found = proofs(events)
    graph = runner.run(run(path, verifier))
    events = list(read_events(path))
    assert found <= proofs(events) and outcomes(graph) == OUTCOMES
    assert max(finished_work(events).values()) == 1
    assert graph == ProofGraph.of(events)


class Disagreeing(Verifier):
    """A verifier with a fault: its second tier refuses what the first took."""

    async def certify(self, problem: Problem, text: str) -> Certified:
        certified = await super().certify(problem, text)
        return replace(certified, verdict=Verdict("rejected", "by an axiom", "axioms"))


def test_what_the_tiers_disagree_on_is_quarantined(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    config = configuration()
    with RunStore.create(path, config) as store:
        faulty = Disagreeing(verifier.pool, verifier.facts)
        graph = runner.run(run_campaign(config, PROBLEMS[:1], store, faulty))
    (name,) = graph.problems
    assert graph.problems[name].outcome == "unproved" and graph.problems[name].disagreement
    assert summary(graph).disagreements == [name]
    assert not (path / "proofs").exists()
    kept = json.loads((path / "quarantine" / f"{name}.cert.json").read_text())
    assert (kept["verdict"], kept["reason"], kept["checks"]) == ("rejected", "by an axiom", [])


def attempts(path: Path) -> list[Event]:
    return [event for event in read_events(path) if event.type == "attempt"]


def answers(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The verdicts that settle something, by goal and body."""
    return {
        (event.data["goal"], event.data["candidate"]["body"]): event.data["verdict"]
        for event in attempts(path)
        if event.data["verdict"]["status"] != "inconclusive"
    }


def test_a_second_run_does_not_ask_again(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    with closing(Verdicts(tmp_path / "v.sqlite", pytest.fail)) as kept:
        reusing = Verifier(verifier.pool, verifier.facts, reuse=Reuse(kept, verifier.facts, ""))
        first = runner.run(run(tmp_path / "first", reusing))
        second = runner.run(run(tmp_path / "second", reusing))
    assert outcomes(first) == outcomes(second) == OUTCOMES
    before, after = answers(tmp_path / "first"), answers(tmp_path / "second")
    met = before.keys() & after.keys()  # workers differ in speed, so the runs differ a little
    assert len(met) > len(after) / 2
    assert all(after[x]["reused"] and after[x]["seconds"] == 0 for x in met)
    same = ("status", "kind", "reason", "line", "column", "axioms", "uses", "heartbeats")
    assert all(before[x][name] == after[x][name] for x in met for name in same)
    totals = second.totals()
    assert second == ProofGraph.of(read_events(tmp_path / "second"))
    assert totals.reused.total() >= len(met) and totals.seconds < first.totals().seconds
    assert f"{totals.reused['cache']} from the cache" in headline(summary(second))


def test_what_waits_for_a_worker_is_dropped_once_its_goal_is_proved(
    runner: asyncio.Runner, lean_spec: ProcessSpec, verifier: Verifier, tmp_path: Path
) -> None:
    config = configuration()
    config = config.model_copy(
        update={"search": config.search.model_copy(update={"concurrent": 10})}
    )

    async def main() -> ProofGraph:
        async with Pool(lean_spec, 1, 3000) as pool:
            with RunStore.create(tmp_path / "run", config) as store:
                asked = Verifier(pool, verifier.facts)
                return await run_campaign(config, PROBLEMS[:1], store, asked)

    graph = runner.run(main())
    made = attempts(tmp_path / "run")
    assert outcomes(graph) == {"direct": "proved"}
    assert made[-1].data["verdict"]["status"] == "proved", "nothing is judged after the proof"
    assert graph.dropped >= 5 and graph.totals().attempts == len(made)
    assert graph == ProofGraph.of(read_events(tmp_path / "run"))
