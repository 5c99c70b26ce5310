"""Lean source as text, on random text: nothing is raised but UserError, and laws that must hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prover import assembly
from prover.errors import UserError
from prover.lean import source
from prover.types import Lemma

PIECES = st.sampled_from(
    [
        "theorem ", "lemma ", "private ", "a", "x.y", "«a -- b»", "«\"»", "h'", "@[simp] ", ":",
        ":= ",
        "by ", "sorry", "let ", "have ", "(", ")", "{", "}", "⟨", "⟩", "⦃", "⦄", "[", "]", '"',
        "\\",
        'r#"', '"#', 'r"', "'", "'a'", "'\"'", "'\\''", "--", "/-", "-/", "/--", "-- c\n", "\n",
        "\r",
        " ", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "import ", "open ",
        "scoped ", "in ", "Nat ", "Foo.Bar ", "set_option maxHeartbeats 1\n", "Mathlib", "Init\n",
        "public ", "meta ", "∀ ", "₁", "é", "\U0001d53d", "sorry\n", "1",
    ]
)  # fmt: skip
LEAN = st.lists(PIECES, max_size=25).map("".join)
TEXT = LEAN | st.text(max_size=60)

FUNCTIONS: list[Callable[[str], object]] = [
    source.mask, source.spans, source.levels, source.assignment, source.split_declaration,
    source.split_doc, source.doc_text, source.theorems, source.split_problem, source.split_many,
    source.signature, source.imports, source.strip_imports, source.normalise, source.core_header,
    source.unmasked_lines, assembly.theorem_name,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@given(TEXT)
@settings(max_examples=150)
@example("-- a\u2028b\nopen Nat\n")
@example('"a\x0cb"\nimport X\n')
def test_nothing_but_a_user_error_is_raised(function: Callable[[str], object], text: str) -> None:
    try:
        function(text)
    except UserError as exc:
        assert "\n" not in str(exc)


def code_of(text: str) -> list[bool]:
    """Which characters are code: a state machine of its own, slow and plain.

    Quotes that start no character literal, `r` and `#` before strings, and names in `«»` as Lean's
    lexer has them.
    """
    out, i = [False] * len(text), 0
    while i < len(text):
        end = literal_end(text, i)
        if end == i:
            out[i] = True
            end = i + 1
            if text[i] == "«":
                stop = next((k for k in range(i, len(text)) if text[k] in "»\n"), len(text))
                if stop < len(text) and text[stop] == "»":
                    end = stop + 1
                    out[i:end] = [True] * (end - i)
        i = end
    return out


def literal_end(text: str, i: int) -> int:
    """Where the comment or literal at `i` ends, or `i` if there is none."""
    if text.startswith("--", i):
        end = text.find("\n", i)
        return len(text) if end < 0 else end
    if text.startswith("/-", i):
        return comment_end(text, i)
    after_name = i > 0 and (text[i - 1].isalnum() or text[i - 1] in "_'!?")
    if text[i] == "r" and not after_name and (end := raw_end(text, i)):
        return end
    if text[i] == '"':
        return string_end(text, i)
    if text[i] == "'" and not after_name:
        return char_end(text, i)
    return i


def comment_end(text: str, i: int) -> int:
    depth, at = 0, i
    while at < len(text):
        pair = text[at : at + 2]
        if pair in ("/-", "-/"):
            depth += 1 if pair == "/-" else -1
            at += 2
            if depth == 0:
                return at
        else:
            at += 1
    return len(text)


def raw_end(text: str, i: int) -> int:
    """0 if no raw string starts here, or none that ends."""
    at = i + 1
    while text[at : at + 1] == "#":
        at += 1
    if text[at : at + 1] != '"':
        return 0
    closing = '"' + "#" * (at - i - 1)
    end = text.find(closing, at + 1)
    return end + len(closing) if end >= 0 else 0


def string_end(text: str, i: int) -> int:
    at = i + 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" and at + 1 < len(text) else 1
    if at < len(text):
        return at + 1
    return len(text) - 1 if text[i + 1 :].endswith("\\") and odd_backslashes(text) else len(text)


def odd_backslashes(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def char_end(text: str, i: int) -> int:
    inner = text[i + 1 : i + 2]
    if inner == "\\":
        for size in (4, 6, 2):
            body = text[i + 2 : i + size]
            hexed = body[1:] and all(c in "0123456789abcdefABCDEF" for c in body[1:])
            fits = {4: body[:1] == "x" and hexed, 6: body[:1] == "u" and hexed, 2: True}[size]
            at = i + 1 + {4: 4, 6: 6, 2: 2}[size]
            if fits and text[at : at + 1] == "'":
                return at + 1
        return i
    if inner and inner not in "'\n" and text[i + 2 : i + 3] == "'":
        return i + 3
    return i


@given(LEAN)
@settings(max_examples=400)
@example("theorem «a -- b» : p")
@example('theorem «"» : p := "')
@example("f'' 'a' h₁'b' '\\x41' '\\u0041' '\\\\'")
def test_what_is_code_is_in_no_comment_and_no_literal(text: str) -> None:
    masked, code = source.mask(text), code_of(text)
    assert len(masked) == len(text)
    kept = [m if c else "" for m, c in zip(masked, code, strict=True)]
    assert "".join(kept) == "".join(t for t, c in zip(text, code, strict=True) if c)
    hidden = "".join(m for m, c in zip(masked, code, strict=True) if not c)
    assert not hidden.strip(" \n_")


@given(TEXT)
def test_line_structure_is_kept(text: str) -> None:
    assert [c == "\n" for c in source.mask(text)] == [c == "\n" for c in text]
    pairs = source.unmasked_lines(text)
    assert "".join(line for line, _ in pairs) == text
    assert all(len(line) == len(masked) for line, masked in pairs)


@given(TEXT)
def test_imports_are_stripped_once(text: str) -> None:
    once = source.strip_imports(text)
    assert source.imports(once) == [] and source.strip_imports(once) == once


@given(TEXT)
@example("\x0bimport theorem ")
@example("import -- c\ntheorem ")
def test_a_core_header_is_one_already(text: str) -> None:
    once = source.core_header(text)
    assert source.core_header(once) == once


@given(LEAN, st.sampled_from(["t", "a.b", "«c d»", "«x -- y»"]))
def test_splitting_the_parts_again_gives_the_parts(noise: str, name: str) -> None:
    text = f"def f := 1\n/-- words -/\ntheorem {name} (x : Nat) : x = x := by\n  skip {noise}"
    try:
        header, informal, found, statement = source.split_problem(text)
    except UserError:
        return
    if found == name and statement.startswith("theorem"):
        again = source.split_problem(f"{header}\n/-- {informal} -/\n{statement} := by sorry")
        assert again[2:] == (found, statement)


@given(st.text(max_size=40), st.data())
def test_splicing_keeps_what_is_outside_the_spans(body: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    fills = [(a, b, f"<{i}>") for i, (a, b) in enumerate(spans)]
    back, last = "", 0
    for a, b, fill in fills:
        back, last = back + body[last:a] + fill, b
    assert source.splice(body, data.draw(st.permutations(fills))) == back + body[last:]
    same = [(a, b, body[a:b]) for a, b in spans]
    assert source.splice(body, same) == body


NAMES = st.sampled_from(["h", "h'", "a.b", "«c d»", "x₁", "l_1"])


@given(st.lists(NAMES | st.sampled_from([" ", "(", ".", "'", "«h»", "h!"]), max_size=12), NAMES)
def test_renaming_touches_whole_names_only(parts: list[str], name: str) -> None:
    text = " ".join(parts)
    changed = assembly.replace_name(text, name, "\0")
    assert assembly.replace_name(text, name, name) == text
    assert changed.replace("\0", name) == text
    assert assembly.replace_name(changed, name, "\0") == changed


@pytest.mark.parametrize("end", ["", " -- a note", " /- a note -/", "\n-- one\n-- two"])
def test_a_comment_after_a_statement_does_not_swallow_the_proof(end: str) -> None:
    statement = f"theorem t : 1 = 1{end}"
    for body in ("rfl", "by\n  rfl", "show 1 = 1\nfrom rfl"):
        written = assembly.theorem_text(Lemma(statement, body))
        assert source.split_declaration(written) == (statement, body)


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("/- theorem no -/ theorem yes : p", "yes"),
        ("-- theorem no\ntheorem yes : p", "yes"),
        ("theorem /- no -/ yes : p", "yes"),
        ('@[simp] private theorem «a -- b».c(h : "theorem no" = s) : p', "«a -- b».c"),
        ("lemma x' : p", "x'"),
        ("def no := 1", ""),
    ],
)
def test_the_name_of_a_theorem_is_no_word_of_a_comment(statement: str, name: str) -> None:
    assert assembly.theorem_name(statement) == name


@given(st.sampled_from(["a", "a.b", "«c d»", "x.«c d»"]), st.integers(0, 3))
def test_a_fresh_name_is_a_name(name: str, clashes: int) -> None:
    taken: set[str] = set()
    for _ in range(clashes + 1):
        fresh = assembly.fresh_name(name, taken)
        assert fresh not in taken and source.is_name(fresh)
        taken.add(fresh)
