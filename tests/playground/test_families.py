from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.errors import UserError
from prover.lean import source
from prover.lint import text_findings
from prover.playground.catalogue import FAMILIES, family
from prover.playground.generate import draw

CELLS = [(name, level) for name, f in FAMILIES.items() for level in range(1, f.levels + 1)]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_says_what_its_level_turns(name: str) -> None:
    assert FAMILIES[name].levels >= 3
    assert "level" in FAMILIES[name].about


@settings(max_examples=60)
@given(st.sampled_from(CELLS), st.integers(0, 10**6))
def test_draws_are_pure_and_well_formed(cell: tuple[str, int], index: int) -> None:
    one = draw(family(cell[0]), cell[1], 1, index)
    assert one == draw(family(cell[0]), cell[1], 1, index)
    text = one.problem.statement
    assert text.count("(") == text.count(")")
    assert source.signature(text)[1]
    assert source.theorems(text)[0]["name"] == one.problem.name
    assert not [f for f in text_findings(one.problem) if f.rule == "shadowed"]
    assert len(text) < 1500


@pytest.mark.parametrize(("name", "level"), CELLS)
def test_draws_differ_and_are_mostly_true(name: str, level: int) -> None:
    draws = [draw(family(name), level, 5, index) for index in range(40)]
    texts = {d.problem.header + d.problem.statement.split(" ", 2)[2] for d in draws}
    assert len(texts) >= 24
    assert Counter(d.likely for d in draws)[False] <= 16


def test_other_seeds_are_other_draws() -> None:
    of = family("linear")
    first, second = ({draw(of, 2, seed, i).problem.statement.split(" ", 2)[2] for i in range(30)}
                     for seed in (0, 1))  # fmt: skip
    assert not first & second


def test_a_family_that_there_is_not() -> None:
    with pytest.raises(UserError, match="'cubes' is no family of the playground"):
        family("cubes")
