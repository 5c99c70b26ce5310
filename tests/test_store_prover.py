"""Stored proofs as candidates: their text, and what the real Lean says of them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
from goals_by_hand import said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_proof_store import PROOF, goal, opened

from prover.config import LimitsConfig
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Verifier
from prover.proof_store import ProofStore, StoredProof, fits, scope, shapes
from prover.store_prover import FEWER, SAME, StoreProver, is_stored, patient, proposal
from prover.types import Candidate, Goal, Lemma, Limits, Problem

LIMITS = Limits(20_000, 30.0)


def asked(proofs: ProofStore, of: Goal) -> list[Candidate]:
    prover = StoreProver(proofs, "4.28")

    async def ask() -> list[Candidate]:
        return await said(prover.propose(GoalNode(of), 0, {}))

    return asyncio.run(ask())


def test_the_same_statement_is_proved_as_before() -> None:
    mine = replace(goal("key"), statement="theorem mine (h : p)\n  (g : q) : r")
    found = proposal(replace(PROOF, body="by\n  exact t.symm ▸ l"), mine)
    assert found.body == "by\n  exact mine.symm ▸ l"
    assert (found.by, found.lemmas) == ("store:same", PROOF.lemmas)


def test_another_statement_rests_on_the_stored_theorem() -> None:
    found = proposal(PROOF, replace(goal("key"), intros=("x", "h")))
    name = f"stored_{PROOF.id[:6]}"
    assert found.lemmas == (
        *PROOF.lemmas, Lemma(f"theorem {name} (h : p) (g : q) : r", PROOF.body)
    )  # fmt: skip
    assert found.by == "store:renamed" and found.body.startswith("by\n  intro x h\n")
    assert name in found.body and is_stored(found)
    more = proposal(PROOF, goal("g", "conclusion", "s1", "s2", "s3"))
    assert more.by == "store:fewer"


def test_a_lemma_of_the_goals_own_name_gets_another() -> None:
    clash = replace(PROOF, lemmas=(Lemma("theorem g : p", "by simp"),), body="by exact g")
    found = proposal(clash, goal("key"))
    assert [lemma.statement.split()[1] for lemma in found.lemmas] == [
        "g_2", f"stored_{clash.id[:6]}"
    ]  # fmt: skip
    assert found.lemmas[-1].body == "by exact g_2"


def test_few_are_proposed_and_it_is_known_which_they_were() -> None:
    of = goal("key", "conclusion", "s1")
    with opened(None) as proofs:
        for i in range(9):
            proofs.put(replace(PROOF, body="x" * i))
            proofs.put(replace(PROOF, key=f"k{i}", hypotheses=()))
        prover = StoreProver(proofs, "4.28")
        offered = [prover.offer(p, of) for p in proofs.exact("4.28", of)]
        assert prover.source(of.id, offered[1]) == proofs.exact("4.28", of)[1].id
        assert prover.source("another", offered[1]) == ""
        prover.forget(of.id)
        assert prover.source(of.id, offered[1]) == ""
        assert [c.by for c in asked(proofs, of)] == ["store:renamed"] * SAME + [
            "store:fewer"
        ] * FEWER
        assert asked(proofs, replace(of, key="", conclusion="")) == []


def test_a_proof_of_many_theorems_gets_more_time() -> None:
    limits = LimitsConfig(heartbeats=100, seconds=1.0, first=0.25)
    plain = Candidate("by simp", "portfolio:simp", PROOF.lemmas)
    assert patient(plain, limits, again=False) == Limits(25, 0.25), "a first try is short"
    assert patient(plain, limits, again=True) == Limits(100, 1.0)
    stored = Candidate("by simp", "store:same")
    assert patient(stored, limits, again=False) == Limits(100, 1.0)
    several = replace(stored, lemmas=PROOF.lemmas)
    assert patient(several, limits, again=False) == Limits(100, 2.0)
    many = replace(stored, lemmas=PROOF.lemmas * 9)
    assert patient(many, limits, again=False) == Limits(100, 4.0)


# With the real Lean

Binders = tuple[str, ...]
PROVABLE: tuple[tuple[Binders, str, str], ...] = (
    (("a b c : Nat", "h1 : a < b", "h2 : b < c"), "a < c", "by omega"),
    (("a b : Nat",), "a ≤ b ∨ b ≤ a", "by omega"),
    (
        ("f : Nat → Nat", "h1 : ∀ n, f n ≤ f (n + 1)", "h2 : f 0 = 5", "m : Nat"),
        "5 ≤ f m",
        "by\n  induction m with\n  | zero => omega\n  | succ k ih => have := h1 k; omega",
    ),
    (("p q r : Prop", "h1 : p", "h2 : p → q", "h3 : q → r"), "r ∧ p", "⟨h3 (h2 h1), h1⟩"),
    (("a : Type", "b c : List a", "h1 : b = c"), "b.length = c.length", "by rw [h1]"),
    (("a b : Nat", "spare : Nat", "h1 : a < b", "h2 : b < a"), "False", "by omega"),
    (("a : Type", "[DecidableEq a]", "b : a", "c : List a", "h1 : b ∈ c"), "c.contains b = true",
     "by simp [h1]"),
)  # fmt: skip
NAMES = {"a": "u", "b": "v", "c": "w", "p": "s", "q": "t1", "f": "g", "h1": "hyp", "h2": "k2"}


def statement(name: str, binders: Binders, target: str) -> str:
    shown = [b if b.startswith("[") else f"({b})" for b in binders]
    return f"theorem {name} {' '.join(shown)} : {target}"


def renamed(text: str) -> str:
    return re.sub(r"\b\w+\b", lambda m: NAMES.get(m[0], m[0]), text)


def mentions(binder: str, names: str) -> bool:
    return bool(set(re.findall(r"\w+", binder)) & set(names.split(":")[0].split()))


def shuffled(binders: Binders, choices: list[int]) -> Binders:
    """Another order in which every binder still comes after those it mentions."""
    todo, done = list(binders), list[str]()
    for choice in choices[: len(binders)]:
        ready = [
            b for b in todo
            if not any(o != b and ":" in o and mentions(b.partition(":")[2] or b, o) for o in todo)
        ]  # fmt: skip
        done.append(ready[choice % len(ready)])
        todo.remove(done[-1])
    return tuple(done)


def opened_goal(runner: asyncio.Runner, verifier: Verifier, text: str, header: str = "") -> Goal:
    found = runner.run(verifier.open(Problem("t", text, header)))
    assert isinstance(found, Goal), (found, text)
    return found


def stored(of: Goal, body: str, lemmas: tuple[Lemma, ...] = ()) -> StoredProof:
    return replace(
        PROOF, scope=scope(of), key=of.key, conclusion=of.conclusion, hypotheses=shapes(of),
        statement=of.statement, body=body, lemmas=lemmas, header=of.header,
    )  # fmt: skip


@pytest.mark.lean
@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.sampled_from(PROVABLE),
    choices=st.lists(st.integers(0, 20), min_size=5, max_size=5),
    renaming=st.booleans(),
    more=st.sampled_from(["", "extra : 0 < 1", "n m : Nat", "extra : 2 = 2"]),
    quantified=st.booleans(),
)
def test_a_stored_proof_closes_its_goal_in_another_guise(
    runner: asyncio.Runner,
    verifier: Verifier,
    which: tuple[Binders, str, str],
    choices: list[int],
    renaming: bool,
    more: str,
    quantified: bool,
) -> None:
    binders, target, body = which
    first = opened_goal(runner, verifier, statement("trans", binders, target))
    proof = stored(first, body)
    other = (*shuffled(binders, choices), *([more] if more else []))
    text = statement("other", other, target)
    if quantified and not other[-1].startswith("["):
        text = statement("other", other[:-1], f"∀ {other[-1]}, {target}")
    again = opened_goal(runner, verifier, renamed(text) if renaming else text)
    if more.startswith("extra"):
        assert again.key != first.key and again.conclusion == first.conclusion
    else:
        assert again.key == first.key
    assert fits(proof, again)
    verdict = runner.run(verifier.judge(again, proposal(proof, again), LIMITS))
    assert verdict.proved, (again.statement, verdict.reason)


@pytest.mark.lean
@pytest.mark.parametrize(
    "decoys",
    [("n : x < w",), ("l1 : u < x",), ("n : x < w", "m : u < x + 1"), ("m : v < x", "n : x < w")],
)
def test_hypotheses_that_fit_but_lead_nowhere(
    runner: asyncio.Runner, verifier: Verifier, decoys: Binders
) -> None:
    binders, target, body = PROVABLE[0]
    proof = stored(opened_goal(runner, verifier, statement("t", binders, target)), body)
    text = statement("other", ("u v w x : Nat", "k : v < w", "l : u < v", *decoys), "u < w")
    of = opened_goal(runner, verifier, text)
    assert fits(proof, of)
    assert runner.run(verifier.judge(of, proposal(proof, of), LIMITS)).proved


@pytest.mark.lean
def test_lemmas_and_universes_come_along(runner: asyncio.Runner, verifier: Verifier) -> None:
    first = opened_goal(
        runner, verifier, "theorem t.{u} (α : Type u) (a b : α) (h : a = b) : b = a"
    )
    lemma = Lemma("theorem back {α : Sort _} {x y : α} (h : x = y) : y = x", "h.symm")
    proof = stored(first, "by exact back h", (lemma,))
    other = opened_goal(
        runner, verifier, "theorem back.{v} {β : Type v} (y x : β) (e : x = y) : y = x"
    )
    assert other.key == first.key
    assert runner.run(verifier.judge(other, proposal(proof, other), LIMITS)).proved


@pytest.mark.lean
def test_what_is_stored_wrongly_proves_nothing(runner: asyncio.Runner, verifier: Verifier) -> None:
    of = opened_goal(runner, verifier, "theorem t (n : Nat) : n < 2 * n + 1")
    other = opened_goal(runner, verifier, "theorem u (k : Nat) : k < 2 * k + 1")
    for wrong in (
        stored(of, "by sorry"),
        stored(of, "by simp", (Lemma("axiom cheat : False", "trivial"),)),
        replace(stored(of, "by trivial"), statement="theorem t : True"),
        stored(of, "by exact t n"),
        stored(of, "trust me"),
    ):
        for each in (of, other):
            verdict = runner.run(verifier.judge(each, proposal(wrong, each), LIMITS))
            assert verdict.status == "rejected", verdict
