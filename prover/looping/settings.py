"""What a loop is asked to do, from YAML, and the configurations of its runs.

A loop is rounds of the flywheel: generate problems, search, recycle what was proved into training
rows, select, train, and search again with the model that came of it (expert iteration, as in GPT-f,
Polu and Sutskever, arXiv 2009.03393, section 4.2). Round 0 has learnt nothing: the portfolio alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from prover import config as configuration
from prover.config import (
    EffortConfig,
    LeanConfig,
    LimitsConfig,
    ModelConfig,
    Names,
    RunConfig,
    SearchConfig,
    Section,
)
from prover.curriculum.weights import CurriculumConfig
from prover.digest import sha256
from prover.training.rows import FAMILY
from prover.training.settings import SCRATCH, Method, Settings

MODEL = "model"
"""What the loop's own model is called in the configurations of its runs."""


class PlaygroundConfig(Section):
    families: list[str] = []
    """Of generators, all when empty."""
    levels: list[int] = [1, 2, 3]
    problems: int = Field(default=200, ge=1)
    """That each round searches."""
    held_out: int = Field(default=100, ge=1)
    """That every round is measured on, and nothing is ever learnt from."""


class TrainConfig(Section):
    base: str = SCRATCH
    """A folder with weights and tokenizer, or `scratch`; every round begins from it anew, on the
    rows of all rounds so far."""
    method: Method = "full"
    steps: int = Field(default=400, ge=0)
    epochs: float = Field(default=0.0, ge=0)
    batch: int = Field(default=8, ge=1)
    rate: float = Field(default=0.0, ge=0)
    context: int = Field(default=1024, ge=64)
    rows: int | list[int] | None = 1000
    """To learn from at most, in each round or one number for each; the selection says which."""
    select: Names = ["cap:4"]
    """Methods of selection, one after the other (docs/selection.md)."""
    prune: bool = True
    """Make proofs as short as Lean allows before they are learnt from (docs/recycling.md)."""

    @field_validator("rows")
    @classmethod
    def some(cls, rows: int | list[int] | None) -> int | list[int] | None:
        numbers = [rows] if isinstance(rows, int) else rows
        if numbers is not None and (not numbers or min(numbers) < 1):
            raise ValueError("a positive number of rows, or one for each round")
        return rows

    def rows_of(self, number: int) -> int | None:
        """Of a round's training, from 1; where they are given for fewer rounds the last counts."""
        if isinstance(self.rows, list):
            return self.rows[min(number, len(self.rows)) - 1]
        return self.rows

    def settings(self, seed: int) -> Settings:
        # Either is enough; where epochs are given they count.
        steps = 0 if self.epochs else self.steps
        return Settings(
            self.base, self.method, self.epochs, steps, seed, self.batch, self.rate, self.context
        )


class ServedConfig(Section):
    """How the round's model is served and asked."""

    family: str = FAMILY
    command: list[str] = ["vllm"]
    args: list[str] = []
    env: dict[str, str] = {}
    temperature: float | None = Field(default=None, ge=0)
    permits: int = Field(default=16, ge=1)
    effort: EffortConfig = EffortConfig(samples=4, first=4, corrections=0)
    prover: Names = [MODEL, "portfolio"]
    """What proposes proofs after round 0, in this order; without `model` nothing is trained."""

    @model_validator(mode="after")
    def known(self) -> ServedConfig:
        if not self.prover or set(self.prover) - {MODEL, "portfolio"}:
            raise ValueError(f"prover: a list of {MODEL} and portfolio, or one of them")
        return self


class BenchmarkConfig(Section):
    """A benchmark for a transfer check: measured without a model, and with the last one."""

    suite: str = "minif2f"
    source: str
    split: str = "valid"


class StopConfig(Section):
    """When to end before the last round."""

    stale: int | None = Field(default=None, ge=1)
    """After so many rounds without one that solves more held-out problems."""
    hours: float | None = Field(default=None, gt=0)
    """When so much time has gone into the rounds; the one under way is finished."""


class LoopConfig(Section):
    name: str = "loop"
    seed: int = 0
    rounds: int = Field(default=3, ge=1)
    """That have learnt; round 0 comes before them."""
    playground: PlaygroundConfig = PlaygroundConfig()
    curriculum: CurriculumConfig = CurriculumConfig()
    checks: int = Field(default=32, ge=1)
    """Attempts and sketches on a held-out problem at most: every round has the same."""
    lean: LeanConfig = LeanConfig()
    limits: LimitsConfig = LimitsConfig(heartbeats=5_000, seconds=10.0)
    search: SearchConfig = SearchConfig(attempts=60, depth=2, seconds=10.0, conjectures=False)
    """Of the search on generated problems."""
    order: bool = True
    """Let the portfolio begin with the order of scripts that the searches of all rounds before have
    learnt."""
    train: TrainConfig = TrainConfig()
    served: ServedConfig = ServedConfig()
    benchmark: BenchmarkConfig | None = None
    stop: StopConfig = StopConfig()

    @property
    def trains(self) -> bool:
        """Whether there is a model at all."""
        return MODEL in self.served.prover

    def digest(self) -> str:
        """Equal for configurations that would do the same, however many rounds they go."""
        own = self.model_dump_json(exclude={"rounds", "stop"})
        return sha256(own)[:16]


Purpose = Literal["search", "held-out", "benchmark"]


def run_config(
    config: LoopConfig,
    number: int,
    purpose: Purpose,
    problems: Path,
    model: Path | None,
    searches: Iterable[Path] = (),
) -> RunConfig:
    """Of a run of one round; `searches` are those of the rounds before. Measuring rounds are told
    from one another by what they have learnt alone: no proof is looked up, and what is counted is
    every check."""
    learnt = [str(run.resolve()) for run in searches] if config.order else []
    known = [*config.search.experience, *learnt]
    search = config.search.model_copy(update={"store": "run", "experience": known})
    if purpose != "search":
        counted = {
            "attempts": config.checks, "store": "none", "refute": False, "conjectures": False,
            "premises": 0,
        }  # fmt: skip
        search = search.model_copy(update=counted)
    models = {MODEL: served(config, model)} if model else {}
    return RunConfig.model_validate(
        {
            "name": f"{config.name}-{number}-{purpose}",
            "problems": {"source": str(problems)},
            "lean": config.lean.model_dump(),
            "limits": config.limits.model_dump(),
            "search": search.model_dump(),
            "prover": config.served.prover if number else ["portfolio"],
            "models": {name: each.model_dump() for name, each in models.items()},
        }
    )


def served(config: LoopConfig, model: Path) -> ModelConfig:
    own = config.served
    serve = {
        "model": str(model.resolve()), "command": own.command, "args": own.args, "env": own.env,
        "max_model_len": config.train.context,
    }  # fmt: skip
    return ModelConfig.model_validate(
        {
            "family": own.family, "serve": serve, "temperature": own.temperature,
            "permits": own.permits, "effort": own.effort.model_dump(), "seed": config.seed,
        }
    )  # fmt: skip


def load(path: Path, overrides: list[str]) -> LoopConfig:
    """Raises UserError with the offending key."""
    data = configuration.read(path)
    for override in overrides:
        configuration.set_key(data, override)
    return parse(data, str(path))


def parse(data: dict[str, Any], where: str) -> LoopConfig:
    return configuration.validated(LoopConfig, data, where)
