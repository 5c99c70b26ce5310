"""A whole loop on the real Lean that learns the order of scripts alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from test_stages import CONFIG

from prover.lean.toolchain import Installation
from prover.looping.loop import go
from prover.looping.places import Places
from prover.looping.settings import ServedConfig
from prover.looping.table import as_json


@pytest.mark.lean
@pytest.mark.slow
def test_a_loop_learns_without_a_model(installation: Installation, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"served": ServedConfig(prover=["portfolio"])})
    found, why = go(config, tmp_path / "loop")
    assert not why and [each.number for each in found] == [0, 1]
    first, second = found
    assert first.held_out and second.held_out and first.proved and first.rows
    assert first.held_out.problems == second.held_out.problems == 3
    assert second.held_out.solved >= first.held_out.solved - 1
    assert second.learnt is None and second.prover == "portfolio"
    places = Places(tmp_path / "loop")
    assert not (places.round(1).folder / "model").exists()
    run = yaml.safe_load((places.round(1).held_out / "config.yaml").read_text())
    assert run["search"]["experience"] == [str(places.round(0).search)] and not run["models"]
    measured = next(e for e in places.lineage() if e["file"] == "round-1/held-out")
    assert "round-0/search" in measured["from"]
    again, _ = go(config, places.folder)
    assert as_json(again) == as_json(found), "a loop that is finished is only read"
