"""What a run has proved, as text that may stand under another header."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace

from prover.graph import ProofGraph
from prover.growing.proven import SCOPED, called, core, proven
from prover.types import Candidate, Event, Goal, Lemma, Problem, Verdict

PROOF = Candidate(
    "by exact aux n", "portfolio:omega", (Lemma("theorem aux (n : ℕ) : n = n", "rfl"),)
)


def run_with(*goals: Goal) -> ProofGraph:
    graph = ProofGraph()
    for goal in goals:
        verdict = asdict(Verdict("proved"))
        for kind, data in (
            ("problem_added", {"problem": asdict(Problem(goal.id, goal.statement))}),
            ("goal_opened", {"goal": asdict(goal)}),
            ("attempt", {"goal": goal.id, "candidate": asdict(PROOF), "verdict": verdict}),
        ):
            graph.apply(Event(kind, 0.0, data))
    return graph


GOAL = Goal("p", "p", "theorem p (n : ℕ) : n = n", key="k", scoped=False)


def test_goals_and_the_lemmas_of_their_proofs_are_found_once() -> None:
    why: Counter[str] = Counter()
    scoped = Goal("q", "q", "theorem q : f 1 = 1", key="other")
    again = replace(GOAL, id="r", problem="r", statement="theorem r (m : ℕ) : m = m")
    found = proven([run_with(GOAL, scoped, again)], (), why)
    assert [each.statement for each in found] == [
        "theorem p (n : Nat) : n = n",
        "theorem aux (n : Nat) : n = n",
    ]
    assert found[0].cost == 1 and found[0].by == "portfolio:omega" and found[0].origin == "p"
    assert why == {SCOPED: 1, "the same goal again": 2}
    assert proven([run_with(GOAL)], {"p"}, why) == []


def test_names_follow_the_theorem() -> None:
    statement, proof = called(GOAL.statement, PROOF, "law")
    assert statement == "theorem law (n : ℕ) : n = n"
    assert proof.lemmas[0].statement.startswith("theorem law_aux1 ")
    assert proof.body == "by exact law_aux1 n"
    assert core("(n : ℕ) : (n : ℤ) = 0") == "(n : Nat) : (n : Int) = 0"
