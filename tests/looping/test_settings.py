from __future__ import annotations

from pathlib import Path

import pytest

from prover import config as configuration
from prover.errors import UserError
from prover.looping import settings
from prover.looping.settings import LoopConfig, run_config


def test_what_is_dumped_loads_to_the_same_loop(tmp_path: Path) -> None:
    config = LoopConfig(name="x", seed=3)
    (tmp_path / "loop.yaml").write_text(configuration.dump(config))
    again = settings.load(tmp_path / "loop.yaml", [])
    assert again == config and again.digest() == config.digest()


def test_more_rounds_are_the_same_loop(tmp_path: Path) -> None:
    config = LoopConfig()
    assert config.digest() == config.model_copy(update={"rounds": 9}).digest()
    assert config.digest() != config.model_copy(update={"seed": 1}).digest()


def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").write_text("rounds: 0\n")
    with pytest.raises(UserError, match="rounds"):
        settings.load(tmp_path / "loop.yaml", [])
    (tmp_path / "loop.yaml").write_text("served: {prover: [other]}\n")
    with pytest.raises(UserError, match="a list of model and"):
        settings.load(tmp_path / "loop.yaml", [])


def test_every_round_is_measured_alike() -> None:
    """What was learnt is the only difference, and nothing but checks is counted."""
    config = LoopConfig(checks=24)
    searches = [Path("round-0/search"), Path("round-1/search")]
    first = run_config(config, 0, "held-out", Path("h.jsonl"), None)
    later = run_config(config, 2, "held-out", Path("h.jsonl"), Path("round-2/model"), searches)
    assert first.limits == later.limits and not first.search.experience
    assert later.search.experience == [str(path.resolve()) for path in searches]
    assert first.search == later.search.model_copy(update={"experience": []})
    assert first.search.attempts == 24 and first.search.store == "none"
    assert not (first.search.refute or first.search.conjectures)
    assert first.prover == ["portfolio"] and later.prover == ["model", "portfolio"]
    assert later.models["model"].served.endswith("round-2/model")


def test_what_a_round_learns_can_be_the_order_alone_or_the_model_alone() -> None:
    order = LoopConfig.model_validate({"served": {"prover": ["portfolio"]}})
    found = run_config(order, 1, "held-out", Path("h.jsonl"), None, [Path("s")])
    assert not order.trains and found.prover == ["portfolio"] and not found.models
    assert found.search.experience
    search = LoopConfig().search.model_copy(update={"experience": ["mine"]})
    model = LoopConfig(order=False, search=search)
    found = run_config(model, 1, "held-out", Path("h.jsonl"), Path("m"), [Path("s")])
    assert model.trains and found.search.experience == ["mine"]


def test_the_search_may_use_what_its_run_has_proved() -> None:
    found = run_config(LoopConfig(), 1, "search", Path("p.jsonl"), Path("m"))
    assert found.search.store == "run" and found.search.refute
