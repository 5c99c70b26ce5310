"""What a library offers for a goal: by the symbols of its theorems, and only what fits."""

from __future__ import annotations

import asyncio

import pytest
from goals_by_hand import goal, said, var

from prover.config import SearchConfig
from prover.errors import UserError
from prover.graph_nodes import GoalNode
from prover.growing.kept import Entry, Library
from prover.growing.shelf import OFFERED, Shelf, symbols, theorem_of
from prover.lineup import line_up
from prover.proposing import Proposers
from prover.types import Lemma

AUX = Lemma("theorem t_aux1 : True", "trivial")


def entry(name: str, claim: str) -> Entry:
    return Entry(name, f"theorem {name} {claim}", "by simp", (AUX,))


LIBRARY = Library(
    (
        entry("t", "(ab cd : Nat) (hyp : 0 < ab) : ab + cd = cd + ab"),
        entry("u", "(xs : List Nat) : xs.length + 0 = xs.length"),
        entry("v", "(a b : Nat) : a * b = b * a"),
        entry("w", "(a b : Nat) : a + b = b + a"),
        entry("x", "(a b : Nat) : a + (b + 0) = b + a"),
    )
)
CONSTANTS = ("Nat", "Eq", "HAdd.hAdd", "OfNat.ofNat", "LT.lt")
GOAL = goal("n + 1 = 1 + n", "Eq", var("n", "Nat"), constants=CONSTANTS)


def test_symbols_are_what_is_left_without_bound_names() -> None:
    assert symbols(LIBRARY.entries[0].statement) == {"Nat", "lt", "hAdd", "Eq"}
    text = "theorem t (f : Nat → Nat) : ∀ (mn : Nat), f mn ≤ (map (fun xy => xy + 2) l).length"
    assert symbols(text) == {"Nat", "le", "map", "hAdd", "length"}


def test_only_theorems_that_speak_of_nothing_else_are_offered() -> None:
    found = Shelf(LIBRARY).find(GOAL)
    assert len(found) == OFFERED
    assert {each.name for each in found} <= {"t", "w", "x"}
    assert Shelf(LIBRARY).find(goal("True", "True", constants=("True",))) == []


def test_each_candidate_uses_one_and_brings_it() -> None:
    for hints in (False, True):
        made = asyncio.run(said(Shelf(LIBRARY, hints).propose(GoalNode(GOAL), 0, {})))
        for candidate in made:
            name = theorem_of(candidate.by)
            assert name in candidate.body and ("grind" in candidate.body) is hints
            assert (
                candidate.lemmas[0] == AUX and f"theorem {name} " in candidate.lemmas[1].statement
            )
    assert theorem_of("portfolio:omega") == "" == theorem_of("lemmas:apply")


def test_a_library_that_is_not_there_is_said() -> None:
    with pytest.raises(UserError, match="cannot read the library none.lean"):
        line_up(Proposers([], []), None, SearchConfig(library="none.lean"), None, "")
