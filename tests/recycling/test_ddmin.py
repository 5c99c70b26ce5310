"""Delta debugging against oracles made up: what is left passes, and no part of it is too much."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from prover.digest import sha256
from prover.recycling.ddmin import ddmin

Oracle = Callable[[frozenset[int]], bool]


def minimised(size: int, passes: Oracle) -> tuple[frozenset[int], list[frozenset[int]]]:
    """What is left of so many units, and all that was tested on the way."""
    machine, tested = ddmin(range(size)), list[frozenset[int]]()
    try:
        kept = next(machine)
        while True:
            tested.append(frozenset(kept))
            kept = machine.send(passes(frozenset(kept)))
    except StopIteration as done:
        return frozenset(done.value), tested


def check(size: int, passes: Oracle) -> frozenset[int]:
    left, tested = minimised(size, passes)
    assert passes(left) or left == frozenset(range(size))
    assert not any(passes(left - {unit}) for unit in left)
    assert len(tested) == len(set(tested)) <= size**2 + 3 * size + 1
    return left


SETS = st.frozensets(st.integers(0, 11), max_size=12)


@given(st.integers(0, 12), st.lists(SETS, min_size=1, max_size=3))
def test_one_of_several_needs_is_left(size: int, needs: list[frozenset[int]]) -> None:
    everything = frozenset(range(size))
    wanted = [need & everything for need in needs]
    assert check(size, lambda kept: any(need <= kept for need in wanted)) in wanted


@given(st.integers(0, 9), st.integers(0, 10_000), st.integers(2, 5))
def test_it_is_minimal_for_an_oracle_without_reason(size: int, seed: int, rare: int) -> None:
    def passes(kept: frozenset[int]) -> bool:
        return int(sha256(f"{seed}:{sorted(kept)}")[:8], 16) % rare == 0

    check(size, passes)


def test_one_needed_alternative_of_many_takes_few_tests() -> None:
    left, tested = minimised(49, lambda kept: 23 in kept)
    assert left == {23}
    assert len(tested) <= 14
