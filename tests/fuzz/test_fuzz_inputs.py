"""Files that a user gives, on random contents: what they say, or one clear sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prover import config, problems, store
from prover.config import ProblemsConfig
from prover.errors import UserError
from prover.types import Event, Problem

SETTINGS = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
DEEP = "[" * 100_000
HUGE = "9" * 6000
LONE = '"\\ud800"'

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
STATEMENTS = st.sampled_from(
    ["theorem a : 1 = 1", "lemma a.b (n : Nat) : n = n := by sorry", "def f := 1\ntheorem c : p",
     "/-- d -/ theorem «x y» : p := by\n  sorry", "theorem", "", "/- theorem a : p",
     "theorem a\x00"]
)  # fmt: skip
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["a", "b.c", "", "a b", "x : p\n", "\ud800", "é"]) | JSON,
        "statement": STATEMENTS | st.text(max_size=20) | JSON,
        "formal_statement": STATEMENTS | JSON,
        "header": st.sampled_from(["import Mathlib\n", "open Nat", "\ud800", "-- c"]) | JSON,
        "split": st.sampled_from(["valid", "test", "none"]) | JSON,
        "informal_prefix": st.text(max_size=9) | JSON,
        "extra": JSON,
    },
).map(json.dumps)
LINES = (
    ROWS
    | JSON.map(json.dumps)
    | st.text(max_size=30).map(lambda t: t.replace("\ud800", ""))
    | st.sampled_from([DEEP, HUGE, '{"a":' + HUGE + "}", '{"a":' * 20_000, "\ufeff{}", "NaN", "{"])
)
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\u2028", "\x0c"])


@st.composite
def jsonl(draw: st.DrawFn) -> bytes:
    """Lines, most of them JSON, of any kind, with a BOM or broken bytes now and then."""
    parts = [draw(LINES) + draw(ENDS) for _ in range(draw(st.integers(0, 4)))]
    start = draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00"]))
    return start + "".join(parts).encode("utf-8", "replace") + draw(st.binary(max_size=3))


LEAN = st.lists(
    st.sampled_from(
        ["theorem a : p := by sorry\n", "theorem b", " : ", "\ufeff", "import M\n", "/-", "-/", '"',
         "lemma a : q := by sorry", "\r\n", "sorry", "\x00", "open A in\n", "-- \u2028 c\n", "«"]
    )
    | st.text(max_size=9),
    max_size=9,
).map(lambda parts: "".join(parts).encode("utf-8", "replace"))  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def one_sentence(error: UserError, file: Path) -> None:
    text = str(error)
    assert file.name in text and "\n" not in text, text
    text.encode()


def loaded(path: Path, split: str = "") -> list[Problem]:
    """The problems, each of which is text through and through, or none after a UserError."""
    try:
        found = problems.load(ProblemsConfig(source=str(path), split=split))
    except UserError as exc:
        one_sentence(exc, path)
        return []
    assert found
    for problem in found:
        assert problem.name and problem.name in problem.statement
        assert problem.statement.startswith("theorem")
    problems.statements_sha256(found)
    assert len({p.name for p in found}) == len(found)
    return found


@SETTINGS
@given(data=jsonl(), split=st.sampled_from(["", "valid"]))
def test_a_jsonl_file_is_problems_or_a_sentence(folder: Path, data: bytes, split: str) -> None:
    path = folder / "rows.jsonl"
    path.write_bytes(data)
    loaded(path, split)


@SETTINGS
@given(data=LEAN | st.binary(max_size=60))
def test_a_lean_file_is_problems_or_a_sentence(folder: Path, data: bytes) -> None:
    path = folder / "Valid.lean"
    path.write_bytes(data)
    loaded(path)
    single = folder / "set" / "one" / "a.lean"
    single.parent.mkdir(parents=True, exist_ok=True)
    single.write_bytes(data)
    try:
        problems.load(ProblemsConfig(source=str(folder / "set")))
    except UserError as exc:
        one_sentence(exc, single)


@pytest.mark.parametrize(
    "line",
    [DEEP, HUGE, '{"a":' * 20_000, f'{{"name": {LONE}, "statement": "theorem a : p"}}',
     f'{{"statement": "theorem a : {LONE[1:-1]}"}}', f'{{"statement": {HUGE}}}',
     f'{{"header": {LONE}, "statement": "theorem a : p"}}'],
    ids=["deep list", "long number", "deep object", "name", "statement", "number", "header"],
)  # fmt: skip
def test_a_line_that_breaks_json_readers_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"statement": "theorem first : p"}\n' + line + "\n")
    with pytest.raises(UserError, match=r"rows\.jsonl:2"):
        problems.load(ProblemsConfig(source=str(path)))


@pytest.mark.parametrize("name", ["a b", "x : p", "a\nb", "(x)", "a.", "«b", " a"])
def test_a_name_that_lean_cannot_have_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"name": name, "statement": "theorem a : p"}) + "\n")
    with pytest.raises(UserError, match=r"rows\.jsonl:1: .* is no name"):
        problems.load(ProblemsConfig(source=str(path)))


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b'\xef\xbb\xbf{"statement": "theorem a : p"}\r\n')
    (tmp_path / "a.lean").write_bytes(b"\xef\xbb\xbftheorem a : p := by\r\n  sorry\r\n")
    for file in ("rows.jsonl", "a.lean"):
        (found,) = problems.load(ProblemsConfig(source=str(tmp_path / file)))
        assert (found.name, found.statement, found.header) == ("a", "theorem a : p", "")


@pytest.mark.parametrize("name", ["x" * 5000, "a\x00b", "x/" * 3000])
def test_a_source_that_cannot_be_a_path_is_named(name: str) -> None:
    with pytest.raises(UserError, match=r"problems\.source"):
        problems.load(ProblemsConfig(source=name))


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda p: p.symlink_to(p)])
def test_what_is_called_a_lean_file_and_is_none(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "a.lean")
    with pytest.raises(UserError, match=r"a\.lean|holds no problems"):
        problems.load(ProblemsConfig(source=str(tmp_path)))


# -- configurations ------------------------------------------------------------------------------

YAML = st.lists(
    st.sampled_from(
        ["name: x\n", "problems:\n", "  source: p\n", "limits: {seconds: 5}\n",
         "search:\n  depth: ",
         "1\n", "-1\n", "2024-99-99\n", ".inf\n", "[", "]", "{", "}", "&a ", "*a ", "? ",
         "!!int x\n",
         "!!binary x\n", "!!set {a}\n", "<<: ", "- ", "'", '"\\ud800"\n', "\t", "\x00", "\x85",
         ": ",
         "1: 2\n", "null: 3\n", "!!timestamp 1\n", "!!float z\n", "---\n", "0b2\n", "1:99:99\n"]
    )
    | st.text(max_size=6),
    max_size=9,
).map(lambda parts: "".join(parts).encode("utf-8", "replace"))  # fmt: skip


def read_config(path: Path, *overrides: str) -> None:
    try:
        found = config.load(path, list(overrides))
    except UserError as exc:
        assert "\n" not in str(exc)
        str(exc).encode("utf-8", "surrogateescape")
        return
    assert found.digest() and config.dump(found)


@SETTINGS
@given(data=YAML | st.binary(max_size=40))
def test_a_configuration_is_read_or_refused(folder: Path, data: bytes) -> None:
    path = folder / "run.yaml"
    path.write_bytes(data)
    read_config(path)


VALUES = st.sampled_from(["[", "{a: ", "2024-99-99", "!!int x", "'", HUGE, "[" * 400, "&a [*a]"])


@SETTINGS
@given(
    key=st.sampled_from(
        ["name", "limits.seconds", "search", "a..b", ".", "name.x", "problems.sets"]
    )
    | st.text(max_size=9),
    value=VALUES | st.text(max_size=12),
)
def test_an_override_is_taken_or_refused(folder: Path, key: str, value: str) -> None:
    path = folder / "run.yaml"
    path.write_text("problems: {source: p}\n")
    read_config(path, f"{key}={value}")


@pytest.mark.parametrize(
    "text",
    [b"\xff\xfe", b"a: 2024-99-99\n", b"a: !!int x\n", b"a: " + b"[" * 600, b"&a [*a]",
     b"a: " + HUGE.encode(), b"? {a: b}\n: c\n", b"1: 2\n"],
)  # fmt: skip
def test_a_file_that_breaks_yaml_readers_is_named(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(text)
    with pytest.raises(UserError, match=r"run\.yaml"):
        config.load(path)


# -- events --------------------------------------------------------------------------------------

EVENTS = (
    st.builds(Event, st.text(max_size=5), st.floats(allow_nan=False), st.just({"a": 1})).map(
        lambda event: store.encode(event)
    )
    | JSON.map(lambda value: json.dumps(value).encode() + b"\n")
    | st.binary(max_size=30)
    | st.sampled_from(
        [
            f"{text}\n".encode()
            for text in (
                DEEP, HUGE, f'{{"type":"x","time":{HUGE},"data":{{}}}}', '{"type":1}', "[]", "null",
                f'{{"type":"x","time":1{"0" * 400},"data":{{}}}}',
                '{"type":"x","time":[],"data":{}}',
                '{"type":"x","time":NaN,"data":{}}', '{"type":"x","time":"","data":{}}', '"type"',
            )
        ]
    )
)  # fmt: skip


@SETTINGS
@given(lines=st.lists(EVENTS, max_size=4))
def test_events_are_read_or_the_line_is_named(folder: Path, lines: list[bytes]) -> None:
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(lines))
    try:
        found = list(store.read_events(path))
    except UserError as exc:
        one_sentence(exc, path)
        assert "events.jsonl:" in str(exc)
        return
    assert len(found) == path.read_bytes().count(b"\n")
    assert all(isinstance(event.time, float) for event in found)
