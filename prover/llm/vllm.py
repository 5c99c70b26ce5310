"""What `vllm serve` is told, and what its log tells us: pure text and decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.config import ModelConfig, ServeConfig
from prover.errors import UserError
from prover.llm.adapters import Adapter

HOST = "127.0.0.1"
LORA = "--enable-lora"
RANK = "--max-lora-rank"
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM allocates for (`LoRAConfig.max_lora_rank`); it defaults to 16."""

PREFIX = re.compile(
    r"^(?:\(\S+ pid=\d+\)\s*)?(?:(?:DEBUG|INFO|WARNING|ERROR) [\d:. -]+)?(?:\[\S+\])?"
)
"""What vLLM writes before a message: `(EngineCore pid=7) INFO 11-21 15:04:05 [core.py:91] `."""
DOING = re.compile(r"\bINFO\b|\d+%")
"""A message, or a progress bar."""
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
FAULT = re.compile(
    r"^(?:[\w.]*(?:Error|Exception|Interrupt)\b: |Value error, |.*\berror: )\S", re.IGNORECASE
)
HEARSAY = ("See root cause above", "Engine core initialization failed", "WorkerProc initialization")
"""Errors that only say that there was another one."""
MOST = 300
"""Characters of a log line that go into a message."""


@dataclass(frozen=True)
class Plan:
    """What one server serves: weights, the names it answers to, adapters beside them."""

    model: str
    names: tuple[str, ...]
    adapters: Mapping[str, Adapter]
    merge: Adapter | None = None
    """To be merged into `model` first, and the result served in its place."""


def plan(name: str, config: ModelConfig, adapters: Mapping[str, Adapter]) -> Plan:
    """Raises UserError for a DoRA adapter beside anything else.

    vLLM serves LoRA adapters beside their base model but no DoRA ones, whose merged weights are
    a model of their own.
    """
    serve = config.serve
    assert serve is not None
    dora = [key for key, adapter in adapters.items() if adapter.dora]
    if not dora:
        names = (config.served,) if config.served not in adapters else (serve.model,)
        return Plan(serve.model, names, adapters)
    if len(adapters) > 1 or config.served != dora[0]:
        raise UserError(
            f"models.{name}: the adapter {dora[0]!r} is a DoRA one, which vLLM serves only merged"
            f" into its base model: give it an entry of its own in `models`, `model: {dora[0]}`"
        )
    return Plan(serve.model, (dora[0],), {}, adapters[dora[0]])


def arguments(serve: ServeConfig, plan: Plan, port: int) -> list[str]:
    """The command line without its program; the configuration's own `args` come last and win."""
    prefix = "--enable-prefix-caching" if serve.prefix_caching else "--no-enable-prefix-caching"
    length = ["--max-model-len", str(serve.max_model_len)] if serve.max_model_len else []
    return [
        "serve", plan.model,
        "--host", HOST,
        "--port", str(port),
        "--served-model-name", *plan.names,
        "--tensor-parallel-size", str(serve.tensor_parallel),
        *length,
        prefix,
        *lora_arguments(serve, plan.adapters),
        *serve.args,
    ]  # fmt: skip


def lora_arguments(serve: ServeConfig, adapters: Mapping[str, Adapter]) -> list[str]:
    if not adapters:
        return []
    rank = max(adapter.rank for adapter in adapters.values())
    fits = next((allowed for allowed in RANKS if allowed >= rank), rank)
    modules = [f"{name}={adapter.folder}" for name, adapter in adapters.items()]
    return [
        *([] if LORA in serve.args else [LORA]),
        *([] if given(serve.args, RANK) else [RANK, str(fits)]),
        *([] if given(serve.args, "--max-loras") else ["--max-loras", str(len(adapters))]),
        "--lora-modules", *modules,
    ]  # fmt: skip


def given(args: Sequence[str], option: str) -> bool:
    return any(arg == option or arg.startswith(f"{option}=") for arg in args)


def takes_adapters(serve: ServeConfig) -> bool:
    """Adapters can be loaded while it runs; vLLM has to be told so when it starts."""
    return bool(serve.adapters) or LORA in serve.args


def environment(
    base: Mapping[str, str], serve: ServeConfig, local: bool, key: str = ""
) -> dict[str, str]:
    """The server's: ours, no telemetry, for local weights no network; the configuration's wins.

    `key` is what the server demands of its clients from then on.
    """
    return {
        **base,
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
        "PYTHONUNBUFFERED": "1",
        **({"HF_HUB_OFFLINE": "1"} if local else {}),
        **({"VLLM_API_KEY": key} if key else {}),
        **serve.env,
    }


def share(one: ServeConfig, other: ServeConfig) -> bool:
    """May they use the same GPU? Then they start one after the other.

    vLLM measures free memory while it starts and fails if somebody else takes or frees some.
    """
    first, second = (devices(serve.env) for serve in (one, other))
    return not first or not second or bool(first & second)


def devices(env: Mapping[str, str]) -> frozenset[str]:
    """Empty if any may be meant."""
    listed = env.get("CUDA_VISIBLE_DEVICES", "")
    return frozenset(part.strip() for part in listed.split(",") if part.strip())


# The log


def plain(line: str) -> str:
    """Without colours and without vLLM's prefix."""
    return PREFIX.sub("", COLOUR.sub("", line).strip()).strip()


def messages(log: str) -> list[str]:
    """Lines with words in them; of a progress bar's line only its last state is looked at."""
    lines = (plain(line.rstrip("\r").rpartition("\r")[2]) for line in log.split("\n"))
    return [line for line in lines if re.search(r"[A-Za-z]{2}", line)]


def last_message(log: str) -> str:
    """What it says to be doing; warnings and what libraries print only if there is nothing else."""
    doing = [line for line in log.split("\n") if DOING.search(line)]
    said = messages("\n".join(doing)) or messages(log)
    return said[-1][:MOST] if said else ""


def last_fault(log: str) -> str:
    """The last error that is no mere consequence of another, or else the last line."""
    faults = [line for line in messages(log) if FAULT.match(line)]
    causes = [line for line in faults if not any(text in line for text in HEARSAY)]
    return (causes or faults or [last_message(log)])[-1][:MOST]


def died(name: str, code: int, log: str, file: Path) -> str:
    """One sentence about a server that ended by itself."""
    said = last_fault(log) or "it wrote nothing"
    return f"the server of the model {name!r} ended (exit code {code}): {said} [log: {file}]"


def late(name: str, seconds: float, log: str, file: Path) -> str:
    said = last_message(log) or "it wrote nothing"
    return (
        f"the server of the model {name!r} was not ready within {seconds:g} s"
        f" (serve.ready_seconds); its last line: {said} [log: {file}]"
    )
