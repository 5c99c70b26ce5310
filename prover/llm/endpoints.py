"""Does each model of a configuration answer? One look at every endpoint, one small sample."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prover.config import ModelConfig, ServeConfig
from prover.errors import ProverError, SetupError, UserError, boundary
from prover.llm import serving, vllm

if TYPE_CHECKING:
    from openai import AsyncOpenAI

QUESTION = "Say: by rfl"
TOKENS = 8
"""Of the sample."""
SECONDS = 60.0
"""For the list of models, and for the sample."""


@dataclass(frozen=True)
class Look:
    """What one look at an endpoint came to."""

    name: str
    """In the configuration."""
    model: str
    """On the server."""
    url: str
    """Empty for a server that would have to be started first."""
    ok: bool
    said: str = ""
    """The trouble, or what a server would be started from."""
    seconds: float = 0.0
    """Wall clock of the sample."""
    tokens: int = 0
    """That the sample has."""

    def described(self) -> str:
        """For people, in one line."""
        where = " ".join(part for part in (self.url, self.model) if part)
        if not self.ok:
            return f"NOT usable: {where}: {self.said}"
        if not self.url:
            return self.said
        return f"ok: {where}   {self.tokens} tokens in {self.seconds:.2f} s"


async def look_at_all(models: Mapping[str, ModelConfig]) -> list[Look]:
    """In the configuration's order. Raises SetupError where the client is not installed."""
    try:
        import openai  # noqa: F401 - whether it is there
    except ImportError as exc:
        raise SetupError("asking models needs the OpenAI client: pip install '.[models]'") from exc
    looks = [look(name, config, url) for name, config in models.items() for url in urls(config)]
    return list(await asyncio.gather(*looks))


def urls(config: ModelConfig) -> list[str]:
    """Empty for a server that does not run."""
    if config.serve is None:
        return config.urls
    port = config.serve.port
    return [f"http://{vllm.HOST}:{port}/v1"] if port and listens(port) else [""]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((vllm.HOST, port)) == 0


async def look(name: str, config: ModelConfig, url: str) -> Look:
    try:
        if not url:
            assert config.serve is not None
            return Look(name, config.served, "", True, startable(name, config.serve))
        key = serving.key(name, config) or "none"
        seconds, tokens = await sample(url, config.served, key)
    except ProverError as exc:
        return Look(name, config.served, url, False, str(exc))
    return Look(name, config.served, url, True, "", seconds, tokens)


def startable(name: str, serve: ServeConfig) -> str:
    """What it would be started from. Raises SetupError or UserError if it cannot be."""
    program = serving.find_program(serve.command[0], name)
    looks_local = serve.model.startswith((".", "/", "~"))
    if looks_local and not Path(serve.model).is_dir():
        raise UserError(f"there is no folder {serve.model} (serve.model)")
    return f"not running; {program} would serve {serve.model}"


async def sample(url: str, model: str, key: str) -> tuple[float, int]:
    """Seconds and tokens of one short answer. Raises SetupError with what went wrong."""
    from openai import AsyncOpenAI, OpenAIError

    client = AsyncOpenAI(base_url=url, api_key=key, timeout=SECONDS, max_retries=0)
    async with client:
        with boundary(SetupError, "what it answers is not the OpenAI protocol"):
            try:
                names = [listed.id async for listed in client.models.list()]
                if not names or (model and model not in names):
                    known = ", ".join(names[:8]) or "nothing"
                    raise SetupError(f"it serves no {model!r} but {known}")
                start = time.monotonic()
                tokens = await ask(client, model or names[0])
            except OpenAIError as exc:
                cause = f" ({exc.__cause__})" if exc.__cause__ else ""
                raise SetupError(f"{exc}{cause}") from exc
    return time.monotonic() - start, tokens


async def ask(client: AsyncOpenAI, model: str) -> int:
    """Tokens of an answer in a chat, or where the model knows no chat, of a continued text."""
    from openai import BadRequestError, NotFoundError

    try:
        chat = await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": QUESTION}], max_tokens=TOKENS
        )
        return chat.usage.completion_tokens if chat.usage else 0
    except (BadRequestError, NotFoundError):
        text = await client.completions.create(model=model, prompt=QUESTION, max_tokens=TOKENS)
        return text.usage.completion_tokens if text.usage else 0
