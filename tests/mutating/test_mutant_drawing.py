"""Whose turn it is: shares, rounds over the seeds, and an order that a seed fixes."""

from __future__ import annotations

import pytest

from prover.errors import UserError
from prover.mutating.drawing import Turn, batch, each, shares, turns
from prover.mutating.forms import Mutant, Seed, made
from prover.mutating.seeds import Seeds
from tests.goals_by_hand import goal, hyp, var


def order(name: str) -> Seed:
    of = goal("a + 2 ≤ c", "LE.le", var("a", "Nat"), var("b", "Nat"), var("c", "Nat"),
              hyp("h₁", "a < b", "LT.lt"), hyp("h₂", "b < c", "LT.lt"))  # fmt: skip
    return Seed(name, of, "solved")


def mutant(how: str) -> Mutant:
    return made(how, order("p"), (), "True")


def drawn(seed: int, share: dict[str, float] | None = None) -> list[tuple[str, str]]:
    going = turns(Seeds(solved=[order("p"), order("q")], failed=[order("r")]), [], seed, share)
    return [(m.how, m.text) for _, m in batch(going, 40)]


def test_a_seed_fixes_what_is_drawn() -> None:
    assert drawn(1) == drawn(1) != drawn(2)


def test_a_share_of_nothing_draws_nothing() -> None:
    hows = {how for how, _ in drawn(0, {"easier": 1.0})}
    assert hows == {"special", "assumed"}  # there are no halves of such a conclusion, and no holes
    with pytest.raises(UserError, match="harder, easier, negation, lemma"):
        shares({"hardest": 1.0})


def test_turns_go_by_what_was_kept() -> None:
    good = Turn("good", 1.0, iter([mutant("good")] * 20))
    bad = Turn("bad", 1.0, iter([mutant("bad")] * 20))
    for _ in range(20):
        for turn, _ in batch([good, bad], 1):
            turn.kept += turn is good
    assert bad.drawn > 2 * good.drawn  # it is owed as many that are of use
    assert good.kept >= 3


def test_every_seed_has_its_turn_before_one_has_two() -> None:
    def twice(seed: Seed):  # type: ignore[no-untyped-def]
        yield made("twice", seed, (), "1 = 1")
        yield made("twice", seed, (), "2 = 2")

    seeds = [order(name) for name in "pqr"]
    first = [m.parents for m in each("twice", twice, seeds, 0)]
    assert sorted(first[:3]) == [("p",), ("q",), ("r",)] and len(first) == 6
