"""The proof store's file: what it keeps and finds, and that nothing about it is fatal."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover import proof_store
from prover.digest import sha256
from prover.errors import InfrastructureError
from prover.proof_store import (
    A_KEY,
    FAILURES,
    ProofStore,
    StoredProof,
    fits,
    lean_of,
    scope,
    shapes,
)
from prover.types import Binder, Goal, LeanFacts, Lemma

PROOF = StoredProof(
    "4.28", "", "key", "conclusion", ("s1", "s2"), "theorem t (h : p) (g : q) : r", "by\n  grind",
    (Lemma("theorem l : p", "by simp"),), "open Nat\n", "portfolio:grind", "t", "demo", 0.5, 1000,
)  # fmt: skip


def hypothesis(shape: str) -> Binder:
    return Binder(f"h{shape}", "p", True, shape=shape)


def goal(key: str, conclusion: str = "conclusion", *shapes: str, **more: Any) -> Goal:
    binders = (Binder("n", "Nat", False), *map(hypothesis, shapes))
    given = {"key": key, "conclusion": conclusion, "binders": binders, "scoped": False, **more}
    return Goal("g", "g", "theorem g : r", **given)


def loud(text: str) -> None:
    raise AssertionError(text)


@contextmanager
def opened(path: Path | None) -> Iterator[ProofStore]:
    with closing(ProofStore(path, loud)) as made:
        yield made


@pytest.mark.parametrize("name", ["new/folder/p.sqlite", None])
def test_a_proof_comes_back_as_it_was(tmp_path: Path, name: str | None) -> None:
    with opened(tmp_path / name if name else None) as proofs:
        assert proofs.put(PROOF) and not proofs.put(PROOF)
        assert proofs.exact("4.28", goal("key")) == [PROOF]
        assert proofs.all() == proofs.all("4.28") == [PROOF]
        assert proofs.all("4.29") == proofs.exact("4.29", goal("key")) == []
        proofs.remove(PROOF.id)
        assert proofs.all() == []


texts = st.text(max_size=20)
proofs_of_any_kind = st.builds(
    StoredProof, texts, texts, texts, texts, st.lists(texts).map(tuple), texts, texts,
    st.lists(st.builds(Lemma, texts, texts), max_size=3).map(tuple), texts, texts, texts, texts,
    st.floats(0, 1e9), st.integers(0, 2**40), st.booleans(), st.integers(0, 9), st.just(0),
)  # fmt: skip


@given(proof=proofs_of_any_kind)
def test_every_proof_survives_the_file_and_json(proof: StoredProof) -> None:
    assert StoredProof.from_dict(json.loads(json.dumps(proof.to_dict()))) == proof
    with opened(None) as proofs:
        assert proofs.put(proof) and proofs.all() == [proof]


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"body": None}, {"lemmas": [{"statement": "x"}]}, {"hypotheses": [1]}, {"extra": 1},
        {"seconds": "soon"}, {"lemmas": 3}, {"header": 1},
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, KeyError, ValueError)):
        StoredProof.from_dict({**PROOF.to_dict(), **wrong} if wrong else {})


def test_only_the_shortest_of_a_goal_are_kept() -> None:
    with opened(None) as proofs:
        for size in (9, 3, 7, 5, 8):
            proofs.put(replace(PROOF, body="x" * size))
        kept = [len(p.body) for p in proofs.exact("4.28", goal("key"))]
        assert kept == [3, 5, 7] and len(kept) == A_KEY
        assert not proofs.put(replace(PROOF, body="x" * 8))
        unchecked = replace(PROOF, body="x", checked=False)
        assert not proofs.put(unchecked), "what Lean has accepted here comes first"
        assert not proofs.put(replace(PROOF, key="j", body="x" * proof_store.MAX_CHARS))


def test_fewer_hypotheses_first_and_none_that_the_goal_lacks() -> None:
    with opened(None) as proofs:
        for key, have in (("k1", ("a", "b")), ("k2", ("a",)), ("k3", ("a", "a")), ("k4", ("c",))):
            proofs.put(replace(PROOF, key=key, hypotheses=have))
        proofs.put(replace(PROOF, key="k5", hypotheses=(), conclusion="another"))

        def keys(goal: Goal, most: int = 9) -> list[str]:
            return [p.key for p in proofs.fewer("4.28", goal, most)]

        assert keys(goal("g", "conclusion", "a", "b", "d")) == ["k2", "k1"]
        assert keys(goal("g", "conclusion", "a", "b", "d"), most=1) == ["k2"]
        assert keys(goal("g", "conclusion", "a", "a")) == ["k2", "k3"]
        assert keys(goal("k2", "conclusion", "a")) == [], "its own key is no other goal"
        assert keys(goal("g", "")) == keys(goal("g")) == []


def test_a_goal_of_a_header_is_found_under_that_header_only() -> None:
    header = "def f := 1"
    with opened(None) as proofs:
        proofs.put(replace(PROOF, scope=sha256(header)))
        under = {"scoped": True, "header": header}
        assert proofs.exact("4.28", goal("key", **under))
        assert not proofs.exact("4.28", goal("key", **{**under, "header": "def f := 2"}))
        assert not proofs.exact("4.28", goal("key", header=header))
        proofs.put(PROOF)
        assert proofs.exact("4.28", goal("key", header="open Int")) == [PROOF]


def test_what_fits_is_what_is_found() -> None:
    same, more = goal("key"), goal("g", "conclusion", "s1", "s2", "s3")
    assert fits(PROOF, same) and fits(PROOF, more)
    assert not fits(PROOF, goal("g", "conclusion", "s1"))
    assert not fits(PROOF, replace(more, scoped=True)) and scope(more) == ""
    assert shapes(more) == ("s1", "s2", "s3")


def test_uses_are_counted_and_what_keeps_failing_is_left_out() -> None:
    with opened(None) as proofs:
        proofs.put(replace(PROOF, checked=False))
        for _ in range(FAILURES):
            assert proofs.exact("4.28", goal("key"))
            proofs.note(PROOF.id, proved=False)
        assert not proofs.exact("4.28", goal("key")) and len(proofs.all()) == 1
        proofs.note(PROOF.id, proved=True)
        (proof,) = proofs.exact("4.28", goal("key"))
        assert (proof.hits, proof.failures, proof.checked) == (1, FAILURES, True)


def test_what_lean_accepts_now_is_good_again() -> None:
    with opened(None) as proofs:
        proofs.put(replace(PROOF, checked=False))
        for _ in range(FAILURES):
            proofs.note(PROOF.id, proved=False)
        assert not proofs.put(replace(PROOF, checked=False)) and not proofs.exact(
            "4.28", goal("key")
        )
        assert not proofs.put(PROOF)
        (proof,) = proofs.exact("4.28", goal("key"))
        assert (proof.failures, proof.checked) == (0, True)


def test_a_changed_row_is_noted_and_removed_like_any(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with opened(path) as proofs, closing(sqlite3.connect(path, isolation_level=None)) as other:
        proofs.put(PROOF)
        other.execute("UPDATE proofs SET body = 'by sorry'")
        (proof,) = proofs.all()
        assert proof.body == "by sorry"
        proofs.note(proof.id, proved=False)
        assert proofs.all()[0].failures == 1
        proofs.remove(proof.id)
        assert proofs.all() == []


def test_another_library_is_another_lean() -> None:
    assert lean_of(LeanFacts("4.28", imports=("Mathlib",))) != lean_of(LeanFacts("4.28"))


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from prover import proof_store
from test_proof_store import PROOF
proof_store.BUSY_SECONDS = 60.0
proofs = proof_store.ProofStore(Path(sys.argv[1]), sys.exit)
for i in range(200):
    assert proofs.put(replace(PROOF, key=f"{sys.argv[2]} {i}"))
    proofs.note(PROOF.id, True)
proofs.close()
"""


def writer(path: Path, name: str, program: str = WRITER) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(path), name], cwd=Path(__file__).parent
    )


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with opened(path) as proofs:
        proofs.put(PROOF)
        running = [writer(path, name) for name in "abc"]
        assert [process.wait(120) for process in running] == [0] * 3
        found = {p.key: p for p in proofs.all()}
    assert len(found) == 601 and found["key"].hits == 600


def test_a_killed_writer_leaves_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    killed = WRITER.replace("proofs.close()", "import os; os.kill(os.getpid(), 9)")
    assert writer(path, "a", killed).wait(60) == -9
    with opened(path) as proofs:
        assert len(proofs.all()) == 200


def test_a_file_that_is_busy_costs_a_proof_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_store, "BUSY_SECONDS", 0.01)
    path = tmp_path / "p.sqlite"
    with opened(path) as proofs, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not proofs.put(PROOF)
        with closing(ProofStore(path, loud, strict=True)) as command:
            with pytest.raises(InfrastructureError, match="try again later"):
                command.put(PROOF)
        other.execute("ROLLBACK")
        assert proofs.put(PROOF)


def damaged(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def another_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE proofs (id)")


def no_proofs_inside(path: Path) -> None:
    with opened(path) as proofs:
        proofs.put(PROOF)
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("UPDATE proofs SET lemmas = '[7]'")


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("damage", [damaged, another_table, no_proofs_inside, a_folder])
def test_damage_costs_the_store_and_one_warning(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "p.sqlite"
    damage(path)
    said: list[str] = []
    with closing(ProofStore(path, said.append)) as proofs:
        for _ in range(2):
            assert proofs.exact("4.28", goal("key")) == []
            assert not proofs.put(replace(PROOF, body="by simp"))
    assert len(said) == 1 and str(path) in said[0]
    with pytest.raises(InfrastructureError, match="move it away"):
        ProofStore(path, loud, strict=True).all()
    assert path.exists(), "proofs are not thrown away"
