from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from prover.errors import UserError
from prover.lean.verifier import Verifier
from prover.playground.catalogue import FAMILIES
from prover.playground.generate import Tally, generate
from prover.playground.made import Cell, Made, identity


@pytest.mark.lean
@pytest.mark.slow
def test_two_of_each_family(runner: asyncio.Runner, verifier: Verifier) -> None:
    tallies: dict[Cell, Tally] = {}

    def told(cell: Cell, made: Sequence[Made], tally: Tally) -> None:
        tallies[cell] = tally

    wanted = {(name, 1 + i % f.levels): 2 for i, (name, f) in enumerate(FAMILIES.items())}
    found = runner.run(generate(verifier, wanted, 11, (), False, told))
    assert Counter((m.family, m.level) for m in found) == wanted
    assert all(m.key for m in found)
    assert len({identity(m) for m in found}) == len(found)
    assert not any(t.refused or t.lost or t.dry for t in tallies.values())


@pytest.mark.lean
def test_lean_separates_and_a_stop_changes_nothing(
    runner: asyncio.Runner, verifier: Verifier
) -> None:
    wanted = {("propositional", 1): 6, ("properties", 1): 3}
    whole = runner.run(generate(verifier, wanted, 2))
    assert {"proved"} <= {m.standing for m in whole}
    assert all(m.proof for m in whole if m.standing == "proved")
    rest = runner.run(generate(verifier, wanted, 2, had=whole[:4]))
    assert rest == whole
    held = [m.key for m in whole[:3]]
    other = runner.run(generate(verifier, {("propositional", 1): 6}, 2, known=held))
    assert not {m.key for m in other} & set(held)


@pytest.mark.parametrize("cell", [("linear", 9), ("linear", 0), ("cubes", 1)])
def test_what_there_is_none_of(cell: Cell) -> None:
    class Silent:
        class pool:
            size = 1

    with pytest.raises(UserError):
        asyncio.run(generate(Silent(), {cell: 1}, 0))  # type: ignore[arg-type]
