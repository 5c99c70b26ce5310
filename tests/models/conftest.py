"""One real vLLM server for all tests here: it takes a minute or two to start.

`make test-models` sets up what they need: PROVER_VLLM is the program, PROVER_TINY the folder that
`tiny_model.py` made (`model`, `lora`, `dora`). Without them these tests are skipped by name.

    def test_something(vllm_server: Live) -> None:
        url, name = vllm_server.handle.url, vllm_server.handle.model    # http://.../v1, tiny
        vllm_server.run(vllm_server.handle.restart())

It takes adapters, knows a chat template and `tiny` by name, and answers noise. Tests leave it well.
What it serves is the tiny model with its DoRA adapter merged, so that one start tests that too.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from live_server import Live, MakeConfig

from prover.config import ModelConfig
from prover.llm.serving import serving


def needed(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: run `make test-models`")
    return Path(value)


@pytest.fixture(scope="session")
def vllm_program() -> Path:
    return needed("PROVER_VLLM")


@pytest.fixture(scope="session")
def tiny() -> Path:
    """The folder with `model`, `lora` and `dora`."""
    return needed("PROVER_TINY")


@pytest.fixture(scope="session")
def tiny_config(vllm_program: Path, tiny: Path) -> MakeConfig:
    """Configurations of the tiny model; `tiny_config(adapters={...})` changes `serve`."""

    def make(model: str = "tiny", family: str = "subgoal-tiny", **serve: Any) -> ModelConfig:
        settings = {
            "model": str(tiny / "model"),
            "command": [str(vllm_program)],
            "max_model_len": 4096,
            "args": ["--dtype", "float32", "--enforce-eager", "--enable-lora"]
            + ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]
            # On the CPU a prompt read in parts and a seed end the server: docs/models.md
            + ["--max-num-batched-tokens", "32768"],
            "env": {"VLLM_CPU_KVCACHE_SPACE": "1"},
            "ready_seconds": 600,
            **serve,
        }
        return ModelConfig.model_validate({"family": family, "model": model, "serve": settings})

    return make


@pytest.fixture(scope="session")
def vllm_server(
    tiny_config: MakeConfig, tiny: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """The one server; see above."""
    logs = tmp_path_factory.mktemp("vllm") / "logs"
    config = tiny_config(adapters={"tiny": str(tiny / "dora")})
    with asyncio.Runner() as runner:
        manager = serving({"tiny": config}, lambda *_: None, logs)
        servers = runner.run(manager.__aenter__())
        family = psutil.Process().children(recursive=True)
        try:
            yield Live(servers["tiny"], config, runner)
        finally:
            family += psutil.Process().children(recursive=True)  # others after a restart
            runner.run(manager.__aexit__(None, None, None))
    assert len(family) >= 4, "a guard, a server, an engine and a worker"
    assert not [process for process in family if process.is_running()]
