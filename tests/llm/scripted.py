"""A client whose answers are written down: for what must be exact."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prover.llm.messages import Reply, Request, Sample, Usage

Says = Callable[[Request], Sequence[str]]


@dataclass
class Scripted:
    """Answers with what `says` returns; takes `seconds` for it. Use as `Client`."""

    says: Says
    seconds: float = 0.0
    requests: list[Request] = field(default_factory=list)
    cancelled: int = 0

    async def sample(self, request: Request) -> Reply:
        self.requests.append(request)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        texts = list(self.says(request))
        samples = tuple(Sample(text, tokens=len(text), logprob=-1.0) for text in texts)
        return Reply(samples, Usage(1, len(texts), 10, sum(map(len, texts))))
