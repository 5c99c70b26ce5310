"""What a run proves reaches the proof store, its other goals and the next run."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from run_events import PROVED, REJECTED, Writer

from prover.campaign import run_campaign
from prover.config import LeanConfig, LimitsConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.graph import ProofGraph
from prover.lean.verifier import Verifier
from prover.proof_keeping import ProofKeeping, recalled
from prover.proof_store import ProofStore
from prover.report import headline, summary
from prover.store import RunStore
from prover.store_prover import StoreProver, is_stored
from prover.types import Candidate, Lemma, Problem


@contextmanager
def memory() -> Iterator[ProofStore]:
    with closing(ProofStore(None, pytest.fail)) as made:
        yield made


class Told:
    """A graph, a store and what was offered to which goal."""

    def __init__(self, proofs: ProofStore, writer: Writer) -> None:
        self.writer, self.graph = writer, ProofGraph()
        self.offered: list[tuple[str, str]] = []
        prover = StoreProver(proofs, "L")
        self.keeping = ProofKeeping(proofs, self.graph, "L", prover, self.add)
        self.go_on()

    def add(self, goal: str, candidate: Candidate) -> None:
        self.offered.append((goal, candidate.by))

    def go_on(self) -> None:
        for event in self.writer.events:
            self.graph.apply(event)
            self.keeping.told(event)
        self.writer.events.clear()


def two_problems() -> Writer:
    writer = Writer()
    writer.start()
    writer.root("one", ": p ∧ q")
    writer.root("two", ": p")
    return writer


def test_every_goal_is_kept_as_soon_as_it_is_proved() -> None:
    with memory() as proofs:
        told = Told(proofs, two_problems())
        left, right = told.writer.sketch(
            "one", 1, "split", "⟨by sorry, by sorry⟩", [": p", ": q"]
        )  # fmt: skip
        told.writer.attempt(left, "portfolio:simp", REJECTED)
        told.go_on()
        assert proofs.all() == []
        brought = (Lemma("theorem l : True", "trivial"),)
        told.writer.attempt(left, "portfolio:grind", PROVED, lemmas=brought)
        told.go_on()
        assert [p.key for p in proofs.all()] == ["key:: p"]
        assert told.offered == [("two", "store:same")]
        told.writer.attempt(right, "portfolio:omega", PROVED)
        told.go_on()
        by_key = {p.key: p for p in proofs.all()}
        assert set(by_key) == {"key:: p", "key:: q", "key:: p ∧ q"}
        whole = by_key["key:: p ∧ q"]
        assert whole.body == "⟨by exact one_1_0 .., by exact one_1_1 ..⟩"
        assert [lemma.statement.split()[1] for lemma in whole.lemmas] == [
            "l", "one_1_0", "one_1_1"
        ]  # fmt: skip
        assert whole.proved_by == "split (portfolio:grind, portfolio:omega)"
        assert whole.seconds == pytest.approx(0.7) and whole.problem == "one"


def test_what_came_from_the_store_is_not_kept_again() -> None:
    with memory() as proofs:
        told = Told(proofs, two_problems())
        told.writer.attempt("two", "store:renamed", PROVED)
        told.go_on()
        assert proofs.all() == []
        (again,) = recalled(told.graph, "L")
        assert (again.key, again.statement) == ("key:: p", "theorem two : p")


def test_closed_and_proved_goals_are_offered_nothing() -> None:
    with memory() as proofs:
        writer = two_problems()
        writer.root("three", ": p")
        writer.root("four", ": p")
        told = Told(proofs, writer)
        writer.add("closed", problem="three", outcome="unproved", reason="search ended")
        writer.attempt("two", "portfolio:simp", PROVED)
        told.go_on()
        assert told.offered == [("four", "store:same")]
        assert len(proofs.all()) == 1


def test_a_step_is_carried_over_from_a_sketch_that_failed() -> None:
    """With hypotheses that it had and has no more; where the store has it, by the store."""
    with memory() as proofs:
        writer = Writer()
        writer.start()
        writer.root("p", ": p")
        (old,) = writer.sketch(
            "p", 0, "large:sketch", "by sorry", [": A"], conclusion="A", hypotheses=("false",)
        )
        writer.attempt(old, "seven:sample", PROVED, f"by exact {old.replace('/', '_')}")
        told = Told(proofs, writer)
        assert told.offered == []
        writer.sketch("p", 1, "large:refine", "by sorry", [": B"], conclusion="B")
        (new,) = writer.sketch("p", 2, "large:refine", "by  sorry", [": A'"], conclusion="A")
        told.go_on()
        assert told.offered == [(new, "carried:proof")]
        more = ("false", "true")
        writer.sketch(
            "p", 3, "large:refine", "by   sorry", [": A''"], conclusion="A", hypotheses=more
        )
        told.go_on()
        assert told.offered == [(new, "carried:proof")]
        told.keeping.resume()
        assert told.offered == [(new, "carried:proof")] * 2, "it may have been owed"


def test_a_resumed_run_keeps_what_it_had_no_time_for() -> None:
    writer = two_problems()
    writer.attempt("two", "portfolio:simp", PROVED)
    graph = ProofGraph.of(writer.events)
    with memory() as proofs:
        keeping = ProofKeeping(proofs, graph, "L", StoreProver(proofs, "L"), lambda *_: None)
        keeping.resume()
        assert [p.key for p in proofs.all()] == ["key:: p"]


def test_the_report_counts_what_the_store_closed() -> None:
    writer = two_problems()
    assert "proof store" not in headline(summary(writer.events))
    writer.attempt("two", "store:same", PROVED)
    assert "; 1 goal closed from the proof store" in headline(summary(writer.events))
    writer.attempt("one", "store:fewer", PROVED)
    assert summary(writer.events).recalled == 2
    assert "; 2 goals closed from the proof store" in headline(summary(writer.events))


# With the real Lean

TIMES = "def times : Nat → Nat → Nat\n  | 0, _ => 0\n  | n + 1, m => times n m + m\n"
FIRST = (
    Problem("swap", "theorem swap (n m : Nat) : times n m = m * n", TIMES, "set"),
    Problem("below", "theorem below (a b c : Nat) (h1 : a < b) (h2 : b ≤ c) : a < c", TIMES),
)
SECOND = (
    # Other names, another order and one hypothesis more.
    Problem(
        "again",
        "theorem again (k j : Nat) (odd : k % 2 = 1) : times j k = k * j",
        TIMES,
    ),
    # It needs nothing of its header.
    Problem("elsewhere", "theorem elsewhere (z y x : Nat) (g : y ≤ z) (f : x < y) : x < z"),
)


def config(**more: object) -> RunConfig:
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        lean=LeanConfig(workers=2),
        limits=LimitsConfig(heartbeats=8000, seconds=30.0),
        search=SearchConfig(attempts=40, depth=1, seconds=200.0, concurrent=2),
        **more,  # type: ignore[arg-type]
    )


def campaign(
    runner: asyncio.Runner,
    verifier: Verifier,
    path: Path,
    problems: Sequence[Problem],
    file: Path | None,
) -> ProofGraph:
    async def main() -> ProofGraph:
        with RunStore.create(path, config()) as store:
            with closing(ProofStore(file, pytest.fail)) as proofs:
                return await run_campaign(config(), problems, store, verifier, proofs=proofs)

    return runner.run(main())


def proof_of(graph: ProofGraph, problem: str) -> Candidate:
    assert graph.problem_state(problem) == "verified"
    proof = graph.goals[problem].proof
    assert isinstance(proof, Candidate)
    return proof


@pytest.mark.lean
@pytest.mark.slow
def test_one_run_spares_the_next_its_search(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    file = tmp_path / "proofs.sqlite"
    first = campaign(runner, verifier, tmp_path / "a", FIRST, file)
    assert isinstance(first.goals["swap"].proof, str), "only a decomposition proves it"
    assert first.problem_state("swap") == "verified"
    same = campaign(runner, verifier, tmp_path / "b", FIRST, file)
    assert {proof_of(same, p.name).by for p in FIRST} == {"store:same"}
    assert same.totals().attempts == 2 and same.totals().sketches == 0
    other = campaign(runner, verifier, tmp_path / "c", SECOND, file)
    assert proof_of(other, "again").by == "store:fewer"
    assert proof_of(other, "elsewhere").by == "store:renamed"
    assert other.totals().attempts == 2 and other.totals().sketches == 0
    with closing(ProofStore(file, pytest.fail)) as proofs:
        hits = {p.key: p.hits for p in proofs.all()}
        assert hits[first.goals["swap"].goal.key] == hits[first.goals["below"].goal.key] == 2


@pytest.mark.lean
@pytest.mark.slow
def test_a_wrong_proof_in_the_file_is_a_rejected_attempt(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    file = tmp_path / "proofs.sqlite"
    campaign(runner, verifier, tmp_path / "a", FIRST[1:], file)
    with closing(sqlite3.connect(file, isolation_level=None)) as base:
        base.execute("UPDATE proofs SET body = 'by exact (sorry : a < c)'")
    graph = campaign(runner, verifier, tmp_path / "b", FIRST[1:], file)
    assert not is_stored(proof_of(graph, "below"))
    assert graph.goals["below"].tally["store:same", "rejected"] == 1
    with closing(ProofStore(file, pytest.fail)) as proofs:
        (proof,) = proofs.all()
        assert "sorry" not in proof.body, "what proved it now has replaced it"


@pytest.mark.lean
@pytest.mark.slow
def test_a_proof_reaches_the_twin_that_gave_up(
    tmp_path: Path, runner: asyncio.Runner, verifier: Verifier
) -> None:
    """Both are opened before either is proved, and no prover knows a proof of either."""
    twin = replace(FIRST[0], name="twin", statement=FIRST[0].statement.replace("swap", "twin"))
    graph = campaign(runner, verifier, tmp_path / "run", [FIRST[0], twin], None)
    proofs = [graph.goals[name].proof for name in ("swap", "twin")]
    assert all(graph.problem_state(name) == "verified" for name in ("swap", "twin"))
    assert sum(isinstance(proof, Candidate) and is_stored(proof) for proof in proofs) == 1
