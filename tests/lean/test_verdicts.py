"""The file of verdicts: what it keeps, what goes first, and that nothing about it is fatal."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from prover.errors import InfrastructureError
from prover.lean import verdicts
from prover.lean.verdicts import Verdicts, clear, stored
from prover.types import Verdict

PROVED = Verdict("proved", axioms=("propext",), uses=("Nat.add_comm",), heartbeats=7, seconds=0.5)
REJECTED = Verdict("rejected", "no ∀", "elaboration", 2, 3)


def loud(text: str) -> None:
    raise AssertionError(text)


@contextmanager
def opened(path: Path | None, **most: int) -> Iterator[Verdicts]:
    with closing(Verdicts(path, loud, **most)) as made:
        yield made


@pytest.mark.parametrize("name", ["new/folder/v.sqlite", None])
def test_a_verdict_comes_back_as_it_was(tmp_path: Path, name: str | None) -> None:
    with opened(tmp_path / name if name else None) as kept:
        assert kept.get("a") is None
        kept.put("a", PROVED)
        kept.put("b", REJECTED)
        kept.put("b", REJECTED)
        assert (kept.get("a"), kept.get("b")) == (PROVED, REJECTED)


def test_another_process_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    with opened(path) as one, opened(path) as other:
        one.put("a", PROVED)
        assert other.get("a") == PROVED
    with opened(path) as later:
        assert later.get("a") == PROVED
    assert stored(path)[0] == 1


WRITER = """
import sys
from pathlib import Path
from prover.lean import verdicts
from prover.types import Verdict
verdicts.BUSY_SECONDS = 60.0
kept = verdicts.Verdicts(Path(sys.argv[1]), sys.exit)
for i in range(300):
    kept.put(f"{sys.argv[2]} {i}", Verdict("proved", "x" * 300))
    assert kept.get(f"{sys.argv[2]} {i}") is not None
kept.close()
"""


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    run = [sys.executable, "-c", WRITER, str(path)]
    running = [subprocess.Popen([*run, name]) for name in "abcd"]
    assert [process.wait(60) for process in running] == [0] * 4
    assert stored(path)[0] == 1200


def test_a_file_that_is_busy_costs_a_verdict_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "BUSY_SECONDS", 0.01)
    path = tmp_path / "v.sqlite"
    with opened(path) as kept, closing(sqlite3.connect(path, isolation_level=None)) as other:
        kept.put("a", PROVED)
        other.execute("BEGIN IMMEDIATE")
        kept.put("b", PROVED)
        other.execute("ROLLBACK")
        kept.put("c", PROVED)
        assert [kept.get(key) for key in "abc"] == [PROVED, None, PROVED]


def test_a_killed_writer_leaves_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    run = [
        sys.executable,
        "-c",
        WRITER.replace("kept.close()", "import os; os.kill(os.getpid(), 9)"),
    ]
    assert subprocess.run([*run, str(path), "a"], check=False).returncode == -9
    with opened(path) as kept:
        assert kept.get("a 299") is not None


def test_what_was_not_used_for_longest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = tmp_path / "v.sqlite", 1000
    monkeypatch.setattr(verdicts, "hour", lambda: now)
    with opened(path) as kept:
        for now in range(1000, 1020):
            kept.put(f"{now}", PROVED)
        now = 2000
        assert kept.get("1000") == PROVED
    with opened(path, max_rows=10) as kept:
        left = [i for i in range(1000, 1020) if kept.get(f"{i}")]
    assert left == [1000, *range(1011, 1020)]


def test_it_stays_below_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "TRIM_EVERY", 10)
    path = tmp_path / "v.sqlite"
    with opened(path, max_bytes=100_000) as kept:
        for i in range(500):
            kept.put(f"{i}", Verdict("proved", "x" * 1000))
            assert stored(path)[1] < 150_000
    with opened(path, max_bytes=0):
        assert stored(path)[0] == 0


def damaged(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def damaged_inside(path: Path) -> None:
    with closing(Verdicts(path, loud)) as kept:
        for i in range(300):
            kept.put(f"{i}", Verdict("proved", "x" * 300))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)


def no_verdicts_inside(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute(verdicts.SCHEMA)
        base.execute("INSERT INTO verdicts VALUES ('a', 0, '[1]')")


def another_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE verdicts (x)")


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "damage", [damaged, damaged_inside, no_verdicts_inside, another_table, a_folder]
)
def test_damage_costs_the_cache_and_one_warning(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "v.sqlite"
    damage(path)  # type: ignore[operator]
    said: list[str] = []
    with closing(Verdicts(path, said.append)) as kept:
        for _ in range(3):
            assert kept.get("a") is None
            kept.put("b", PROVED)
    (warning,) = said
    assert str(path) in warning and "prover cache --clear" in warning and "\n" not in warning


def test_a_place_that_cannot_be_written_is_damage_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    kept = Verdicts(tmp_path / "file" / "v.sqlite", said.append)
    kept.put("a", PROVED)
    assert kept.get("a") is None and len(said) == 1


def test_a_full_disk_is_damage_too(tmp_path: Path) -> None:
    said: list[str] = []
    with closing(Verdicts(tmp_path / "v.sqlite", said.append)) as kept:
        assert kept._base is not None
        kept._base.execute("PRAGMA max_page_count = 4")
        for i in range(50):
            kept.put(f"{i}", Verdict("proved", "x" * 2000))
    assert len(said) == 1 and "full" in said[0]


def test_clearing(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    clear(path)
    assert stored(path) == (0, 0)
    with opened(path) as kept:
        kept.put("a", PROVED)
        clear(path)
        assert kept.get("a") is None
        kept.put("a", PROVED)
    assert stored(path)[0] == 1
    path.write_bytes(b"damaged" * 1000)
    with pytest.raises(InfrastructureError, match="prover cache --clear"):
        stored(path)
    clear(path)
    assert stored(path) == (0, 0)
