"""Campaigns whose prover and decomposer are asked through the real vLLM.

The model is random, so its answers are held to a few texts (structured outputs of the real engine,
sampled as ever): what is tested is the way there and back, not the model.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from live_server import Live

from prover.campaign import Watch, nobody, run_campaign
from prover.config import (
    EffortConfig,
    LeanConfig,
    LimitsConfig,
    ModelConfig,
    ProblemsConfig,
    RunConfig,
    SearchConfig,
)
from prover.graph import ProofGraph
from prover.lean.toolchain import Installation
from prover.lean.verifier import Verifier
from prover.llm.client import Client, OpenAIClient
from prover.llm.family import load_family
from prover.llm.messages import Message, Request, Sampling
from prover.llm.record import SAMPLES, Record, Recorded
from prover.llm.serving import ask as ask_server
from prover.llm.thinking import think
from prover.llm.tools import CHECK
from prover.model_session import make_proposers
from prover.session import open_lean
from prover.store import RunStore, read_events
from prover.types import Candidate, Event, Problem

pytestmark = [pytest.mark.models, pytest.mark.lean, pytest.mark.slow]

BOTH = Problem("both", "theorem both (a b : Nat) : a * b = b * a ∧ a + b = b + a")
SKETCH = (
    "Plan: one side after the other.\n```lean4\ntheorem both (a b : Nat) : a * b = b * a ∧"
    " a + b = b + a := by\n  have h : a * b = b * a := by sorry\n"
    "  have k : a + b = b + a := by sorry\n  exact ⟨h, k⟩\n```"
)
TACTICS = ["omega\n", "exact Nat.mul_comm _ _\n", "skip\n"]


def held_to(texts: list[str]) -> dict[str, object]:
    return {"structured_outputs": {"choice": texts}}


def models(url: str) -> dict[str, ModelConfig]:
    effort = EffortConfig(samples=12, first=4, corrections=0)
    common = {"model": "tiny", "urls": [url], "max_tokens": 400, "seed": 5}
    return {
        "small": ModelConfig(
            family="subgoal-tiny", effort=effort, extra=held_to(TACTICS), **common
        ),
        "large": ModelConfig(
            family="chat-decomposer", effort=EffortConfig(samples=1, first=1),
            extra=held_to([SKETCH]), **common
        ),
    }  # fmt: skip


def configuration(url: str) -> RunConfig:
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        lean=LeanConfig(workers=1),
        limits=LimitsConfig(heartbeats=4000, seconds=60.0),
        search=SearchConfig(
            attempts=80, depth=1, seconds=300.0, concurrent=1, repair=True, conjectures=False
        ),
        prover=["small"],
        decomposer=["large"],
        models=models(url),
    )


@contextlib.asynccontextmanager
async def client_of(config: RunConfig, live: Live) -> AsyncIterator[OpenAIClient]:
    urls = {name: model.urls for name, model in config.models.items()}
    revive = {name: live.handle.restart for name in config.models}
    async with OpenAIClient(config.models, urls, revive) as client:
        yield client


async def campaign(
    config: RunConfig, path: Path, verifier: Verifier, client: Client, watch: Watch = nobody
) -> ProofGraph:
    families = {name: load_family(model.family) for name, model in config.models.items()}
    with RunStore.create(path, config) as store, Record(path / SAMPLES) as record:
        maker = make_proposers(config, families, record, client)
        return await run_campaign(config, [BOTH], store, verifier, watch, maker)


def kill_worker() -> None:
    own = psutil.Process().children(recursive=True)
    workers = [p for p in own if "vllm" in " ".join(p.cmdline()).lower() and "Worker" in p.name()]
    engines = workers or [p for p in own if "EngineCore" in " ".join([p.name(), *p.cmdline()])]
    assert engines, [p.cmdline() for p in own]
    for process in engines:
        process.kill()


def essence(graph: ProofGraph) -> object:
    goals = {
        name: (node.status, node.proof, node.tried) for name, node in sorted(graph.goals.items())
    }
    return goals, {name: node.status for name, node in sorted(graph.sketches.items())}


def test_a_campaign_survives_its_server_and_is_replayed_from_its_record(
    vllm_server: Live, installation: Installation, tmp_path: Path
) -> None:
    config = configuration(vllm_server.handle.url)
    killed = False

    def watch(event: Event, graph: ProofGraph) -> None:
        nonlocal killed
        if event.type == "sketch" and not killed:
            killed = True
            kill_worker()

    async def main() -> tuple[ProofGraph, ProofGraph]:
        async with open_lean(config.lean, 1, lambda *_: None) as verifier:
            async with client_of(config, vllm_server) as client:
                first = await campaign(config, tmp_path / "a", verifier, client, watch)
            with Record(tmp_path / "a" / SAMPLES, writable=False) as record:
                replayed = Recorded(record, None)
                second = await campaign(config, tmp_path / "b", verifier, replayed)
        return first, second

    first, second = vllm_server.run(main())
    assert killed and first.problem_state("both") == "verified"
    chosen = first.goals["both"].proof
    assert isinstance(chosen, str) and first.sketches[chosen].sketch.by == "large:sketch"
    assert first.sketches[chosen].sketch.plan.startswith("Plan: one side")
    holes = [first.goals[hole.goal].proof for hole in first.sketches[chosen].holes]
    assert all(isinstance(proof, Candidate) and proof.by == "small:sample" for proof in holes)
    assert essence(first) == essence(second)
    usage = first.usage()
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    sampled = [e for e in read_events(tmp_path / "a") if e.type == "sampled"]
    assert {e.data["model"] for e in sampled} == {"small", "large"}
    with Record(tmp_path / "a" / SAMPLES, writable=False) as record:
        # What is under way when the goal has its proof is cancelled, and so has no answer.
        answered = [e for e in sampled if e.data["how"] != "cancelled"]
        assert len(record) == len(answered)
    assert second.usage().completion_tokens == 0, "a replay costs nothing"


def ask(live: Live, request: Request, **extra: object) -> object:
    config = configuration(live.handle.url)
    small = config.models["small"].model_copy(update={"extra": extra})
    config = config.model_copy(update={"models": {"small": small}})

    async def main() -> object:
        async with client_of(config, live) as client:
            return await client.sample(request)

    return live.run(main())


def test_seeded_answers_repeat_with_their_logprobs(vllm_server: Live) -> None:
    sampling = Sampling(n=3, max_tokens=12, seed=11)
    request = Request("small", prompt="theorem t : 1 = 1 := by\n", sampling=sampling)
    first, second = ask(vllm_server, request), ask(vllm_server, request)
    assert first.samples == second.samples and len(first.samples) == 3  # type: ignore[attr-defined]
    assert all(s.logprob < 0 and s.tokens <= 12 for s in first.samples)  # type: ignore[attr-defined]


def test_an_unfinished_turn_is_gone_on_with(vllm_server: Live) -> None:
    """Budget forcing on the real server: it goes on with what it is told it has thought."""
    request = Request("small", (Message("user", "prove it"),), sampling=Sampling(max_tokens=24))
    config = configuration(vllm_server.handle.url)

    async def main() -> object:
        async with client_of(config, vllm_server) as client:
            effort = EffortConfig(thinking_tokens=8)
            return await think(client, ("<think>", "</think>"), request, effort)

    small = {"small": config.models["small"].model_copy(update={"extra": {"ignore_eos": True}})}
    config = config.model_copy(update={"models": small})
    reply = vllm_server.run(main())
    (sample,) = reply.samples
    assert "\n</think>\n" in sample.text and reply.usage.requests == 2
    assert 8 < reply.usage.completion_tokens <= 24


def test_a_tool_is_called_through_the_protocol(vllm_server: Live) -> None:
    request = Request(
        "small",
        (Message("user", "prove it"),),
        sampling=Sampling(max_tokens=3000, seed=3),
        tools=(CHECK,),
    )
    named = {"type": "function", "function": {"name": "check_lean"}}
    reply = ask(vllm_server, request, tool_choice=named)
    (call,) = reply.samples[0].calls  # type: ignore[attr-defined]
    assert call.name == "check_lean", "what a random model gives as its argument is noise"


def test_cancelled_requests_free_the_server(vllm_server: Live) -> None:
    config = configuration(vllm_server.handle.url)
    small = config.models["small"].model_copy(update={"extra": {"ignore_eos": True}})
    config = config.model_copy(update={"models": {"small": small}})
    long = Request("small", prompt="theorem", sampling=Sampling(n=4, max_tokens=900))

    async def main() -> float:
        async with client_of(config, vllm_server) as client:
            tasks = [asyncio.ensure_future(client.sample(long)) for _ in range(8)]
            await asyncio.sleep(0.5)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(1.0)
            return await running(vllm_server)

    assert vllm_server.run(main()) == 0


async def running(live: Live) -> float:
    """How many requests the server says it is working on."""
    text = (await asyncio.to_thread(ask_server, f"{live.handle.root}/metrics", None, "", 30))[1]
    lines = [x for x in text.splitlines() if x.startswith("vllm:num_requests_running")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
