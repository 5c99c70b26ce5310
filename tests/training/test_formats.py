"""Exports in TRL's own trainers, one update each: what they want is there, with no conversion."""

from __future__ import annotations

import asyncio
import importlib.util
import math
import os
from pathlib import Path
from typing import Any

import pytest

from prover.data.export import Order, export
from prover.data.losses import losses
from prover.data.selection import Wanted
from prover.training import scratch
from prover.training.settings import PACKAGES

for name in (*PACKAGES, "pyarrow"):
    pytest.importorskip(name, reason=f"{name} is not installed: pip install '.[train,data]'")

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the libraries' own
]

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
CONTEXT = 2048


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights and a tokenizer that can chat."""
    folder = tmp_path_factory.mktemp("models") / "random"
    text = (RECORDED / "events.jsonl").read_text()
    made, tokenizer = scratch.build([text[i : i + 500] for i in range(0, 20_000, 500)], CONTEXT, 0)
    tokenizer.chat_template = TEMPLATE
    scratch.save(made, tokenizer, folder)
    return folder


def rows(tmp_path: Path, kind: str, shape: str, **more: Any) -> Any:
    """An export as `datasets` loads its folder."""
    import datasets

    out = tmp_path / "export"
    asyncio.run(export(Order((RECORDED,), kind, shape, out, **more), None, lambda found: found))
    return datasets.load_dataset(str(out), split="train", cache_dir=str(tmp_path / "cache"))


def once(tmp_path: Path) -> dict[str, Any]:
    return {"output_dir": str(tmp_path / "out"), "max_steps": 1, "report_to": [], "use_cpu": True,
            "per_device_train_batch_size": 2, "save_strategy": "no", "disable_tqdm": True,
            "bf16": False, "gradient_checkpointing": False}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "shape", "family"),
    [
        ("proofs", "trl", "subgoal-tiny"),
        ("sketches", "trl", ""),
        ("repairs", "messages", ""),
    ],
)
def test_supervised(tmp_path: Path, model: Path, kind: str, shape: str, family: str) -> None:
    from trl import SFTConfig, SFTTrainer

    data = rows(tmp_path, kind, shape, family=family)
    config = SFTConfig(**once(tmp_path), max_length=CONTEXT)
    trainer = SFTTrainer(str(model), args=config, train_dataset=data)
    assert math.isfinite(trainer.train().training_loss)


@pytest.mark.parametrize("family", ["", "subgoal-tiny"])
def test_preferences(tmp_path: Path, model: Path, family: str) -> None:
    from trl import DPOConfig, DPOTrainer

    data = rows(tmp_path, "preferences", "trl", family=family)
    config = DPOConfig(**once(tmp_path), max_length=CONTEXT)
    trainer = DPOTrainer(str(model), args=config, train_dataset=data)
    assert math.isfinite(trainer.train().training_loss)


def test_prompts_for_reinforcement_learning(tmp_path: Path, model: Path) -> None:
    from trl import GRPOConfig, GRPOTrainer

    seen: list[str] = []

    def reward(completions: list[Any], id: list[str], **_: Any) -> list[float]:
        seen.extend(id)
        return [float(i % 2) for i in range(len(completions))]

    data = rows(tmp_path, "prompts", "trl")
    config = GRPOConfig(**once(tmp_path), num_generations=2, max_completion_length=4)
    trainer = GRPOTrainer(str(model), reward_funcs=reward, args=config, train_dataset=data)
    trainer.train()
    assert seen and set(seen) <= set(data["id"])


def test_rows_by_their_loss_under_a_model(tmp_path: Path, model: Path) -> None:
    """Between two losses that the model has on them, some stay and some go."""
    found = rows(tmp_path / "all", "proofs", "trl", family="subgoal-tiny")
    pairs = list(zip(found["prompt"], found["completion"], strict=True))
    each = sorted(loss for loss in losses(str(model), pairs) if loss is not None)
    assert len(each) == 4 and each[0] < each[-1]
    middle = (each[1] + each[2]) / 2
    kept = rows(tmp_path / "kept", "proofs", "trl", family="subgoal-tiny", model=str(model),
                wanted=Wanted(lowest_loss=middle))  # fmt: skip
    assert len(kept) == sum(loss >= middle for loss in each) == 2


@pytest.mark.skipif(importlib.util.find_spec("verl") is None, reason="verl is not installed")
def test_verls_own_reader(tmp_path: Path, model: Path) -> None:
    from omegaconf import OmegaConf
    from transformers import AutoTokenizer
    from verl.utils.dataset.rl_dataset import RLHFDataset

    found = rows(tmp_path, "prompts", "verl")
    config = OmegaConf.create({"max_prompt_length": CONTEXT, "cache_dir": str(tmp_path / "verl")})
    tokenizer = AutoTokenizer.from_pretrained(model)
    read = RLHFDataset(str(tmp_path / "export" / "train.parquet"), tokenizer, config)
    assert len(read) == len(found)
    assert read[0]["extra_info"]["tried"] > 0 and read[0]["data_source"] == "subgoal-prover"
