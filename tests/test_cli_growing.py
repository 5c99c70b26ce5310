"""`prover library`: what is shown of a file, and what a run made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_events import CONFIG

from prover import cli_growing
from prover.digest import sha256
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.store import RunStore
from prover.types import Event, Problem


def test_show_and_credit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "library.lean"
    file.write_text("theorem law (n : Nat) : n + 0 = n := by\n  simp\n")
    assert cli_growing.show(file, False) == 0
    assert "theorem law (n : Nat) : n + 0 = n\n1 theorems" in capsys.readouterr().out
    assert cli_growing.show(file, True) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "law"
    with RunStore.create(tmp_path / "run", CONFIG) as store:
        store.append(Event("run_started", 0.0, {"config_digest": "", "lean": "", "python": ""}))
    with pytest.raises(UserError, match="had no library; name one with --library"):
        cli_growing.credit(tmp_path / "run", None, False)
    assert cli_growing.credit(tmp_path / "run", file, False) == 0
    assert "0 of 1 theorems are in verified proofs" in capsys.readouterr().out


def test_half_is_held_out_and_always_the_same() -> None:
    graph = ProofGraph()
    names = [f"p{i}" for i in range(7)]
    for name in names:
        problem = {"name": name, "statement": f"theorem {name} : True"}
        graph.apply(Event("problem_added", 0.0, {"problem": problem}))
    held = cli_growing.every_second([graph, graph])
    assert [each.name for each in held] == sorted(names, key=sha256)[::2]
    assert all(isinstance(each, Problem) for each in held)
