"""The mutation study in small: tier 1 and Lean's front end agree on thousands of mutants.

benchmarks/mutation.py is the study; docs/benchmarks.md has its figures.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from mutants import MUTATORS, Mutant, Proof, choose
from mutation import (
    PROOFS,
    Answer,
    agreed,
    compare_all,
    disagreements,
    read_front_end,
    read_proofs,
    record,
    same_but_for_names,
    table,
)

from prover.lean.verifier import Verifier

SHORT = ("one_tactic", "several_steps")
COSTLY = {
    "brahmagupta_identity", "stamps_below_thirty", "triangle_inequality", "square_of_sum",
    "digits_of_multiples_of_nine", "working_days", "clamp_in_range", "linear_system",
    "arithmetic_geometric_mean", "sum_of_two_cubes", "doubled_members_are_even",
    "congruence_is_transitive",
}  # fmt: skip
"""Proofs that take ten times as long as the others: the study has them, this test has not."""


def chosen(seed: int) -> list[Mutant]:
    """Mostly of proofs without definitions, whose files are read fast."""
    short = [p for p in read_proofs(PROOFS, SHORT) if p.name not in COSTLY]
    long = read_proofs(PROOFS, ["decomposition"])
    return choose(short, 1970, seed) + choose(long, 38, seed)


def test_mutants_are_many_different_and_the_same_each_time() -> None:
    mutants = chosen(1)
    assert len(mutants) >= 2000 and mutants == chosen(1) and mutants != chosen(2)
    texts = {(m.source.name, m.proof.statement, m.proof.body) for m in mutants}
    assert len(texts) == len(mutants)
    assert all(m.proof != m.source for m in mutants)
    assert {m.mutator for m in mutants} == set(MUTATORS)
    assert 300 < sum(m.of_statement for m in mutants) < 1500


@pytest.mark.parametrize(
    ("ours", "lean", "body", "expected"),
    [
        (Answer("proved"), Answer("proved"), "by rfl", "proved"),
        (Answer("rejected", "parse"), Answer("rejected", "elaboration"), "by", "rejected"),
        (Answer("proved"), Answer("rejected", "elaboration"), "by rfl", "DISAGREE"),
        (Answer("rejected", "elaboration"), Answer("proved"), "by rfl", "DISAGREE"),
        (Answer("rejected", "gate"), Answer("proved"), "by rfl", "DISAGREE"),
        (Answer("rejected", "gate"), Answer("rejected", "gate"), "by rfl", "DISAGREE"),
        (Answer("rejected", "gate"), Answer("proved"), "by first | rfl | sorry", "gate"),
        (Answer("rejected", "gate"), Answer("proved"), "by rfl -- sorry", "DISAGREE"),
        (Answer("inconclusive"), Answer("inconclusive"), "by rfl", "open"),
        (Answer("inconclusive"), Answer("proved"), "by rfl", "open"),
    ],
)
def test_what_counts_as_agreement(ours: Answer, lean: Answer, body: str, expected: str) -> None:
    assert agreed(ours, lean, Proof("t", "", "theorem t : 1 = 1", body)) == expected


def test_an_error_anywhere_in_the_file_is_a_rejection() -> None:
    row = {"verdict": "proved", "kind": "", "reason": ""}
    reply = {"ok": True, "theorems": [row], "messages": [], "refused": ""}
    assert read_front_end(reply).status == "proved"
    error = {"severity": "error", "text": "no"}
    assert read_front_end({**reply, "messages": [error]}).status == "rejected"
    assert read_front_end({**reply, "messages": [{**error, "severity": "warning"}]}).kind == ""
    assert read_front_end({**reply, "theorems": []}).status == "rejected"
    assert read_front_end({"ok": False, "trap": "stack overflow"}).status == "inconclusive"


def test_types_that_differ_in_bound_names_only() -> None:
    assert same_but_for_names("∀ (a b : Nat), a < b", "∀ (x y : Nat), x < y")
    assert not same_but_for_names("∀ (a b : Nat), a < b", "∀ (x y : Nat), y < x")
    assert not same_but_for_names("∀ (a b : Nat), a < b", "∀ (a a : Nat), a < a")
    assert not same_but_for_names("a < b", "a < b → a < b")


@pytest.mark.lean
@pytest.mark.slow
def test_tier_one_agrees_with_the_front_end(runner: asyncio.Runner, verifier: Verifier) -> None:
    rows = runner.run(compare_all(verifier, chosen(1), 2))
    print(table(rows))
    assert [record(row) for row in disagreements(rows)] == []
    counts = Counter(row.agreement for row in rows)
    assert len(rows) >= 2000
    assert counts["proved"] >= len(rows) / 10 and counts["rejected"] >= len(rows) / 10
    assert counts["open"] <= len(rows) / 100
    assert Counter(row.against for row in rows)["other"] >= 20
