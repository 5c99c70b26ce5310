"""Theorems of a header, and what was proved under it, as premises: found, brought along, shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from goals_by_hand import said
from hypothesis import given
from hypothesis import strategies as st
from test_proof_store import PROOF, opened

from prover.graph_nodes import GoalNode
from prover.lean.verifier import Verifier
from prover.own_lemmas import OFFERED, OwnLemmas, candidates, header_theorems
from prover.proof_store import ProofStore, StoredProof, lean_of, scope
from prover.types import Candidate, Goal, Lemma, Limits, Problem

HEADER = """namespace My
def twice : Nat → Nat
  | 0 => 0
  | n + 1 => twice n + 2

-- theorem commented : 1 = 1 := rfl
theorem twice_eq (n : Nat) : twice n = 2 * n := by
  induction n with
  | zero => rfl
  | succ n ih => simp only [twice]; omega

section
theorem other : True := trivial
end
end My

theorem outside (a : Nat) : a = a := rfl
"""
GOAL = Goal(
    "p", "p", "theorem p (n : Nat) : My.twice n < 7", HEADER, "k", constants=("LT.lt", "My.twice"),
    definitions=("My.twice",),
)  # fmt: skip


def test_a_headers_theorems_have_their_full_names() -> None:
    found = list(header_theorems(HEADER))
    assert [known.name for known in found] == ["My.twice_eq", "My.other", "outside"]
    assert found[0].statement == "theorem twice_eq (n : Nat) : twice n = 2 * n"
    assert not any(known.brings for known in found)


@given(st.text(alphabet="theorm nd\n:=()xsampce", max_size=80))
def test_no_header_is_too_odd(text: str) -> None:
    for known in header_theorems(text):
        assert known.name and known.statement.startswith(("theorem", "lemma"))


def under(header: str, statement: str, **more: str) -> StoredProof:
    made = replace(PROOF, header=header, statement=statement, key=statement, conclusion=statement)
    return replace(made, scope=scope(replace(GOAL, header=header)), **more)


def test_only_what_shares_words_and_has_another_conclusion_is_found() -> None:
    with opened(None) as proofs:
        for statement in ("theorem a : My.twice 1 = 2", "theorem b : True", "theorem c : 1 = 1"):
            proofs.put(under(HEADER, statement))
        proofs.put(under(HEADER, "theorem d : My.twice 3 < 7", conclusion="mine"))
        proofs.put(under("def twice := 1", "theorem e : twice = 1"))
        found = OwnLemmas(proofs, "4.28").find(replace(GOAL, conclusion="mine"))
        endings = {known.statement.split(" : ")[-1] for known in found}
        assert endings == {"My.twice 1 = 2", "twice n = 2 * n"}
        assert OwnLemmas(None, "").find(replace(GOAL, header="")) == []
        for i in range(9):
            proofs.put(under(HEADER, f"theorem t : My.twice {i} = 0"))
        assert len(OwnLemmas(proofs, "4.28").find(GOAL)) == OFFERED


def test_what_was_proved_is_brought_along_under_names_of_its_own() -> None:
    with opened(None) as proofs:
        lemmas = (Lemma("theorem p : A", "by simp"),)
        proofs.put(under(HEADER, "theorem a : My.twice 1 = 2", body="by exact p", lemmas=lemmas))
        own = OwnLemmas(proofs, "4.28")
        made = asyncio.run(said(own.propose(GoalNode(GOAL), 0, {})))
        notes = own.notes(GOAL)
    assert [candidate.by for candidate in made] == [
        f"lemmas:{way}" for way in ("apply", "simp", "grind", "grind-defs")
    ]
    first, second = made[0].lemmas
    assert first.statement == "theorem p_2 : A" and second.body == "by exact p_2"
    name = second.statement.split()[1]
    assert f"rw [← {name}]" in made[0].body and f"grind [My.twice, {name}" in made[3].body
    assert f"theorem {name} : My.twice 1 = 2 := by exact p" in notes
    assert "theorem twice_eq (n : Nat) : twice n = 2 * n" in notes
    assert OwnLemmas(None, "").notes(replace(GOAL, header="")) == ""


@pytest.mark.lean
def test_lean_takes_proofs_from_both(runner: asyncio.Runner, verifier: Verifier) -> None:
    async def proved(statement: str, proofs: ProofStore | None, *ways: str) -> list[Candidate]:
        goal = await verifier.open(Problem("p", statement, HEADER))
        assert isinstance(goal, Goal)
        tried = list(candidates(goal, OwnLemmas(proofs, lean_of(verifier.facts)).find(goal)))
        limits = Limits(20_000, 90.0)
        wanted = [c for c in tried if c.by.partition(":")[2] in ways]
        return [c for c in wanted if (await verifier.judge(goal, c, limits)).proved]

    even = "theorem p (n : Nat) : My.twice n % 2 = 0"
    with_header = runner.run(proved(even, None, "apply"))
    assert [candidate.by for candidate in with_header] == ["lemmas:apply"]
    assert not any(candidate.lemmas for candidate in with_header)
    with opened(None) as proofs:
        step = under(
            HEADER, "theorem q (n : Nat) : My.twice n + 1 = 2 * n + 1",
            body="by\n  rw [aux]", lean=lean_of(verifier.facts),
        )  # fmt: skip
        aux = Lemma("theorem aux (n : Nat) : My.twice n = 2 * n", "My.twice_eq n")
        proofs.put(replace(step, lemmas=(aux,)))
        found = runner.run(proved("theorem p : My.twice 9 + 1 = 2 * 9 + 1", proofs, "apply"))
    assert [len(candidate.lemmas) for candidate in found] == [2]
