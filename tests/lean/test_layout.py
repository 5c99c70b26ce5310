"""The one form of a body: what it leaves alone, the way back, and that Lean cannot tell."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prover.lean.layout import in_place, normal, uncommented
from prover.lean.verifier import Verifier, in_original, read_verdict
from prover.types import Verdict

PIECES = st.sampled_from(
    [
        "by", "by ", "\n", "\n  ", "\n    ", " ", "  ", "a", "h'", "x.1", "'", "' '", "'\"'", '"',
        'r#"', '"#', "«", "»", "-", "--", " -- c\n", "/-", "-/", " /- é -/ ", "/--", "/-!", "|",
        "· ", "<", "=>", "\t", "\r", "\r\n", "\u2028", "é", "\U0001d53d", ";", "(", ")", "?", "_",
    ]
)  # fmt: skip
BODIES = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=40)
CODE = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from(["simp", "exact h' x", "· skip", "| a => b", "("])
    ),
    min_size=1,
    max_size=6,
)
"""Lines as (indentation, text)."""


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("by omega", "by omega"),
        ("\n  by omega  \n", "by omega"),
        ("by -- why\n\n      simp\n      omega  \n  -- so\n", "by\n  simp\n  omega"),
        ("by\n simp", "by\n  simp"),
        ("by\n  simp /- a\n b -/; rfl", "by\n  simp\n     ; rfl"),
        ("  fun x =>\n    x", "fun x =>\n  x"),
        ("fun x =>\n      x", "fun x =>\n      x"),
        ("by\nsimp", "by\nsimp"),
        ("  by\nsimp", "  by\nsimp"),
        ("-- only\n/- comments -/", ""),
        ("x /- /- y -/ -/ -- z", "x"),
    ],
)
def test_forms(body: str, form: str) -> None:
    assert normal(body).text == form


@pytest.mark.parametrize(
    "body",
    [
        'by\n\n  exact "a\n\n  b"',
        'by\n\n  exact r"-- a"',
        "by\n\n  exact «a -- b»",
        "by\n\n  let rec /-- d -/ f := 1",
        "by\n\n  exact a<--b",
        "by\n\n  exact (--b\n a)",
        "by\n\n  exact 'a'/-b-/",
        "by\n\n  exact 1 /- no end",
        "by\n\n\texact 1",
        "by\r\n\r\n  exact 1",
        "by\n\n  exact '\n  '",
        "by\n\n  exact ' \n'",
    ],
)
def test_what_might_be_no_comment_or_no_blank_is_left_alone(body: str) -> None:
    assert normal(body).text == body and in_place(body) == body
    assert normal(body).original(2, 5) == (2, 5)


def places(text: str) -> list[tuple[int, int, str]]:
    return [
        (i, j, char)
        for i, line in enumerate(text.split("\n"), 1)
        for j, char in enumerate(line)
        if char != " "
    ]


@given(BODIES)
@example("by\n  a\n -- b")
def test_every_token_leads_back_to_where_it_was(body: str) -> None:
    layout = normal(body)
    back = [(*layout.original(i, j), char) for i, j, char in places(layout.text)]
    assert back == places(in_place(body))
    lines = layout.text.split("\n")
    assert layout.original(len(lines), len(lines[-1])) == layout.end
    assert layout.original(0, 0) == (0, 0)


@given(BODIES)
def test_columns_compare_as_before(body: str) -> None:
    """All lines move alike, or all below a `by` that they stay to the right of."""
    layout = normal(body)
    moved = [shift for _, shift in layout.rows]
    if len(set(moved)) > 1:
        first, *rest = layout.text.split("\n")
        assert first == "by" and len(set(moved[1:])) == 1
        assert all(line.startswith("  ") for line in rest)
        assert all(j > moved[0] for i, j, _ in places(in_place(body)) if i > layout.rows[0][0])


@given(BODIES)
def test_the_one_form_has_itself_for_a_form(body: str) -> None:
    once = normal(body).text
    assert normal(once).text == once and in_place(in_place(body)) == in_place(body)


def written(lines: list[tuple[int, str]]) -> str:
    return "\n".join(" " * indent + text for indent, text in lines)


@given(CODE, st.integers(0, 5), st.randoms(use_true_random=False), st.booleans())
def test_comments_and_layout_make_no_difference(
    lines: list[tuple[int, str]], more: int, rng: random.Random, block: bool
) -> None:
    if block:
        lines = [(0, "by"), *((indent + 1, text) for indent, text in lines)]
        pushed = [lines[0], *((indent + more, text) for indent, text in lines[1:])]
    else:
        pushed = [(indent + more, text) for indent, text in lines]
    assert normal(noisy(rng, written(pushed))).text == normal(written(lines)).text


def noisy(rng: random.Random, body: str) -> str:
    """The same proof with comments, blank lines and blanks at line ends."""
    out: list[str] = []
    for line in body.split("\n"):
        out += rng.choice([[], [], ["   "], [" -- ∀ x"], [" /- a", "  b -/ "]])
        out.append(line + rng.choice(["", " ", "  -- h'", " /- x -/"]))
    return "\n".join(out) + rng.choice(["", "\n", "\n  -- end\n\n"])


# On the real Lean

STATEMENT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
PROOFS = [
    "by\n  omega",
    "by\n  have g := h\n  simp at g ⊢\n  exact foo",
    "by\n  cases a with\n  | zero => omega\n  | succ n =>\n    rfl",
    "by\n  omega (",
    "by\n  simp [",
    "by\n  exact (fun x =>\n    x) h )",
    "by\n  have : 1 = 1 := by\n    rfl\n  skip",
    "by\n  first\n    | rfl\n    | simp\n     omega",
    "by\n omega\n  omega",
    "by\n  refine ?_\n  show a + 1 ≤ c\n  exact h'",
    "by",
    "",
    "fun x =>\n  h",
    "calc a + 1\n  _ ≤ b := h\n  _ ≤ b := c",
]


def pushed(rng: random.Random, body: str) -> str:
    """Below a first line `by`, all lines further right."""
    if not body.startswith("by\n"):
        return body
    return body.replace("\n", "\n" + " " * rng.randrange(4))


@pytest.mark.lean
def test_lean_says_the_same_at_the_same_place(runner: asyncio.Runner, verifier: Verifier) -> None:
    rng = random.Random(1)

    async def said(body: str) -> Verdict:
        fields = {"header": "", "statement": STATEMENT, "lemmas": [], "body": body}
        reply = await verifier.pool.ask("judge", {**fields, "heartbeats": 20_000}, 30.0)
        verdict = replace(read_verdict(reply, 0.0), heartbeats=0)
        # A block that leaves goals ends before a comment that follows it, or is not told from it.
        left = verdict.reason.startswith("unsolved goals")
        return replace(verdict, failing=None) if left else verdict

    async def compare() -> int:
        changed = 0
        for proof in PROOFS:
            for body in (proof, *(noisy(rng, pushed(rng, proof)) for _ in range(6))):
                layout = normal(body)
                changed += layout.text != body
                assert in_original(await said(layout.text), layout) == await said(body), body
        return changed

    assert runner.run(compare()) > 60


def test_what_is_compared_can_be_told_from_its_form() -> None:
    rng = random.Random(1)
    assert all(uncommented(noisy(rng, pushed(rng, proof))) is not None for proof in PROOFS)
