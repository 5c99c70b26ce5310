"""Answers from models behind the OpenAI protocol: permits, retries, servers that come back.

The official client does the protocol and retries what is worth it (connection, 408, 409, 429 and
5xx, with back-off). What is added here: a bound on requests under way at each endpoint, a choice
among several endpoints, and a server of our own that died is started again and asked anew.
Cancelling a call closes its connection, which frees the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from prover.config import ModelConfig
from prover.errors import ModelError, ModelRefused, SetupError, boundary
from prover.llm.messages import Call, Message, Reply, Request, Sample, Tool, Usage
from prover.llm.serving import key

if TYPE_CHECKING:
    import openai

RETRIES = 3
"""Of one request at an endpoint that is there but cannot answer now."""
REVIVALS = 3
"""How often one request may find its server dead; then the model counts as down."""
IN_VAIN = 8
"""After so many requests in a row without an answer in time, or so many refused before any was
answered, it is not the requests that are at fault."""

Revive = Callable[[], Awaitable[None]]
"""Make a model's server answer again, if it does not."""


class Client(Protocol):
    async def sample(self, request: Request) -> Reply:
        """Raises ModelRefused if this request cannot be served, ModelError if the model cannot."""
        ...


@dataclass
class Endpoint:
    url: str
    api: openai.AsyncOpenAI
    permits: asyncio.Semaphore
    under_way: int = 0
    answered: bool = False
    down: bool = False
    in_vain: int = 0

    def failed(self, model: str, why: str, counts: bool) -> ModelError:
        """One request more has no answer: the request's fault, or by now the endpoint's?"""
        self.in_vain += counts
        if self.in_vain < IN_VAIN:
            return ModelRefused(f"{model} refused a request: {why}")
        return ModelError(
            f"the model {model} at {self.url} left {self.in_vain} requests in a row without an"
            f" answer, the last since {why}; mend that and resume the run"
        )


class OpenAIClient:
    """Use as an async context manager; one for all models of a run."""

    def __init__(
        self,
        models: Mapping[str, ModelConfig],
        urls: Mapping[str, Sequence[str]],
        revive: Mapping[str, Revive] | None = None,
    ) -> None:
        """`urls` says where models are served; `revive` has those whose servers are ours."""
        self._models = dict(models)
        self._endpoints = {
            name: [connect(name, config, url) for url in urls[name]]
            for name, config in models.items()
        }
        self._revive = dict(revive or {})

    async def __aenter__(self) -> OpenAIClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        for endpoint in (e for found in self._endpoints.values() for e in found):
            await endpoint.api.close()

    async def sample(self, request: Request) -> Reply:
        """At the endpoint with the least to do; where one is down, at the next."""
        down: ModelError | None = None
        found = sorted(self._endpoints[request.model], key=lambda e: (e.down, e.under_way))
        for number, endpoint in enumerate(found):
            try:
                reply = await self._at(endpoint, request)
                return replace(reply, usage=reply.usage + Usage(retries=number))
            except ModelRefused:
                raise
            except ModelError as exc:
                endpoint.down, down = True, exc
        assert down is not None
        raise down

    async def _at(self, endpoint: Endpoint, request: Request) -> Reply:
        endpoint.under_way += 1
        try:
            async with endpoint.permits:
                reply = await self._in_time(endpoint, request)
            endpoint.answered, endpoint.down, endpoint.in_vain = True, False, 0
            return reply
        finally:
            endpoint.under_way -= 1

    async def _in_time(self, endpoint: Endpoint, request: Request) -> Reply:
        seconds = self._models[request.model].seconds
        try:
            async with asyncio.timeout(seconds) as limit:
                return await self._ask(endpoint, request, limit)
        except TimeoutError as exc:
            why = f"it gave no answer within {seconds:g} seconds"
            raise endpoint.failed(request.model, why, counts=True) from exc

    async def _ask(self, endpoint: Endpoint, request: Request, limit: asyncio.Timeout) -> Reply:
        import openai

        start = time.monotonic()
        for attempt in range(REVIVALS + 1):
            try:
                reply = await ask(endpoint.api, self._models[request.model], request)
                usage = replace(
                    reply.usage,
                    seconds=time.monotonic() - start,
                    retries=reply.usage.retries + attempt,
                )
                return replace(reply, usage=usage)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as exc:
                never = not endpoint.answered
                raise endpoint.failed(request.model, said(exc), counts=never) from exc
            except (openai.APIConnectionError, openai.InternalServerError) as exc:
                revive = self._revive.get(request.model)
                if revive is None or attempt == REVIVALS:
                    raise ModelError(down(request.model, endpoint.url, exc)) from exc
                limit.reschedule(None)  # a start takes its own time
                await revive()
                seconds = self._models[request.model].seconds
                limit.reschedule(asyncio.get_running_loop().time() + seconds)
            except openai.APIError as exc:
                raise ModelError(down(request.model, endpoint.url, exc)) from exc
        raise AssertionError("unreachable")


def connect(name: str, config: ModelConfig, url: str) -> Endpoint:
    """Raises SetupError without the `openai` package, UserError without the key it wants."""
    try:
        import openai
    except ImportError as exc:
        raise SetupError(
            "models need a package more: pip install 'subgoal-prover[models]'"
        ) from exc
    secret = key(name, config) or "none"  # the client insists on one
    api = openai.AsyncOpenAI(base_url=url, api_key=secret, timeout=None, max_retries=RETRIES)
    return Endpoint(url, api, asyncio.Semaphore(config.permits))


async def ask(api: openai.AsyncOpenAI, config: ModelConfig, request: Request) -> Reply:
    """One request as the protocol has it; the client's exceptions pass."""
    sampling = request.sampling
    common: dict[str, Any] = {
        "model": config.served,
        "n": sampling.n,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
    }
    if sampling.stop:
        common["stop"] = list(sampling.stop)
    if sampling.seed is not None:
        common["seed"] = sampling.seed
    if not request.messages:
        if config.logprobs:
            common["logprobs"] = 0  # of the chosen tokens alone
        raw = await api.completions.with_raw_response.create(
            prompt=request.prompt, extra_body=config.extra, **common
        )
        return read(request, raw, completion_sample)
    if config.logprobs:
        common["logprobs"] = True
    # vLLM's extension: the last message is no turn of its own
    unfinished = {"continue_final_message": True, "add_generation_prompt": False}
    extra = {**config.extra, **(unfinished if request.go_on else {})}
    if request.tools:
        common["tools"] = [tool_json(tool) for tool in request.tools]
    chat: list[Any] = [message_json(message) for message in request.messages]
    raw = await api.chat.completions.with_raw_response.create(
        messages=chat, extra_body=extra, **common
    )
    return read(request, raw, chat_sample)


def message_json(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        data["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in message.calls
        ]
    if message.call:
        data["tool_call_id"] = message.call
    return data


def tool_json(tool: Tool) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {tool.parameter: {"type": "string", "description": tool.about}},
        "required": [tool.parameter],
    }
    function = {"name": tool.name, "description": tool.description, "parameters": schema}
    return {"type": "function", "function": function}


def read(request: Request, raw: Any, sample: Callable[[Any], Sample]) -> Reply:
    """`usage` may be missing: then nothing is booked but the request.

    Raises ModelError for what is no answer of this protocol: a login page with status 200, say.
    """
    with boundary(
        ModelError, f"what {request.model}'s endpoint answers is not the OpenAI protocol"
    ):
        answer = raw.parse()
        samples = [sample(choice) for choice in answer.choices]
    prompt = answer.usage.prompt_tokens if answer.usage else 0
    completion = answer.usage.completion_tokens if answer.usage else 0
    usage = Usage(1, len(samples), prompt, completion, retries=raw.retries_taken)
    return Reply(tuple(samples), usage)


def completion_sample(choice: Any) -> Sample:
    logprobs = (choice.logprobs and choice.logprobs.token_logprobs) or []
    return Sample(choice.text, choice.finish_reason or "stop", *counted(logprobs))


def chat_sample(choice: Any) -> Sample:
    """A server with a reasoning parser gives the thinking apart; families expect it in front."""
    thinking = getattr(choice.message, "reasoning_content", None)
    text = choice.message.content or ""
    if thinking:
        text = f"<think>{thinking}</think>{text}"
    tokens = (choice.logprobs and choice.logprobs.content) or []
    called = [
        Call(c.id, c.function.name, c.function.arguments)
        for c in choice.message.tool_calls or []
        if c.type == "function"
    ]
    count, mean = counted([t.logprob for t in tokens])
    return Sample(text, choice.finish_reason or "stop", count, mean, tuple(called))


def counted(logprobs: Sequence[float | None]) -> tuple[int, float | None]:
    """How many tokens, and their mean log-probability."""
    known = [p for p in logprobs if p is not None]
    return len(logprobs), sum(known) / len(known) if known else None


def down(model: str, url: str, exc: Exception) -> str:
    return (
        f"the model {model} at {url} does not answer ({said(exc)}); see that it is up"
        " (prover models check CONFIG) and resume the run"
    )


def said(exc: Exception) -> str:
    return " ".join(str(exc).split())[:300]
