"""What was asked and answered stays, is found again, and is told of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Scripted

from prover.errors import ModelRefused, UserError
from prover.llm.messages import Message, Reply, Request, Sample, Sampling, Usage
from prover.llm.record import Record, Recorded

CHAT = Request("m", (Message("user", "prove it"),), sampling=Sampling(n=2, stop=("x",), seed=3))
RAW = Request("m", prompt="theorem t : 1 = 1 := by", goal="g", purpose="sample", number=7)


def ask(client: Recorded, *requests: Request) -> list[Reply]:
    async def main() -> list[Reply]:
        return [await client.sample(request) for request in requests]

    return asyncio.run(main())


def test_equal_requests_are_asked_once(tmp_path: Path) -> None:
    model, told = Scripted(lambda r: ["a", "b"]), list[str]()
    with Record(tmp_path / "r.jsonl") as record:
        client = Recorded(record, model, lambda q, a, how: told.append(how))
        first, again, other = ask(client, CHAT, CHAT, RAW)
    assert first == again and len(model.requests) == 2
    assert told == ["asked", "recorded", "asked"]
    with Record(tmp_path / "r.jsonl", writable=False) as record:
        assert ask(Recorded(record, None), RAW, CHAT) == [other, first]


@pytest.mark.parametrize("field", ["goal", "purpose", "number", "model", "prompt", "go_on"])
def test_requests_that_differ_are_told_apart(field: str) -> None:
    other = {"number": 8, "go_on": True}.get(field, "else")
    assert Request(**{**vars(RAW), field: other}).digest() != RAW.digest()


def test_without_a_model_what_is_not_recorded_has_no_answer(tmp_path: Path) -> None:
    told = list[str]()
    with Record(tmp_path / "r.jsonl") as record:
        client = Recorded(record, None, lambda q, a, how: told.append(how))
        assert ask(client, RAW) == [Reply(())]
    assert told == ["missing"]
    with pytest.raises(UserError, match="cannot open"):
        Record(tmp_path / "none.jsonl", writable=False)


def test_what_another_runs_record_answers_was_not_asked(tmp_path: Path) -> None:
    """It costs nothing, and what it does not hold is no answer to keep."""
    told = list[str]()
    with Record(tmp_path / "a.jsonl") as first, Record(tmp_path / "b.jsonl") as second:
        ask(Recorded(first, Scripted(lambda r: ["a"])), CHAT)
        client = Recorded(second, Recorded(first, None), lambda q, a, how: told.append(how))
        replies = ask(client, CHAT, RAW)
        assert len(second) == 1
    assert [len(r.samples) for r in replies] == [1, 0]
    assert told == ["recorded", "missing"]


def test_answers_come_in_the_order_in_which_they_were_recorded(tmp_path: Path) -> None:
    requests = [replace(RAW, number=number) for number in range(6)]
    with Record(tmp_path / "r.jsonl") as record:
        for request in reversed(requests):
            record.add(request, Reply((Sample(str(request.number)),)))
        client, order = Recorded(record, None), list[str]()

        async def one(request: Request) -> None:
            order.append((await client.sample(request)).samples[0].text)

        async def main() -> None:
            await asyncio.gather(*map(one, requests))

        asyncio.run(main())
    assert order == ["5", "4", "3", "2", "1", "0"]


def test_a_refusal_is_an_answer_too(tmp_path: Path) -> None:
    class Refusing:
        async def sample(self, request: Request) -> Reply:
            raise ModelRefused("too long")

    told = list[str]()
    with Record(tmp_path / "r.jsonl") as record:
        replies = ask(Recorded(record, Refusing(), lambda q, a, how: told.append(how)), RAW, RAW)
    assert [r.samples for r in replies] == [(), ()]
    assert told == ["refused: too long", "recorded"]


def test_a_torn_line_is_cut_off_and_its_request_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    model = Scripted(lambda r: ["a"])
    with Record(path) as record:
        ask(Recorded(record, model), CHAT, RAW)
    path.write_bytes(path.read_bytes()[:-5])
    with Record(path, writable=False) as record:
        assert len(record) == 1
    with Record(path) as record:
        ask(Recorded(record, model), CHAT, RAW)
    assert len(model.requests) == 3
    with Record(path) as record:
        assert len(record) == 2
    path.write_bytes(b"{}\n" + path.read_bytes())
    with pytest.raises(UserError, match=":1 is no record"):
        Record(path)


@given(
    text=st.text(), finish=st.sampled_from(["stop", "length"]), logprob=st.none() | st.just(-0.5)
)
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, finish: str, logprob: float | None
) -> None:
    path = tmp_path_factory.mktemp("record") / "r.jsonl"
    request = Request("m", (Message("user", text),), text)
    reply = Reply((Sample(text, finish, 3, logprob),), Usage(1, 1, 2, 3, 0.5))
    with Record(path) as record:
        record.add(request, reply)
        place = record.place(request)
        assert place is not None and record.read(place) == reply
    with Record(path) as record:
        place = record.place(request)
        assert place is not None and record.read(place) == reply
