"""A loop with a model: real Lean, a real training, a real vLLM (`make test-models`)."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import pytest
from test_stages import CONFIG

from prover.config import EffortConfig
from prover.lean.toolchain import Installation
from prover.looping.loop import go
from prover.looping.places import Places
from prover.looping.settings import TrainConfig, load
from prover.looping.steps import Step
from prover.store import read_events

LOOP = Path(__file__).parents[2] / "configs" / "loop.yaml"

pytestmark = [pytest.mark.models, pytest.mark.lean]


@pytest.fixture
def program() -> str:
    if not os.environ.get("PROVER_VLLM") or not importlib.util.find_spec("trl"):
        pytest.skip("needs vLLM and what a training needs: run `make test-models`")
    return os.environ["PROVER_VLLM"]


def test_a_round_is_learnt_from_and_measured(
    installation: Installation, program: str, tmp_path: Path
) -> None:
    effort = EffortConfig(samples=2, first=2, corrections=0, early_stop=False)
    shipped = load(LOOP, []).served
    served = shipped.model_copy(update={"command": [program], "effort": effort})
    train = TrainConfig(steps=8, rows=3, select=["shortest"])
    config = CONFIG.model_copy(update={"served": served, "train": train})
    found, why = go(config, tmp_path / "loop")
    assert not why and [each.number for each in found] == [0, 1]
    first, second = found
    assert first.held_out and second.held_out
    assert first.held_out.problems == second.held_out.problems == 3
    assert second.learnt == min(3, first.rows or 0) and second.loss is not None
    places = Places(tmp_path / "loop")
    asked = [e for e in read_events(places.round(1).held_out) if e.type == "sampled"]
    assert asked and not [e for e in read_events(places.round(0).held_out) if e.type == "sampled"]
    trained = next(e for e in places.lineage() if e["file"] == "round-1/model")
    assert trained["step"] == str(Step(1, "train")) and "round-0/rows.jsonl" in trained["from"]
    for name in ("rounds.json", "rounds.png"):
        assert (places.folder / name).stat().st_size
    again, _ = go(config, places.folder)
    assert json.dumps([vars(e) for e in again], default=vars) == json.dumps(
        [vars(e) for e in found], default=vars
    ), "a loop that is finished is only read"
