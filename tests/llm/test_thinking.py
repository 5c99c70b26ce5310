"""Budget forcing: a model that stops thinking too early goes on, one that never stops answers."""

from __future__ import annotations

import asyncio

from prover.config import EffortConfig
from prover.llm.messages import Message, Reply, Request, Sample, Sampling, Usage
from prover.llm.thinking import think

TAGS = ("<think>", "</think>")
ASKED = Request("m", (Message("user", "prove it"),), sampling=Sampling(max_tokens=100))


class Thinker:
    """Says the next of its parts, and remembers what it was asked."""

    def __init__(self, *parts: tuple[str, str, int]) -> None:
        self.parts, self.requests = list(parts), list[Request]()

    async def sample(self, request: Request) -> Reply:
        self.requests.append(request)
        if not self.parts:
            return Reply(())
        text, finish, tokens = self.parts.pop(0)
        return Reply((Sample(text, finish, tokens),), Usage(1, 1, 5, tokens))


def thought(thinker: Thinker, request: Request = ASKED, **effort: int) -> Reply:
    return asyncio.run(think(thinker, TAGS, request, EffortConfig(**effort)))


def test_the_end_of_thinking_becomes_a_wait() -> None:
    thinker = Thinker(
        ("<think>easy</think>omega", "stop", 5), (" no</think>grind", "stop", 4), ("x", "stop", 1)
    )
    reply = thought(thinker, waits=1)
    assert reply.samples[0].text == "<think>easy\nWait, no</think>grind"
    assert reply.usage == Usage(2, 2, 10, 9)
    again = thinker.requests[1]
    assert again.go_on and again.messages[-1] == Message("assistant", "<think>easy\nWait,")
    assert again.sampling.max_tokens == 95


def test_thinking_that_never_ends_is_ended() -> None:
    thinker = Thinker(("<think>well, hmm", "length", 30), ("omega", "stop", 2))
    reply = thought(thinker, thinking_tokens=30)
    assert reply.samples[0].text == "<think>well, hmm\n</think>\nomega"
    assert [r.sampling.max_tokens for r in thinker.requests] == [30, 70]


def test_an_answer_cut_off_by_the_thinking_limit_is_finished() -> None:
    thinker = Thinker(("<think>a</think>by om", "length", 30), ("ega", "stop", 1))
    assert thought(thinker, thinking_tokens=30).samples[0].text == "<think>a</think>by omega"


def test_what_is_over_stays_as_it_is() -> None:
    for parts in ([("<think>a</think>b", "stop", 9)], [("no tags", "stop", 3)], []):
        thinker = Thinker(*parts)
        reply = thought(thinker, thinking_tokens=30)
        assert [s.text for s in reply.samples] == [p[0] for p in parts]
        assert len(thinker.requests) == 1


def test_a_server_that_refuses_to_go_on_leaves_what_there_is() -> None:
    thinker = Thinker(("<think>easy</think>omega", "stop", 5))
    assert thought(thinker, waits=2).samples[0].text == "<think>easy</think>omega"


def test_raw_completions_go_on_from_their_prompt() -> None:
    thinker = Thinker(("<think>a</think>b", "stop", 5), ("c</think>d", "stop", 5))
    thought(thinker, Request("m", prompt="P:", sampling=Sampling(max_tokens=100)), waits=1)
    assert thinker.requests[1].prompt == "P:<think>a\nWait,"
