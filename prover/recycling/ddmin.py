"""Minimising delta debugging as a machine: it says what to test and is told whether it passed.

Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (IEEE TSE 28(2), 2002),
section 3.2, with a verified proof for the failing test. Only complements are tested, since subsets
are not needed for the result (Hodován and Kiss, "Modernizing Hierarchical Delta Debugging", A-TEST
2016), and nothing at all comes first, since many a list of hints is needed for nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeVar

T = TypeVar("T")
Machine = Generator[tuple[T, ...], bool, tuple[T, ...]]
"""Yields what to keep, is sent whether that passed, and returns what is left in the end."""


def ddmin(units: Sequence[T]) -> Machine[T]:
    """What passes and is 1-minimal: without any one of its units it fails.

    All of the units together are taken to pass and are not tested. No set is tested twice, and at
    most n² + 3n are (proposition 12 of the paper).
    """
    kept, parts = tuple(range(len(units))), 2
    failed = set[tuple[int, ...]]()
    if kept and (yield ()):
        return ()
    while len(kept) > 1:
        smaller: tuple[int, ...] | None = None
        for rest in complements(kept, parts):
            if rest not in failed and (yield tuple(units[i] for i in rest)):
                smaller = rest
                break
            failed.add(rest)
        if smaller is not None:
            kept, parts = smaller, max(parts - 1, 2)
        elif parts >= len(kept):
            break
        else:
            parts = min(2 * parts, len(kept))
    return tuple(units[i] for i in kept)


def complements(kept: tuple[int, ...], parts: int) -> list[tuple[int, ...]]:
    """All but one of so many chunks, the first chunk left out last: what comes early in a proof
    is what the rest stands on."""
    size = len(kept)
    bounds = [size * i // parts for i in range(parts + 1)]
    pairs = [(a, b) for a, b in zip(bounds, bounds[1:], strict=False) if a < b]
    found = [kept[:a] + kept[b:] for a, b in reversed(pairs)]
    return [rest for rest in found if rest]
