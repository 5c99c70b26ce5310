"""`prover store`, and what `search.store` means for runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from test_cli import QUICK, prover, write
from test_proof_store import PROOF

from prover import cli_store, session
from prover.errors import InfrastructureError, UserError
from prover.lean.toolchain import Installation
from prover.proof_store import StoredProof

Out = Callable[[], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Out:
    return lambda: capsys.readouterr().out


def fill(*proofs: StoredProof) -> None:
    with cli_store.opened(session.proofs_file()) as store:
        for proof in proofs:
            assert store.put(proof)


def held() -> list[StoredProof]:
    with cli_store.opened(session.proofs_file()) as store:
        return store.all()


def test_where_the_store_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROVER_HOME", str(tmp_path))
    monkeypatch.setenv("PROVER_PROOFS", "")
    assert session.proofs_file() == tmp_path / "proofs.sqlite"
    monkeypatch.setenv("PROVER_PROOFS", str(tmp_path / "mine"))
    assert session.proofs_file() == tmp_path / "mine"


def test_which_store_a_run_gets() -> None:
    with session.stored_proofs("none", pytest.fail) as proofs:
        assert proofs is None
    with session.stored_proofs("run", pytest.fail) as proofs:
        assert proofs is not None and proofs.put(PROOF)
    assert not session.proofs_file().exists()
    with session.stored_proofs("home", pytest.fail) as proofs:
        assert proofs is not None and proofs.all() == [] and proofs.put(PROOF)
    assert held() == [PROOF]


def test_stats_of_no_store_make_none(printed: Out) -> None:
    assert cli_store.stats(as_json=False) == 0
    assert printed().startswith("0 proofs, 0.0 MB: ")
    assert not session.proofs_file().exists()


def test_stats_say_where_proofs_come_from(printed: Out) -> None:
    fill(PROOF, replace(PROOF, key="other", source="", hits=3, failures=1, checked=False))
    cli_store.stats(as_json=True)
    said = json.loads(printed())
    names = ("proofs", "unchecked", "hits", "failures", "by_lean", "by_source")
    assert [said[name] for name in names] == [2, 1, 3, 1, {"4.28": 2}, {"demo": 1, "-": 1}]
    assert said["bytes"] > 0 and said["place"] == str(session.proofs_file())
    cli_store.stats(as_json=False)
    assert "3 goals closed by them, 1 failed" in (text := printed()) and "1 unchecked" in text


def test_what_is_exported_is_imported_unchecked(tmp_path: Path, printed: Out) -> None:
    fill(PROOF, replace(PROOF, key="other", hits=3))
    file = tmp_path / "proofs.jsonl"
    assert cli_store.export(file) == 0 and len(file.read_text().splitlines()) == 2
    assert cli_store.load(file) == 0
    assert "0 of 2 proofs are new" in printed()
    session.proofs_file().unlink()
    assert cli_store.load(file) == 0
    assert "2 of 2 proofs are new" in printed()
    assert [(p.checked, p.hits) for p in held()] == [(False, 0)] * 2
    assert {replace(p, checked=True) for p in held()} == {PROOF, replace(PROOF, key="other")}


@pytest.mark.parametrize("line", ["{", "[]", "{}", "7", '{"lean": "4"}', "[" * 9999])
def test_a_wrong_line_is_named_and_nothing_imported(tmp_path: Path, line: str) -> None:
    good = json.dumps(PROOF.to_dict())
    file = tmp_path / "proofs.jsonl"
    file.write_text(f"{good}\n\n{line}\n{good}\n")
    with pytest.raises(UserError, match=r"proofs\.jsonl:3 is no stored proof"):
        cli_store.load(file)
    assert not session.proofs_file().exists()


def test_a_damaged_store_is_said_to_be_one() -> None:
    session.proofs_file().write_bytes(b"no database" * 1000)
    with pytest.raises(InfrastructureError, match="move it away"):
        cli_store.stats(as_json=False)


# With the real Lean

STATEMENT = "theorem goal (a b : Nat) (h : a < b) : a + 1 ≤ b"


def status(folder: Path) -> dict[str, object]:
    found = json.loads(prover("status", str(folder), "--json").stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.lean
@pytest.mark.slow
def test_a_runs_proofs_serve_the_next_and_verify_finds_the_wrong_ones(
    installation: Installation, tmp_path: Path
) -> None:
    again = "theorem other (u v : Nat) (extra : u = u) (k : u < v) : u + 1 ≤ v"
    assert prover("prove", STATEMENT, *QUICK).returncode == 0
    done = prover("prove", again, "--json", "--out", str(tmp_path / "b"), *QUICK)
    said = json.loads(done.stdout)
    assert (said["by"], said["attempts"]) == ("store:fewer", 1)
    assert status(tmp_path / "b")["recalled"] == 1
    alone = prover("prove", again, "--json", "--set", "search.store=run", *QUICK)
    assert json.loads(alone.stdout)["by"].startswith("portfolio:")
    assert [p.hits for p in held()] == [1]

    # An edited proof, one of another Lean and one that nobody has checked.
    good = held()[0]
    fill(replace(good, row="", key="x", checked=False), replace(good, row="", lean="4.0.0"))
    with closing(sqlite3.connect(session.proofs_file(), isolation_level=None)) as base:
        base.execute("UPDATE proofs SET body = 'by simp' WHERE id = ?", (good.id,))
    first = prover("store", "verify", "--limit", "1")
    assert first.returncode == 0
    assert first.stdout == (
        "1 proofs hold, 0 removed, 1 not looked at (--limit), 1 of another Lean not looked at\n"
    )
    done = prover("store", "verify")
    assert done.returncode == 1, done
    assert "removed: goal, by portfolio:" in done.stdout and "elaboration" in done.stdout
    assert "1 proofs hold, 1 removed" in done.stdout
    assert sorted((p.key == good.key, p.checked) for p in held()) == [(False, True), (True, True)]


@pytest.mark.lean
@pytest.mark.slow
def test_a_replay_has_what_its_run_had_and_needs_no_store(
    installation: Installation, tmp_path: Path
) -> None:
    problems = write(
        tmp_path, "one.jsonl", json.dumps({"name": "goal", "statement": STATEMENT}) + "\n"
    )
    config = write(tmp_path, "c.yaml", f"problems: {{source: {problems}}}\n")
    run = ["run", config, *QUICK]
    for name in ("a", "b"):
        done = prover(*run, "--out", str(tmp_path / name))
        assert done.returncode == 0, done
    assert "1 goal closed from the proof store" in " ".join(done.stdout.split())
    session.proofs_file().unlink()
    done = prover(*run, "--out", str(tmp_path / "c"), "--replay", str(tmp_path / "b"))
    assert done.returncode == 0, done
    assert [status(tmp_path / n)["recalled"] for n in "abc"] == [0, 1, 1]
    assert status(tmp_path / "c")["attempts"] == 1
    assert not session.proofs_file().exists()
