"""A run's configuration: YAML, checked by pydantic, unknown keys refused (design decision 12)."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from prover.errors import UserError, first_fault
from prover.types import Limits

YAML_ERRORS = (
    yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OverflowError
)  # fmt: skip
"""What PyYAML raises: its own errors, and others for values such as the date 2024-99-99."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemsConfig(Section):
    source: str
    """A folder of problem sets, a JSONL file, or a miniF2F checkout; relative to where you are."""
    sets: list[str] = []
    """For a folder of sets: which of them, all when empty."""
    split: str = ""
    """For a benchmark: `valid` or `test`."""
    limit: int | None = Field(default=None, ge=1)
    """Take only the first so many."""


class LeanConfig(Section):
    backend: Literal["embedded", "native"] = "embedded"
    project: str = ""
    """For native Lean: the lake project whose libraries the headers import."""
    confine: bool = True
    """For native Lean: run it inside bubblewrap (no network, nothing writable), and refuse to run
    where that is not possible; false runs candidates with your rights, and certificates say so.
    The embedded Lean is always confined and this changes nothing there."""
    dialect: Literal["none", "mathlib"] = "none"
    """`mathlib` puts definitions of Mathlib's tactic names, as far as core Lean can do their work,
    before every header (docs/dialect.md). For the embedded Lean; a native one has Mathlib."""
    workers: int = Field(default=0, ge=0)
    """Lean processes; 0 is one a core."""
    cache: bool = True
    """Ask Lean only once for the same candidate, earlier runs included; false always asks (for
    measurements). A finished file is always compiled: what is verified never rests on the cache."""
    memory_mb: int = Field(default=3000, ge=500)
    """Resident memory at which a worker is replaced."""
    spares: int = Field(default=1, ge=0)
    """Processes kept ready beyond `workers`, from the first long attempt on, to step in for one
    that had to be killed; each takes a worker's memory, so 0 where that is short."""

    @model_validator(mode="after")
    def has_one_mathlib(self) -> LeanConfig:
        if self.dialect != "none" and self.backend == "native":
            raise ValueError("dialect: only the embedded Lean has one; import Mathlib itself")
        return self

    def processes(self) -> int:
        return self.workers or len(os.sched_getaffinity(0))


class LimitsConfig(Section):
    heartbeats: int = Field(default=20_000, ge=0)
    """Lean's maxHeartbeats for one attempt, in thousands of allocations; 0 is no limit."""
    seconds: float = Field(default=10.0, gt=0)
    """Wall clock of one attempt, a backstop."""

    def limits(self) -> Limits:
        return Limits(self.heartbeats, self.seconds)


class SearchConfig(Section):
    attempts: int = Field(default=400, ge=1)
    """Attempts and sketches spent on one problem at most."""
    depth: int = Field(default=3, ge=0)
    """How many decompositions may lie above one another; 0 is direct proofs only."""
    seconds: float = Field(default=60.0, gt=0)
    """Lean seconds spent on one problem at most."""
    concurrent: int = Field(default=0, ge=0)
    """Attempts under way at a time; 0 is twice the workers."""


class RunConfig(Section):
    name: str = "run"
    problems: ProblemsConfig
    lean: LeanConfig = LeanConfig()
    limits: LimitsConfig = LimitsConfig()
    search: SearchConfig = SearchConfig()
    prover: Literal["portfolio"] = "portfolio"
    decomposer: Literal["structural", "none"] = "structural"

    def digest(self) -> str:
        """Equal for configurations that would do the same run."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def workers(self) -> int:
        return self.lean.processes()

    def concurrent(self) -> int:
        return self.search.concurrent or 2 * self.workers()


def load(path: Path, overrides: list[str] | None = None) -> RunConfig:
    """Read a YAML file and apply `KEY=VALUE` overrides (`limits.seconds=5`).

    Raises UserError with the offending key when anything does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise UserError(f"cannot read the configuration {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"cannot read the configuration {path}: {exc}") from exc
    data = read_yaml(text, str(path))
    if not isinstance(data, dict):
        raise UserError(f"{path} must hold `key: value` lines")
    for override in overrides or []:
        set_key(data, override)
    return parse(data, str(path))


def set_key(data: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise UserError(f"--set wants KEY=VALUE, for example limits.seconds=5, not {override!r}")
    *parents, last = key.split(".")
    for name in parents:
        data = data.setdefault(name, {})
        if not isinstance(data, dict):
            raise refusal(f"--set {override}: {name} is no section")
    data[last] = read_yaml(value, f"the value of --set {key}")


def read_yaml(text: str, where: str) -> Any:
    """Raises UserError, with `where` in it, for what is no YAML."""
    try:
        return yaml.safe_load(text)
    except YAML_ERRORS as exc:
        raise refusal(f"{where} is not valid YAML: {exc}") from exc


def refusal(text: str) -> UserError:
    """On one line: YAML's own messages and keys may have several."""
    return UserError(" ".join(text.split()))


def parse(data: dict[str, Any], where: str) -> RunConfig:
    try:
        return RunConfig.model_validate(data)
    except ValidationError as exc:
        key, why = first_fault(exc)
        raise refusal(f"{where}: {key}: {why}") from exc


def dump(config: RunConfig) -> str:
    return yaml.safe_dump(json.loads(config.model_dump_json()), sort_keys=False)
