"""What the fixtures in conftest.py hand out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from prover.config import ModelConfig
from prover.llm.serving import Server

MakeConfig = Callable[..., ModelConfig]


@dataclass(frozen=True)
class Live:
    """A server, and the event loop that it lives in."""

    handle: Server
    config: ModelConfig
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)
