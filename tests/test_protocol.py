"""JSON lines: what counts as a reply and what is noise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.lean import protocol

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_ids_are_not_to_be_guessed() -> None:
    ids = {protocol.tag("ping", {})["id"] for _ in range(1000)}
    assert len(ids) == 1000 and all(len(i) >= 16 for i in ids)


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT)))
def test_a_request_is_one_line(fields: dict[str, object]) -> None:
    request = {**fields, "id": "x", "op": "judge"}
    line = protocol.encode(request)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert json.loads(line) == request


def test_a_request_that_is_no_unicode_is_not_sent() -> None:
    with pytest.raises(UnicodeEncodeError):
        protocol.encode({"body": "\ud800"})


@given(st.binary())
def test_noise_is_never_a_reply(line: bytes) -> None:
    assert protocol.decode(line, "0123456789abcdef") is None


@pytest.mark.parametrize(
    "line",
    [
        b'{"ok":true}',
        b'{"id":"other","ok":true}',
        b'{"id":"mine","ok":"yes"}',
        b'{"id":"mine"}',
        b' {"id":"mine","ok":true}',
        b'[{"id":"mine","ok":true}]',
        b'{"id":"mine","ok":true',
        b'{"id":["mine"],"ok":true}',
    ],
)
def test_near_misses(line: bytes) -> None:
    assert protocol.decode(line, "mine") is None


def test_the_awaited_reply() -> None:
    line = '{"id":"mine","ok":false,"error":"é"}'.encode()
    assert protocol.decode(line, "mine") == {"id": "mine", "ok": False, "error": "é"}
