"""Budget forcing (s1, arXiv 2501.19393, section 3.1): how long a model thinks before it answers.

A model that would stop thinking is made to go on by a `Wait` in place of its closing tag; one that
thinks for too long gets the closing tag and has to answer. Both go on from an unfinished turn.
"""

from __future__ import annotations

from dataclasses import replace

from prover.config import EffortConfig
from prover.llm.client import Client
from prover.llm.messages import Message, Reply, Request, Sample

WAIT = "\nWait,"


async def think(
    client: Client, tags: tuple[str, str], request: Request, effort: EffortConfig
) -> Reply:
    """One sample, its thinking steered; its usage is that of all its parts."""
    whole = request.sampling
    limit = min(effort.thinking_tokens or whole.max_tokens, whole.max_tokens)
    first = replace(whole, max_tokens=limit) if effort.thinking_tokens else whole
    reply = await client.sample(replace(request, sampling=first))
    for _ in range(effort.waits):
        cut = before_closing(reply, tags)
        if cut is None or tokens(reply) >= limit:
            break
        reply = await carry_on(client, request, reply, cut + WAIT, limit - tokens(reply))
    left = whole.max_tokens - tokens(reply)
    if unfinished(reply, tags) and left > 0:
        closed = reply.samples[0].text.rstrip() + f"\n{tags[1]}\n"
        reply = await carry_on(client, request, reply, closed, left)
    elif reply.samples and reply.samples[0].finish == "length" and left > 0:
        reply = await carry_on(client, request, reply, reply.samples[0].text, left)
    return reply


def before_closing(reply: Reply, tags: tuple[str, str]) -> str | None:
    """What was thought, if the thinking has been closed."""
    text = reply.samples[0].text if reply.samples else ""
    return text[: text.rindex(tags[1])].rstrip() if tags[1] in text else None


def unfinished(reply: Reply, tags: tuple[str, str]) -> bool:
    """Cut off while it was thinking. (The opening tag may be the chat template's.)"""
    sample = reply.samples[0] if reply.samples else None
    return sample is not None and sample.finish == "length" and tags[1] not in sample.text


def tokens(reply: Reply) -> int:
    return reply.usage.completion_tokens


async def carry_on(client: Client, request: Request, before: Reply, text: str, most: int) -> Reply:
    """The model's own text, as far as it is to stand, and what it says next."""
    sampling = replace(request.sampling, max_tokens=most)
    if request.messages:
        messages = (*request.messages, Message("assistant", text))
        asked = replace(request, messages=messages, sampling=sampling, go_on=True)
    else:
        asked = replace(request, prompt=request.prompt + text, sampling=sampling)
    reply = await client.sample(asked)
    usage = before.usage + reply.usage
    if not reply.samples:
        return replace(before, usage=usage)
    sample = reply.samples[0]
    joined = Sample(text + sample.text, sample.finish, before_tokens(before) + sample.tokens)
    return Reply((joined,), usage)


def before_tokens(reply: Reply) -> int:
    return reply.samples[0].tokens if reply.samples else 0
