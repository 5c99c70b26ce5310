"""Statements known to be wrong are known by what they say."""

from __future__ import annotations

import pytest

from prover import errata
from prover.errata import Erratum, digest, known, wrong
from prover.types import Problem

SUM = "theorem a (n : ℕ) : ∑ k in Finset.range n, 2 * k = n"


@pytest.mark.parametrize(
    "other",
    [
        "theorem b (n : ℕ) : ∑ k in Finset.range n, 2 * k = n",
        "theorem a (n:ℕ) :\n    ∑ k ∈ Finset.range n, 2*k = n -- twice",
        "lemma a (n : ℕ) : ∑ k in Finset.range n, 2 * k = n",
    ],
)
def test_name_layout_and_notation_make_no_difference(other: str) -> None:
    assert digest(other.replace("lemma", "theorem")) == digest(SUM)


@pytest.mark.parametrize(
    "other",
    [
        "theorem a (n : ℕ) : ∑ k in Finset.range n, (2 * k) = n",
        "theorem a (n : ℤ) : ∑ k in Finset.range n, 2 * k = n",
        "theorem a (n : ℕ) : ∑ k in Finset.range n, 2 * k = n + 1",
    ],
)
def test_what_it_says_does(other: str) -> None:
    assert digest(other) != digest(SUM)


def test_a_mended_copy_is_not_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Erratum("suite", "a", "false", "n = 1", ("us",), (digest(SUM),))
    monkeypatch.setattr(errata, "known", lambda: {digest(SUM): entry})
    mended = Problem("a", SUM.replace("= n", "= n * (n - 1)"))
    assert wrong([mended]) == {}
    assert wrong([Problem("renamed", SUM.replace("theorem a", "theorem renamed"))]) == {
        "renamed": entry
    }


def test_every_entry_says_who_says_so() -> None:
    entries = {entry.name: entry for entry in known().values()}
    assert len(entries) >= 20
    for entry in entries.values():
        assert entry.sources and entry.why and entry.digests
        assert entry.fault in ("false", "vacuous", "degenerate", "misstated")
        assert all(len(each) == 64 for each in entry.digests)
