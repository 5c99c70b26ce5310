"""The real vLLM behind `prover.llm.serving`: it answers, dies, comes back, takes adapters, ends."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from live_server import Live, MakeConfig

from prover.config import ModelConfig
from prover.errors import SetupError, UserError
from prover.llm import endpoints
from prover.llm.serving import ask, serving

pytestmark = [pytest.mark.models, pytest.mark.slow]


def post(live: Live, path: str, **body: Any) -> dict[str, Any]:
    status, text = ask(f"{live.handle.url}/{path}", {"model": "tiny", **body}, "", 120)
    assert status == 200, text
    answer: dict[str, Any] = json.loads(text)
    return answer


def greedy(live: Live, model: str) -> str:
    body = {"model": model, "prompt": "theorem a : ", "max_tokens": 12, "temperature": 0}
    return str(post(live, "completions", **body)["choices"][0]["text"])


def listed(live: Live) -> list[str]:
    text = ask(f"{live.handle.url}/models", None, "", 30)[1]
    return [model["id"] for model in json.loads(text)["data"]]


def family(live: Live) -> list[psutil.Process]:
    """The guard, the server, its engine, its worker and what else they have."""
    assert live.handle.alive
    own = psutil.Process().children(recursive=True)
    return [p for p in own if "vllm" in " ".join(p.cmdline()).lower()]


def test_a_completion_with_samples_and_logprobs(vllm_server: Live) -> None:
    answer = post(
        vllm_server, "completions", prompt="theorem a : ", n=4, max_tokens=8, logprobs=1, seed=7
    )
    assert len(answer["choices"]) == 4
    for choice in answer["choices"]:
        assert all(value <= 0 for value in choice["logprobs"]["token_logprobs"])
    assert answer["usage"]["completion_tokens"] <= 32


def test_a_chat_with_samples_and_logprobs(vllm_server: Live) -> None:
    messages = [{"role": "user", "content": "Prove it."}]
    answer = post(
        vllm_server, "chat/completions", messages=messages, n=4, max_tokens=8, logprobs=True
    )
    assert len(answer["choices"]) == 4
    assert all(choice["logprobs"]["content"] for choice in answer["choices"])


def test_the_command_check_finds_it_usable(vllm_server: Live) -> None:
    models = {
        "there": ModelConfig(family="x", model="tiny", urls=[vllm_server.handle.url]),
        "other": ModelConfig(family="x", model="other", urls=[vllm_server.handle.url]),
    }
    there, other = asyncio.run(endpoints.look_at_all(models))
    assert there.ok and there.tokens > 0
    assert not other.ok and "serves no 'other' but tiny" in other.said


def test_an_adapter_comes_changes_the_answers_and_goes(vllm_server: Live, tiny: Path) -> None:
    server, base = vllm_server.handle, greedy(vllm_server, "tiny")
    vllm_server.run(server.load_adapter("l", tiny / "lora"))
    try:
        assert listed(vllm_server) == ["tiny", "l"]
        assert greedy(vllm_server, "l") != base
        assert greedy(vllm_server, "tiny") == base
        with pytest.raises(UserError, match="DoRA"):
            vllm_server.run(server.load_adapter("d", tiny / "dora"))
    finally:
        vllm_server.run(server.unload_adapter("l"))
    assert listed(vllm_server) == ["tiny"]


def test_killed_workers_cost_a_restart_and_nothing_else(vllm_server: Live, tiny: Path) -> None:
    """Adapters included: what was loaded before is there again."""
    server, before = vllm_server.handle, family(vllm_server)
    vllm_server.run(server.load_adapter("kept", tiny / "lora"))
    answers = [greedy(vllm_server, name) for name in ("tiny", "kept")]
    url = server.url
    workers = [p for p in before if "Worker" in " ".join(p.cmdline())]
    assert workers
    for worker in workers:
        worker.kill()

    async def asked_by_three() -> None:
        await asyncio.gather(*(server.restart() for _ in range(3)))

    vllm_server.run(asked_by_three())
    assert server.alive and server.url == url
    assert [greedy(vllm_server, name) for name in ("tiny", "kept")] == answers
    vllm_server.run(server.unload_adapter("kept"))
    assert not [process for process in before if process.is_running()]


def test_the_dora_adapter_was_merged(vllm_server: Live, tiny: Path) -> None:
    """Into weights of the same size, which the server says that it loads."""
    (merged,) = (vllm_server.handle.log.parent.parent / "merged").iterdir()
    name = "model.safetensors"
    base, made = (tiny / "model" / name).read_bytes(), (merged / name).read_bytes()
    assert made != base
    assert abs(len(made) - len(base)) < 10_000  # headers differ
    assert f"model   {merged}" in vllm_server.handle.log.read_text()


def test_a_start_that_fails_tells_vllms_own_reason(tiny_config: MakeConfig, tmp_path: Path) -> None:
    config = tiny_config(args=["--no-such-option"])

    async def body() -> None:
        async with serving({"d": config}, lambda *_: None, tmp_path / "logs"):
            pass

    with pytest.raises(SetupError, match="unrecognized arguments: --no-such-option"):
        asyncio.run(body())
