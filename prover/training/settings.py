"""What a training is asked to do, where its files go, and what it says of itself."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from prover.errors import InfrastructureError, SetupError, UserError
from prover.store import write_atomic

Method = Literal["full", "lora", "dora"]
METHODS: tuple[Method, ...] = ("full", "lora", "dora")
SCRATCH = "scratch"
CORRECTIONS = 4
"""Rows of failed attempts for each goal: about as many as a run has of one."""

ROWS = "rows.jsonl"
RECORD = "training.json"
LOSSES = "losses.jsonl"
CHECKPOINTS = "checkpoints"
ADAPTER = "adapter"

PACKAGES = ("torch", "transformers", "tokenizers", "trl", "peft", "datasets", "accelerate")


@dataclass(frozen=True)
class Settings:
    base: str = SCRATCH
    """A folder with weights and tokenizer, or `scratch`."""
    method: Method = "full"
    epochs: float = 0.0
    """Passes over the rows; 0 leaves it to `steps`."""
    steps: int = 0
    """Updates of the weights; 0 leaves it to `epochs`."""
    seed: int = 0
    batch: int = 8
    rate: float = 0.0
    """Peak learning rate; 0 takes that of the method."""
    context: int = 1024
    """Tokens of prompt and completion; longer rows are left out, never cut."""

    @property
    def peak_rate(self) -> float:
        """A model from scratch learns fast; adapters bear ten times the rate of full weights."""
        if self.rate:
            return self.rate
        return 1e-3 if self.base == SCRATCH else {"full": 5e-5}.get(self.method, 5e-4)

    @property
    def random_base(self) -> bool:
        return self.base == SCRATCH

    def checked(self) -> Settings:
        """Raises UserError for what does not go together."""
        if self.random_base and self.method != "full":
            raise UserError(
                f"--method {self.method} adapts a model that there is: name its folder with --base"
            )
        if not self.random_base and not (Path(self.base) / "config.json").is_file():
            raise UserError(
                f"--base {self.base} holds no model (it has no config.json): give a folder with "
                "weights and a tokenizer, or scratch"
            )
        if self.epochs < 0 or self.steps < 0 or bool(self.epochs) == bool(self.steps):
            raise UserError("give a positive number of either --epochs or --steps")
        return self


def require() -> None:
    """Raise SetupError unless everything that a training imports is installed."""
    missing = [name for name in (*PACKAGES, "matplotlib") if not importlib.util.find_spec(name)]
    if missing:
        raise SetupError(f"training needs {', '.join(missing)}: pip install '.[train]'")


def versions() -> dict[str, str]:
    return {name: version_of(name) for name in ("subgoal-prover", *PACKAGES)}


def version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from its source
        return ""


def write_record(folder: Path, **values: Any) -> dict[str, Any]:
    """Add to what is known of a training; returns all of it."""
    record = {**(read_record(folder) if (folder / RECORD).exists() else {}), **values}
    write_atomic(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return record


def read_record(folder: Path) -> dict[str, Any]:
    """Raises UserError if the folder holds no training."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except OSError as exc:
        raise UserError(f"{folder} holds no training to go on with: no {RECORD}") from exc
    except ValueError as exc:
        raise InfrastructureError(f"{folder / RECORD} is damaged: {exc}") from exc
    return dict(found)


def settings_of(record: dict[str, Any]) -> Settings:
    known = {field.name for field in dataclasses.fields(Settings)}
    return Settings(**{k: v for k, v in record["settings"].items() if k in known})
