"""Lines from a driver that writes anything: only the reply with the awaited id is one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.lean import protocol
from prover.lean.process import LeanProcess, ProcessSpec

DRIVER = str(Path(__file__).parents[1] / "fake_driver.py")
ID = "$ID"
"""Where a line of garbage has it, the fake driver puts the id that is waited for."""

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
IDS = st.sampled_from([None, 1, "", "0" * 16, "$id", [ID], {"id": ID}, f" {ID}", f"{ID}\x00", ID])
NOT_OK = st.sampled_from([None, 0, 1, "true", [], {}, [True], float("nan")])
OBJECTS = st.builds(lambda fields, **rest: {**fields, **rest}, st.dictionaries(st.text(), VALUES))


def near(reply: dict[str, Any]) -> bytes:
    return json.dumps(reply).encode()


NEAR_MISSES = (
    st.builds(lambda i, ok: near({"id": i, "ok": ok, "verdict": "proved"}), IDS, NOT_OK)
    | st.builds(lambda i: near({"id": i, "ok": True}), IDS.filter(lambda i: i != ID))
    | st.builds(lambda v: near({"id": ID, "verdict": v}), VALUES)
    | st.integers(1, 30).map(lambda n: near({"id": ID, "ok": True, "verdict": "proved"})[:-n])
    | st.just(b"[" + near({"id": ID, "ok": True}) + b"]")
    | st.just(b" " + near({"id": ID, "ok": True}))
    | st.just(b"\xef\xbb\xbf" + near({"id": ID, "ok": True}))
    | st.just(near({"id": ID, "ok": True}) + b"\x00")
    | st.just(near({"id": ID, "ok": True}) * 2)
    | st.just(near({"id": ID, "ok": True}).replace(b"$", b"\xff$"))
)
GARBAGE = (
    NEAR_MISSES
    | st.binary(max_size=40)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.sampled_from(
        [b"", b"{", b"\x00" * 50, b"NaN", b'{"id":', b'{"a":' * 50_000, b"[" * 50_000,
         b'{"id":"$ID","ok":' + b"9" * 6000 + b"}", b'{"id":"\\ud800","ok":true}', b"{}\r",
         b'{"ready":true}', b'{"id":"$ID","ok":tru\xc3', b"x" * 200_000]
    )
)  # fmt: skip


@settings(max_examples=300)
@given(GARBAGE)
def test_garbage_is_no_reply(line: bytes) -> None:
    awaited = "0123456789abcdef"
    assert protocol.decode(line.replace(b"$ID", awaited.encode()), awaited) is None


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=9), VALUES), st.booleans())
def test_any_reply_comes_through(fields: dict[str, Any], ok: bool) -> None:
    line = json.dumps({**fields, "id": "me", "ok": ok}).encode()
    found = protocol.decode(line, "me")
    assert found is not None
    assert json.dumps(found, sort_keys=True) == json.dumps(json.loads(line), sort_keys=True)


class Asker:
    """One process of the fake driver that is asked many things."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        spec = ProcessSpec((sys.executable, "-I", "-S", DRIVER), {}, None, 20.0)
        self.process = LeanProcess(spec, 2000)
        runner.run(self.process.start())

    def ask(self, **fields: Any) -> dict[str, Any]:
        return self.runner.run(self.process.ask("judge", fields, 20))


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asyncio.Runner() as runner:
        made = Asker(runner)
        yield made
        runner.run(made.process.close())


@settings(max_examples=120)
@given(lines=st.lists(GARBAGE, max_size=5), cuts=st.lists(st.integers(1, 60), max_size=4))
def test_the_reply_is_found_in_any_garbage(
    asker: Asker, lines: list[bytes], cuts: list[int]
) -> None:
    """However the lines are cut into writes; the process serves on."""
    texts = [line.hex() for line in lines]
    reply = asker.ask(behave="garbage_lines", lines=texts, cuts=cuts, echo=len(lines))
    assert (reply["ok"], reply["echo"], reply["verdict"]) == (True, len(lines), "rejected")
    assert asker.process.usable


UNICODE = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@settings(max_examples=100)
@given(
    text=UNICODE | st.sampled_from(["\x00", "\n\r\u2028\u2029\x85", "é" * 100_000, "\ufeff"]),
    value=VALUES.filter(lambda v: v == v),
)
def test_what_is_asked_arrives_as_it_was(asker: Asker, text: str, value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            asker.ask(echo=[text, value])
    else:
        found = asker.ask(echo=[text, value])["echo"]
        assert json.dumps(found, sort_keys=True) == json.dumps([text, value], sort_keys=True)
    assert asker.process.usable
