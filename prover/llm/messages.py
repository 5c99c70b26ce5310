"""What passes between prompts, clients and records: requests for samples and what came of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from prover.digest import sha256

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class Tool:
    """A function that a model may call in the middle of its answer."""

    name: str
    description: str
    parameter: str
    """Its one argument, a text."""
    about: str
    """What the argument is to hold."""


@dataclass(frozen=True)
class Call:
    """A model's call of a tool."""

    id: str
    name: str
    arguments: str
    """JSON as the model wrote it, which may be none."""


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str
    calls: tuple[Call, ...] = ()
    """Of the assistant's turn."""
    call: str = ""
    """Of a tool's turn: the id of the call that it answers."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Message:
        return cls(**{**data, "calls": calls(data)})


def calls(data: dict[str, Any]) -> tuple[Call, ...]:
    return tuple(Call(**call) for call in data.get("calls", ()))


@dataclass(frozen=True)
class Sampling:
    """How to sample, in the terms of the OpenAI protocol."""

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 2048
    """Of one answer, its thinking included."""
    stop: tuple[str, ...] = ()
    seed: int | None = None
    """Equal seeds give equal answers on the same server and model, alone or in a batch."""


@dataclass(frozen=True)
class Request:
    """A question to a model: a chat, or the raw text that it is to go on with."""

    model: str
    """The model's name in the configuration, which says where it is served."""
    messages: tuple[Message, ...] = ()
    prompt: str = ""
    """For raw completion; then there are no messages."""
    sampling: Sampling = Sampling()
    go_on: bool = False
    """The last message is the assistant's and unfinished: continue it, rather than answer it."""
    tools: tuple[Tool, ...] = ()
    """What the model may call."""
    goal: str = ""
    """Id of the goal that it is asked for."""
    purpose: str = ""
    """What the answer is to be: `sample`, `correction`, `sketch`, ..."""
    number: int = 0
    """Tells requests apart that are otherwise equal: asked twice, a model answers twice."""

    def digest(self) -> str:
        """Equal for equal requests: a recorded answer is found by it."""
        return sha256(json.dumps(asdict(self), sort_keys=True))[:24]

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Request:
        sampling = Sampling(**{**data["sampling"], "stop": tuple(data["sampling"]["stop"])})
        messages = tuple(Message.from_dict(message) for message in data["messages"])
        tools = tuple(Tool(**tool) for tool in data.get("tools", ()))
        return cls(**{**data, "messages": messages, "sampling": sampling, "tools": tools})


@dataclass(frozen=True)
class Sample:
    """One answer."""

    text: str
    finish: str = "stop"
    """The server's word: `stop`, or `length` for an answer that was cut off."""
    tokens: int = 0
    logprob: float | None = None
    """Mean log-probability of its tokens under the model, in nats; None if the server says none."""
    calls: tuple[Call, ...] = ()
    """Tools that it wants called before it goes on."""

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Sample:
        return cls(**{**data, "calls": calls(data)})


@dataclass(frozen=True)
class Usage:
    """What a request cost."""

    requests: int = 0
    samples: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    """Wall clock until the answer, tries that failed included."""
    refused: int = 0
    """Requests that the server would not serve."""
    money: float = 0.0
    """At the price that the model is configured with."""
    retries: int = 0
    """Requests that were made again, there or elsewhere, since the first got no answer."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.samples + other.samples,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.seconds + other.seconds,
            self.refused + other.refused,
            self.money + other.money,
            self.retries + other.retries,
        )


@dataclass(frozen=True)
class Reply:
    samples: tuple[Sample, ...]
    usage: Usage = Usage()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reply:
        return cls(tuple(Sample.from_dict(s) for s in data["samples"]), Usage(**data["usage"]))
