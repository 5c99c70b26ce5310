"""A run's configuration: YAML, checked by pydantic, unknown keys refused (design decision 12)."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from prover.errors import UserError, first_fault
from prover.types import Limits

YAML_ERRORS = (
    yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OverflowError
)  # fmt: skip
"""What PyYAML raises: its own errors, and others for values such as the date 2024-99-99."""


RETRY_FACTOR = 4.0
"""A retry of an undecided candidate gets this many times the limits."""


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
    """Lean processes; 0 is one a core, of the cluster's if there is one."""
    cluster: str = Field(default="", pattern=r"^(local|auto|[\w.\[\]:-]+:\d+)?$")
    """Where Lean runs: on this machine if empty, else on a Ray cluster (docs/cluster.md): `auto` is
    the one that runs here, HOST:PORT another, `local` starts one of this machine alone."""
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
    seconds: float = Field(default=20.0, gt=0)
    """Wall clock of one attempt, a backstop."""
    first: float = Field(default=1.0, gt=0, le=1)
    """The share of both that an attempt gets at first. What Lean could not decide within it gets
    four times as much before its goal is given up. A quarter saves Lean seconds where most attempts
    are in vain, and costs a second try where proofs are dear (docs/benchmarks.md)."""

    def limits(self) -> Limits:
        return Limits(self.heartbeats, self.seconds)

    def of_attempt(self, again: bool) -> Limits:
        """Of a first try, or of the one after it."""
        return self.limits().scaled(self.first * (RETRY_FACTOR if again else 1.0))


class Caps(Section):
    """Hard limits of what may be spent; nothing is begun once one of them is reached."""

    attempts: int | None = Field(default=None, ge=1)
    """Attempts and sketches."""
    seconds: float | None = Field(default=None, gt=0)
    """Lean seconds."""
    tokens: int | None = Field(default=None, ge=1)
    """In models' prompts and answers."""
    money: float | None = Field(default=None, gt=0)
    """As the models' `price` has it."""


class SearchConfig(Section):
    attempts: int = Field(default=400, ge=1)
    """Attempts and sketches spent on one problem at most."""
    depth: int = Field(default=3, ge=0)
    """How many decompositions may lie above one another; 0 is direct proofs only."""
    seconds: float = Field(default=60.0, gt=0)
    """Lean seconds spent on one problem at most."""
    tokens: int | None = Field(default=None, ge=1)
    """Of models' prompts and answers, spent on one problem at most."""
    money: float | None = Field(default=None, gt=0)
    """Spent on one problem at most, as the models' `price` has it."""
    goal: Caps = Caps()
    """What one goal may cost, the problem's own and each hole of a sketch."""
    refute: bool = True
    """Look for a counterexample of what resists: a false goal is dead, and so is its sketch."""
    conjectures: bool = True
    """Guess lemmas (generalisations, special cases, equations between the header's functions), have
    them tested and proved, and look for a proof of the goal from those."""
    concurrent: int = Field(default=0, ge=0)
    """Attempts under way at a time; 0 is twice the workers."""
    learns: bool = True
    """Order the portfolio's scripts by what came of each in this run; false keeps one order."""
    experience: list[str] = []
    """Folders of earlier runs: what came of each script there counts as if it had in this run."""
    allocate: Literal["order", "worth"] = "order"
    """Where the next attempt goes: to the goal nearest the root, direct proofs before sketches; or
    where chance of closing, times value to the root, over cost is highest, as far as is known."""
    premises: int = Field(default=0, ge=0)
    """Theorems of the library that are offered for a goal: tried by the portfolio and the
    structural decomposer, shown to models. None by default: they cost a twentieth of the Lean
    seconds and seldom prove anything (docs/benchmarks.md); 16 where that does not matter."""
    library: str = ""
    """A Lean file of theorems (`prover library grow`) that are offered for goals that speak of the
    same things, each with its proof."""
    choose: Literal["order", "holes", "logprob"] = "order"
    """Which of a goal's sketches is worked on first: the one proposed first; the one whose holes
    look cheapest, by how many attempts at them have failed; or the one likeliest to its model."""
    repair: bool = False
    """Make a sketch of a failed proof: what Lean took stays, and what it left is a goal. Without a
    model it costs attempts and proves no more (docs/benchmarks.md)."""
    states: bool = False
    """Try single tactics too, and go on from the proof states that they lead to."""
    store: Literal["none", "run", "home"] = "home"
    """Where proofs are looked up before anything else is tried: `home` is your own store, which
    all runs share; `run` knows what this run has proved, so that it does not depend on others;
    `none` asks for every goal anew."""

    @property
    def caps(self) -> Caps:
        """Of one problem."""
        return Caps(
            attempts=self.attempts, seconds=self.seconds, tokens=self.tokens, money=self.money
        )


class ServeConfig(Section):
    """A `vllm serve` process that a run starts and stops; `prover models up` starts it alone."""

    model: str
    """A folder with weights, or a name that vLLM knows how to fetch."""
    command: list[str] = ["vllm"]
    """The program; for a vLLM in a virtual environment of its own, its path."""
    port: int = Field(default=0, ge=0, le=65535)
    """0 takes a free one."""
    tensor_parallel: int = Field(default=1, ge=1)
    """GPUs that share the model."""
    max_model_len: int | None = Field(default=None, ge=1)
    """Tokens of prompt and answer together; without, the model's own limit."""
    prefix_caching: bool = True
    adapters: dict[str, str] = {}
    """LoRA adapters, name and folder; each is asked for by its name in `model`."""
    args: list[str] = []
    """Further arguments of `vllm serve`."""
    env: dict[str, str] = {}
    ready_seconds: float = Field(default=900.0, gt=0)
    """How long the start may take."""


class EffortConfig(Section):
    """How much a model is asked for one goal, and what is made of each answer."""

    samples: int = Field(default=8, ge=1)
    """Fresh samples of one goal at most."""
    first: int = Field(default=2, ge=1)
    """How many of them are asked for first; each later round asks for twice as many."""
    corrections: int = Field(default=1, ge=0)
    """Rounds in which the model sees Lean's errors in its own answer and tries again."""
    correction_samples: int = Field(default=2, ge=1)
    """Samples of each correction, and of each refinement."""
    refinements: int = Field(default=1, ge=0)
    """Of a goal's sketches that compiled and failed: how many a decomposer's model is shown again,
    with what became of every step; those that failed first."""
    resumes: int = Field(default=0, ge=0)
    """Samples that go on from the last line before Lean's first error, for each failed answer."""
    tool_calls: int = Field(default=0, ge=0)
    """For chat models that call tools: how often one may have Lean check something on its way."""
    waits: int = Field(default=0, ge=0)
    """For models that think: how often the end of the thinking is turned into a `Wait`."""
    thinking_tokens: int | None = Field(default=None, ge=1)
    """For models that think: after so many the thinking is ended and the answer asked for."""
    early_stop: bool = True
    """Ask for samples one by one, so that a goal's proof stops the others; false asks for a stage's
    samples in one request, which is cheaper where prompts are paid for."""


class Price(Section):
    """Of a million tokens, in whatever currency the budget is kept."""

    prompt: float = Field(default=0.0, ge=0)
    answer: float = Field(default=0.0, ge=0)


class ModelConfig(Section):
    family: str
    """Prompt format and reply form: one that `prover models families` lists, or a YAML file."""
    model: str = ""
    """What the server calls it; by default `serve.model`."""
    urls: list[str] = []
    """OpenAI-compatible endpoints, `http://host:port/v1`; requests are shared out among them."""
    key_env: str = ""
    """The environment variable that holds the endpoint's key, where it wants one."""
    permits: int = Field(default=16, ge=1)
    """Requests under way at a time, for each endpoint."""
    seconds: float = Field(default=600.0, gt=0)
    """Wall clock of one request; one that takes longer counts as refused."""
    serve: ServeConfig | None = None
    """Start it with the run, instead of `urls`."""
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    """These three default to what the family's authors use."""
    seed: int | None = None
    """Makes the answers of a server that honours it repeatable; every request derives its own."""
    logprobs: bool = True
    """Ask for the tokens' probabilities; false for a service that refuses to give them."""
    extra: dict[str, Any] = {}
    """Further fields of every request, for what only this server understands."""
    effort: EffortConfig = EffortConfig()
    price: Price = Price()
    """What its tokens cost, for `budget.money` and the report."""

    @model_validator(mode="after")
    def one_by_one(self) -> ModelConfig:
        effort = self.effort
        steered = effort.waits or effort.thinking_tokens or effort.tool_calls
        if steered and not effort.early_stop:
            raise ValueError(
                "effort: `waits`, `thinking_tokens` and `tool_calls` follow one sample at a time"
                " and want early_stop: true"
            )
        if effort.tool_calls and (effort.waits or effort.thinking_tokens):
            raise ValueError("effort: `tool_calls` goes with neither `waits` nor `thinking_tokens`")
        return self

    @model_validator(mode="after")
    def somewhere(self) -> ModelConfig:
        if bool(self.urls) == (self.serve is not None):
            raise ValueError("a model wants either `urls` or `serve`")
        return self

    @property
    def served(self) -> str:
        return self.model or (self.serve.model if self.serve else "")


def listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def under(preset: dict[str, Any], given: Any) -> Any:
    """The preset's values, and over them what is given, unless that is no section at all."""
    return {**preset, **given} if isinstance(given, dict) else preset if given is None else given


Names = Annotated[list[str], BeforeValidator(listed)]
"""One name, or several in the order in which they are asked."""


PRESETS: dict[str, dict[str, Any]] = {
    "light": {
        "limits": {"heartbeats": 10_000, "seconds": 10.0},
        "search": {"attempts": 120, "seconds": 10.0, "depth": 2},
        "effort": {"samples": 4, "first": 2, "corrections": 1},
    },
    "medium": {},
    "heavy": {
        "limits": {"heartbeats": 100_000, "seconds": 60.0},
        "search": {
            "attempts": 5_000,
            "seconds": 1_200.0,
            "depth": 5,
            "premises": 16,
            "states": True,
            "repair": True,
        },
        "effort": {"samples": 64, "first": 4, "corrections": 2},
    },
}
"""Defaults that go together; `effort` is that of every model. Medium are the defaults as such."""


class RunConfig(Section):
    name: str = "run"
    preset: Literal["light", "medium", "heavy"] = "medium"
    """How much is spent where the configuration does not say: a look, a campaign, a siege."""
    problems: ProblemsConfig
    lean: LeanConfig = LeanConfig()
    limits: LimitsConfig = LimitsConfig()
    search: SearchConfig = SearchConfig()
    budget: Caps = Caps()
    """What the whole campaign may cost; problems that are left then stay unproved."""
    prover: Names = ["portfolio"]
    """What proposes proofs, in this order: `portfolio` and names of `models`."""
    decomposer: Names = ["structural"]
    """What proposes sketches, in this order: `structural`, names of `models`, or just `none`."""
    models: dict[str, ModelConfig] = {}

    @model_validator(mode="before")
    @classmethod
    def with_preset(cls, data: Any) -> Any:
        """Its values stand where the configuration says nothing."""
        preset = PRESETS.get(data.get("preset", "medium")) if isinstance(data, dict) else None
        if not preset:
            return data
        models = data.get("models")
        efforts = {
            name: {**model, "effort": under(preset["effort"], model.get("effort"))}
            for name, model in (models.items() if isinstance(models, dict) else ())
            if isinstance(model, dict)
        }
        sections = {name: under(preset[name], data.get(name)) for name in ("limits", "search")}
        named = {"models": {**models, **efforts}} if efforts else {}
        return {**data, **sections, **named}

    @model_validator(mode="after")
    def known(self) -> RunConfig:
        for key, names, own in (
            ("prover", self.prover, ["portfolio"]),
            ("decomposer", self.decomposer, ["structural", "none"]),
        ):
            for name in names:
                if name not in self.models and name not in own:
                    raise ValueError(
                        f"{key}: there is no {name!r}; it is {' or '.join(own)}, or one of `models`"
                    )
        if "none" in self.decomposer and len(self.decomposer) > 1:
            raise ValueError("decomposer: `none` stands alone")
        return self

    def digest(self) -> str:
        """Equal for configurations that would do the same run."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def used_models(self) -> dict[str, ModelConfig]:
        """Those that take part; others may be there to be switched to."""
        named = {*self.prover, *self.decomposer}
        return {name: model for name, model in self.models.items() if name in named}

    def workers(self) -> int:
        return self.lean.processes()


def load(path: Path, overrides: list[str] | None = None) -> RunConfig:
    """Read a YAML file and apply `KEY=VALUE` overrides (`limits.seconds=5`).

    Raises UserError with the offending key when anything does not fit.
    """
    data = read(path)
    for override in overrides or []:
        set_key(data, override)
    return parse(data, str(path))


def read(path: Path) -> dict[str, Any]:
    """A file's keys as they are given. Raises UserError if it is no YAML of them."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise UserError(f"cannot read the configuration {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"cannot read the configuration {path}: {exc}") from exc
    data = read_yaml(text, str(path))
    if not isinstance(data, dict):
        raise UserError(f"{path} must hold `key: value` lines")
    return data


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
    return validated(RunConfig, data, where)


Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], data: dict[str, Any], where: str) -> Model:
    """Raises UserError with the offending key."""
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        key, why = first_fault(exc)
        raise refusal(f"{where}: {key}: {why}") from exc


def dump(config: BaseModel) -> str:
    return yaml.safe_dump(json.loads(config.model_dump_json()), sort_keys=False)
