"""A library's file: what is written is read back, and a file by hand is one too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.errors import UserError
from prover.growing.kept import HEADER, Credit, Entry, Library, load, write
from prover.types import Lemma

AUX = Lemma("theorem law_aux1 (n : Nat) : n = n", "rfl")
ENTRIES = (
    Entry("law", "theorem law (n : Nat) : n + 0 = n", "by\n  exact law_aux1 n", (AUX,),
          Credit(3, 2, 1, 5, 40), ("p/a.1", "q")),
    Entry("other", "theorem other : 1 = 1", "rfl"),
)  # fmt: skip


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    record = write(Library(ENTRIES, {"no credit": 3}), tmp_path / "mine.lean")
    found = load(tmp_path / "mine.lean")
    for read, entry in zip(found.entries, ENTRIES, strict=True):
        assert read.lemmas == entry.lemmas and read.name == entry.name
    text = (tmp_path / "mine.lean").read_text()
    assert text.startswith(HEADER) and "used in 2 of 3 held-out goals, 1 gained, 5 checks" in text
    data = json.loads(record.read_text())
    assert data["why"] == {"no credit": 3} and data["entries"][0]["credit"]["gained"] == 1
    write(found, tmp_path / "again.lean")
    assert load(tmp_path / "again.lean").entries == found.entries


def test_a_file_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "hand.lean"
    second_one = "/-- next -/\nlemma b : 1 = 1 := by\n  exact a\n"
    file.write_text(f"/-- doc -/\ntheorem a : 1 = 1 := rfl\n{second_one}")
    first, second = load(file).entries
    assert (first.body, second.brings) == ("rfl", (Lemma(first.statement, first.body),))


@pytest.mark.parametrize("text", ["theorem a : 1 = 1 := by sorry", "theorem a : 1 = 1"])
def test_what_has_no_proof_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.lean"
    file.write_text(text)
    with pytest.raises(UserError, match="theorem a has no proof"):
        load(file)
    with pytest.raises(UserError, match="cannot read the library"):
        load(tmp_path / "none.lean")


def test_what_deserves_credit() -> None:
    assert Credit(2, 1, 1, -9).deserved and Credit(2, 1, 0, 3).deserved
    assert not Credit(2, 1, 0, 0, 50).deserved and not Credit(5, 0, 0, -5).deserved
    assert Library(()).text.strip() == HEADER.strip()
