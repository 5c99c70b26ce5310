from __future__ import annotations

from pathlib import Path

from prover.looping import lineage
from prover.looping.places import LINEAGE, Places


def test_a_file_that_was_changed_afterwards_is_named(tmp_path: Path) -> None:
    problems, rows = tmp_path / "problems.jsonl", tmp_path / "rows.jsonl"
    problems.write_text("a\n")
    rows.write_text("b\n")
    lineage.append(tmp_path / LINEAGE, lineage.entry(tmp_path, "round 0, draw", problems, []))
    lineage.append(
        tmp_path / LINEAGE, lineage.entry(tmp_path, "round 0, recycle", rows, [problems])
    )
    entries = Places(tmp_path).lineage()
    assert [e["file"] for e in entries] == ["problems.jsonl", "rows.jsonl"]
    assert lineage.changed(tmp_path, entries) == []
    problems.write_text("c\n")
    assert lineage.changed(tmp_path, entries) == [
        "problems.jsonl (of round 0, draw)", "problems.jsonl (of round 0, recycle)",
    ]  # fmt: skip


def test_what_is_made_again_counts_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    for text in ("a", "b"):
        file.write_text(text)
        lineage.append(tmp_path / LINEAGE, lineage.entry(tmp_path, "round 0, recycle", file, []))
    assert lineage.changed(tmp_path, Places(tmp_path).lineage()) == []


def test_a_run_is_known_by_its_events_and_a_model_by_its_weights(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "events.jsonl").write_text("{}\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / lineage.WEIGHTS).write_bytes(b"1")
    known = {name: lineage.sha256_of(tmp_path / name) for name in ("run", "model", "none")}
    assert known["run"] and known["model"] and not known["none"]
    assert known["run"] == lineage.sha256_of(tmp_path / "run" / "events.jsonl")
