"""Lean in the middle of a generation: a chat model calls a tool, sees its answer, and goes on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from prover.llm.client import Client
from prover.llm.messages import Call, Message, Reply, Request, Tool, Usage

CHECK = Tool(
    "check_lean",
    "Have Lean check Lean 4 code: one or more theorems with their proofs. Says of each whether it"
    " is proved, or the first error with its place and the goals there. The theorem's own"
    " definitions and what is above it are in scope.",
    "code",
    "Theorems with proofs, without imports.",
)

Use = Callable[[str], Awaitable[str]]
"""What the tool says of some code."""


async def with_tools(client: Client, request: Request, use: Use, most: int) -> Reply:
    """One sample with up to `most` calls on the way; its usage is that of all its turns.

    The text is that of the last turn: what was said between calls is in the record.
    """
    usage, asked = Usage(), replace(request, tools=(CHECK,))
    for _ in range(most):
        reply = await client.sample(asked)
        usage += reply.usage
        if not reply.samples or not reply.samples[0].calls:
            return replace(reply, usage=usage)
        said = reply.samples[0]
        answers = [Message("tool", await answer(call, use), call=call.id) for call in said.calls]
        turn = Message("assistant", said.text, said.calls)
        asked = replace(asked, messages=(*asked.messages, turn, *answers))
    reply = await client.sample(replace(asked, tools=()))
    return replace(reply, usage=usage + reply.usage)


async def answer(call: Call, use: Use) -> str:
    """A call that makes no sense is told so; the model may call again."""
    if call.name != CHECK.name:
        return f"there is no tool {call.name!r}, only {CHECK.name!r}"
    try:
        code = json.loads(call.arguments)[CHECK.parameter]
    except (ValueError, KeyError, TypeError):
        return f'the argument must be {{"{CHECK.parameter}": "..."}}'
    return await use(code) if isinstance(code, str) else "the code must be a text"
