"""Synthetic runs for tests: events as a campaign would write them, without Lean."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prover.assembly import assemble
from prover.certificate import certificate, dump
from prover.config import RunConfig
from prover.graph import ProofGraph
from prover.store import RunStore
from prover.types import (
    Binder,
    Candidate,
    Certified,
    Event,
    Goal,
    Hole,
    LeanFacts,
    Lemma,
    Limits,
    Problem,
    Sketch,
    Verdict,
)

CONFIG = RunConfig.model_validate({"name": "demo", "problems": {"source": "problems"}})
PROVED = Verdict("proved", axioms=("propext",), heartbeats=120, seconds=0.2)
REJECTED = Verdict("rejected", "unsolved goals", "elaboration", line=1, seconds=0.05)


def inconclusive(kind: str) -> Verdict:
    return Verdict("inconclusive", f"gave up: {kind}", kind, seconds=2.0)


class Writer:
    """Collects events with a clock of its own, half a second an event."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.time = 1_790_000_000.0

    def add(self, type: str, **data: Any) -> None:
        self.time += 0.5
        self.events.append(Event(type, self.time, data))

    def start(self) -> None:
        self.add("run_started", config_digest=CONFIG.digest(), lean="4.28.0", python="3.11.7")

    def problem(self, problem: Problem) -> None:
        self.add("problem_added", problem=asdict(problem))

    def root(self, name: str, statement: str, informal: str = "", source: str = "demo") -> str:
        """Add a problem and open its goal, whose id it returns."""
        text = f"theorem {name} {statement}"
        self.problem(Problem(name, text, "-- a header", source, "train", informal))
        goal = Goal(name, name, text, "-- a header", key=f"key:{statement}", target=statement)
        self.add("goal_opened", goal=asdict(goal))
        return name

    def attempt(
        self, goal: str, by: str, verdict: Verdict, body: str = "", lemmas: tuple[Lemma, ...] = ()
    ) -> None:
        candidate = Candidate(body or f"by {by.partition(':')[2]}", by, lemmas)
        self.add("attempt", goal=goal, candidate=asdict(candidate), verdict=asdict(verdict))

    def sketch(
        self,
        goal: str,
        number: int,
        by: str,
        body: str,
        statements: list[str],
        logprob: float | None = None,
        sample: str = "",
        conclusion: str = "",
        hypotheses: tuple[str, ...] = (),
    ) -> list[str]:
        """A compiled sketch with one `sorry` for each statement; returns the goals' ids.

        All of them have this conclusion and hypotheses of these shapes."""
        problem = goal.partition("/")[0]
        ids = [f"{goal}/{number}.{i}" for i in range(len(statements))]
        names = [id.replace("/", "_").replace(".", "_") for id in ids]
        given = tuple(Binder(shape, shape, True, shape=shape) for shape in hypotheses)
        goals = [
            Goal(id, problem, f"theorem {name} {text}", "-- a header", f"key:{text}", id.count("/"),
                 given, conclusion=conclusion)
            for id, name, text in zip(ids, names, statements, strict=True)
        ]  # fmt: skip
        holes, at = [], 0
        for id, name in zip(ids, names, strict=True):
            at = body.index("sorry", at)
            holes.append(Hole(id, at, at + 5, f"exact {name} .."))
            at += 5
        sketch = asdict(Sketch(body, by, sample, logprob=logprob))
        self.add(
            "sketch", goal=goal, sketch_id=f"{goal}/{number}", sketch=sketch,
            verdict=asdict(Verdict("proved", axioms=("sorryAx",), seconds=0.3)),
            holes=[asdict(hole) for hole in holes], goals=[asdict(g) for g in goals],
        )  # fmt: skip
        return ids

    def failed_sketch(self, goal: str, number: int, by: str, verdict: Verdict = REJECTED) -> None:
        sketch = asdict(Sketch(f"by\n  {by} x{number}\n  sorry", by))
        self.add(
            "sketch", goal=goal, sketch_id=f"{goal}/{number}", sketch=sketch,
            verdict=asdict(verdict), holes=[], goals=[],
        )  # fmt: skip

    def refute(self, goal: str, verdict: Verdict, counterexample: str = "") -> None:
        candidate = asdict(Candidate("by decide", "refuter:test"))
        self.add(
            "refutation", goal=goal, statement="theorem p.refuted : ¬ (A)", candidate=candidate,
            verdict=asdict(verdict), counterexample=counterexample,
        )  # fmt: skip

    def exhaust(self, *goals: str) -> None:
        for goal in goals:
            self.add("exhausted", goal=goal, what="prover")
            self.add("exhausted", goal=goal, what="decomposer")

    def close(
        self, problem: str, outcome: str, reason: str = "", verdict: Verdict = PROVED
    ) -> None:
        if outcome == "proved":
            file = f"proofs/{problem}.lean"
            self.add("assembled", problem=problem, file=file, verdict=asdict(verdict))
        self.add("closed", problem=problem, outcome=outcome, reason=reason)


def direct(run: Writer) -> None:
    """Closed at the root by the portfolio."""
    goal = run.root("lt_irrefl_of_le", "(a b : Nat) (h : a ≤ b) : ¬ b < a", "Order is no loop.")
    run.attempt(goal, "portfolio:rfl", REJECTED)
    run.attempt(goal, "portfolio:simp", inconclusive("heartbeats"))
    run.attempt(goal, "portfolio:omega", PROVED, "by omega")
    run.close(goal, "proved")


def decomposed(run: Writer) -> None:
    """Closed by an induction only, one case of it by a second sketch and one with a lemma."""
    goal = run.root("sum_odd_is_square", "(n : Nat) : sumOdd n = n ^ 2", "Odd numbers & squares.")
    for tactic in ("rfl", "omega", "simp", "decide"):
        run.attempt(goal, f"portfolio:{tactic}", REJECTED)
    run.attempt(goal, "portfolio:grind", inconclusive("timeout"))
    (dead,) = run.sketch(
        goal, 0, "structural:generalize n ^ 2", "by\n  generalize n ^ 2 = m\n  sorry",
        ["(n m : Nat) : sumOdd n = m"],
    )  # fmt: skip
    run.attempt(dead, "portfolio:omega", REJECTED)
    run.exhaust(dead)
    run.failed_sketch(goal, 1, "structural:cases")
    zero, step = run.sketch(
        goal, 2, "structural:induction n",
        "by\n  induction n with\n  | zero => sorry\n  | succ n ih => sorry",
        [": sumOdd 0 = 0 ^ 2", "(n : Nat) (ih : sumOdd n = n ^ 2) : sumOdd (n + 1) = (n + 1) ^ 2"],
    )  # fmt: skip
    run.attempt(zero, "portfolio:rfl", PROVED, "rfl")
    run.attempt(step, "portfolio:omega", REJECTED)
    unfold, square = run.sketch(
        step, 0, "structural:trans", "by\n  apply Eq.trans\n  · sorry\n  · sorry",
        ["(n : Nat) : sumOdd (n + 1) = sumOdd n + 2 * n + 1",
         "(n : Nat) : n ^ 2 + 2 * n + 1 = (n + 1) ^ 2"],
    )  # fmt: skip
    run.attempt(unfold, "portfolio:simp", PROVED, "by\n  simp only [sumOdd]\n  omega")
    lemma = Lemma("theorem aux (a : Nat) : a ^ 2 = a * a", "by simp [Nat.pow_two]")
    run.attempt(square, "model:tiny", PROVED, "by simp [aux]; omega", (lemma,))
    run.close(goal, "proved")


def unproved(run: Writer, failures: int = 14) -> None:
    """Many failed sketches, and one that was still being worked on."""
    goal = run.root("goldbach_small", "(n : Nat) (h : 4 ≤ n ∧ n < 10 ^ 9) : IsSumOfPrimes (2 * n)")
    run.attempt(goal, "portfolio:decide", inconclusive("memory"))
    run.attempt(goal, "portfolio:omega", REJECTED)
    for number in range(failures):
        body = f"by\n  have h{number} : {number} < n := sorry\n  sorry"
        texts = [f"(n : Nat) : {number} < n", "(n : Nat) : IsSumOfPrimes (2 * n)"]
        ids = run.sketch(goal, number, f"structural:have h{number}", body, texts)
        run.attempt(ids[0], "portfolio:omega", REJECTED)
        run.attempt(ids[1], "portfolio:grind", inconclusive("timeout"))
        if number != failures - 1:
            run.exhaust(ids[0])
    run.close(goal, "unproved", "the budget of attempts is spent")


def demo_events() -> list[Event]:
    """A finished run with a problem of every verdict."""
    run = Writer()
    run.start()
    direct(run)
    decomposed(run)
    unproved(run)
    run.problem(Problem("needs_reals", "theorem needs_reals (x : ℝ) : 0 ≤ x ^ 2", "", "demo"))
    run.add("unsupported", problem="needs_reals", reason="unknown identifier 'ℝ'")
    run.close("needs_reals", "unsupported", "unknown identifier 'ℝ'")
    doubtful = run.root("odd_one_out", "(p q : Prop) : p ∧ q → q ∧ p")
    run.attempt(doubtful, "portfolio:tauto", PROVED, "by\n  rintro ⟨hp, hq⟩\n  exact ⟨hq, hp⟩")
    run.close(doubtful, "proved", verdict=inconclusive("crash"))
    slow = run.root("slow_one", ": ackermann 4 2 = 2 ^ 65536 - 3")
    run.attempt(slow, "portfolio:decide", inconclusive("memory"))
    run.attempt(slow, "portfolio:rfl", inconclusive("timeout"))
    run.close(slow, "unproved", "no attempt could be judged")
    run.add("run_finished")
    return run.events


def write_run(path: Path, events: list[Event]) -> ProofGraph:
    """Write a run directory, the assembled files included; returns its graph."""
    graph = ProofGraph.of(events)
    with RunStore.create(path, CONFIG) as store:
        for event in events:
            store.append(event)
        for name, node in graph.problems.items():
            if node.assembled is not None:
                text, facts = assemble(graph, name), LeanFacts("4.28.0")
                made = certificate(node.problem, text, Certified(PROVED), facts, Limits())
                store.write_proof(name, text, dump(made), proved=True)
    return graph
