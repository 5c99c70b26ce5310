"""Splitting Lean text is never fooled by comments, strings or an inner `:=`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import UserError
from prover.lean import source

PLAIN = st.sampled_from(["x", " ", "\n", "h₁", "(", ")", ":= ", "sorry ", "f' ", "∀ "])
PIECES = st.recursive(
    PLAIN | st.sampled_from(['"a -- b"', '"\\" /-"', "'\"'", "'('", "-- :=\n"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda xs: "/- " + "".join(xs) + " -/ "),
    max_leaves=6,
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@pytest.mark.parametrize(
    "statement",
    [
        "theorem a : 1 = 1",
        "theorem a (x : Nat := 3) : x = x",
        "theorem a : (fun (p : Nat × Nat) => let y := p.1; y) (1, 2) = 1",
        "theorem a : let y := 3; y = 3",
        "theorem a :\n  let y := 3\n  let z : Nat := y\n  y = z",
        "theorem a : letI P : Nat → Prop := Even\n  P 2",
        "theorem a (p : Point) : { p with x := 1 }.x = 1",
        "theorem a : f (k := 3) = 3",
        'theorem a : ":= by sorry" = s /- := by -/',
        "theorem a -- := by sorry\n : 'x' = ':'",
        "theorem a.b'.«c d» (h' : x' = y') : x' = y'",
        "theorem a (h : ∀ x, x ∈ ({1} : Set) → x = 1) : True",
    ],
)
@pytest.mark.parametrize("end", [" := by sorry", " := by\n  sorry\n", " :=\n  sorry", " := by", ""])
def test_the_statement_is_found(statement: str, end: str) -> None:
    header, informal, name, found = source.split_problem(
        f"import Mathlib\nopen Nat\n\n/-- what -/\n{statement}{end}"
    )
    assert (header, informal, found) == ("import Mathlib\nopen Nat\n", "what", statement)
    assert name == ("a.b'.«c d»" if "«" in statement else "a")


def test_a_proof_with_its_own_assignments_is_not_the_statement() -> None:
    text = "theorem a : 1 = 1 := by\n  have h : 2 = 2 := by rfl\n  let x := 3\n  rfl"
    assert source.split_problem(text)[3] == "theorem a : 1 = 1"
    assert source.split_declaration("theorem a : p := h") == ("theorem a : p", "h")


def test_only_the_last_theorem_is_split_off_and_comments_hide_theorems() -> None:
    text = "theorem l : 1 = 1 := rfl\n/-\ntheorem no : 2 = 2\n-/\n"
    text += "@[simp] lemma b : 3 = 3 := by sorry"
    header, informal, name, statement = source.split_problem(text)
    assert (name, statement, informal) == ("b", "theorem b : 3 = 3", "")
    assert header.startswith("theorem l") and "no" in header
    with pytest.raises(UserError, match="no theorem"):
        source.split_problem("/- theorem a : 1 = 1 -/\ndef f := 1")


def test_many_theorems_share_what_stands_between_them() -> None:
    text = (
        "import M\nopen A\n/-- one -/\ntheorem a : 1 = 1 := by\n  sorry\n-- note\nopen B in\n"
        "theorem b : 2 = 2 := by sorry\ndef f := 1\ntheorem c : f = 1 := by sorry\n"
    )
    assert source.split_many(text) == [
        ("import M\nopen A\n", "one", "a", "theorem a : 1 = 1"),
        ("import M\nopen A\nopen B\n", "", "b", "theorem b : 2 = 2"),
        ("import M\nopen A\ndef f := 1\n", "", "c", "theorem c : f = 1"),
    ]


def test_signature_and_rename() -> None:
    statement = "theorem a {n : Nat} (h : a = n) : n = a"
    assert source.signature(statement) == ("{n : Nat} (h : a = n)", "n = a")
    assert source.rename(statement, "b.c") == "theorem b.c {n : Nat} (h : a = n) : n = a"
    with pytest.raises(UserError, match="no theorem"):
        source.rename("def a := 1", "b")


def test_imports() -> None:
    header = "-- import No\nimport Mathlib\npublic meta import Lean.Elab\n"
    header += "/-\nimport No\n-/\nopen Nat\n"
    assert source.imports(header) == ["Mathlib", "Lean.Elab"]
    assert source.strip_imports(header) == "-- import No\n/-\nimport No\n-/\nopen Nat\n"


def test_core_header() -> None:
    header = (
        "import Mathlib\nimport Lean\nset_option maxHeartbeats 400000\n\n"
        "open BigOperators Real Nat Topology Rat\nopen scoped Polynomial\nopen Foo in\ndef f := 1\n"
    )
    assert source.core_header(header) == (
        'import Lean\nnotation "ℕ" => Nat\nnotation "ℤ" => Int\n'
        "open Nat Rat\nopen Foo in\ndef f := 1\n"
    )
    assert source.core_header("import Lean\nopen Nat\n") == "import Lean\nopen Nat\n"
    assert source.core_header("") == ""
    assert source.core_header(source.core_header(header)) == source.core_header(header)


def test_normalise_drops_comments_and_empty_lines_only() -> None:
    body = 'by  -- go\n\n  simp /- x -/ [h]   \n  /- all\n  of -/\n  exact "-- no"\n'
    assert source.normalise(body) == 'by\n  simp   [h]\n  exact "-- no"'


def test_splice_replaces_in_any_order_and_refuses_overlaps() -> None:
    assert source.splice("a sorry b sorry", [(10, 15, "y"), (2, 7, "x")]) == "a x b y"
    with pytest.raises(ValueError, match="overlaps"):
        source.splice("sorry", [(0, 4, "x"), (3, 5, "y")])


@given(TEXTS)
def test_a_mask_keeps_length_and_lines(text: str) -> None:
    masked = source.mask(text)
    assert len(masked) == len(text)
    assert [i for i, c in enumerate(masked) if c == "\n"] == [
        i for i, c in enumerate(text) if c == "\n"
    ]


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = source.normalise(text)
    assert source.normalise(once) == once


@given(st.integers(1, 30), st.sampled_from(["", "x", ":= by sorry", '"', "--"]))
def test_nested_comments_end_where_they_should(depth: int, inner: str) -> None:
    comment = "/-" * depth + inner + "-/" * depth
    assert source.mask(comment + "rest").strip() == "rest"
    assert source.split_problem(f"{comment}\ntheorem a : {comment} p := by sorry")[2] == "a"


@given(st.lists(st.tuples(st.text("ab\n ", max_size=5), st.text("xyz", max_size=5)), max_size=6))
def test_splicing_holes_is_joining(parts: list[tuple[str, str]]) -> None:
    body, fills = "", []
    for before, fill in parts:
        fills.append((len(body + before), len(body + before) + 5, fill))
        body += before + "sorry"
    assert source.splice(body, fills) == "".join(before + fill for before, fill in parts)
    assert source.splice(body, []) == body


@given(st.lists(st.sampled_from(["open A\n", "def f := 1\n", "-- c\n", "/-- d -/ def g := 2\n"])))
def test_header_and_statement_come_apart_as_they_were_put(commands: list[str]) -> None:
    header = "".join(commands)
    found, informal, _, statement = source.split_problem(header + "theorem t : p := by sorry")
    assert (found.strip(), informal, statement) == (header.strip(), "", "theorem t : p")


@pytest.mark.parametrize(
    ("statement", "negated"),
    [
        ("theorem a (x : Nat) : x = x", "theorem n : ¬ (∀ (x : Nat), x = x)"),
        ("theorem a.{u} {α : Type u} : P α", "theorem n.{u} : ¬ (∀ {α : Type u}, P α)"),
        ("lemma A.b : 1 = 1 -- true", "theorem n : ¬ (1 = 1)"),
        ("theorem a (s : String) : s = \":)\"", "theorem n : ¬ (∀ (s : String), s = \":)\")"),
        ("theorem «a : b» x : x = 1", "theorem n : ¬ (∀ x, x = 1)"),
        ("theorem a (x : Nat)", None),
        ("theorem a : (1 = 1", None),
        ("theorem a : 1 = 1) ∧ (2 = 2", None),
        ("theorem a (x : Nat] : x = x", None),
        ("def a : Nat", None),
    ],
)  # fmt: skip
def test_a_statement_is_negated_as_a_whole(statement: str, negated: str | None) -> None:
    assert source.negation(statement, "n") == negated


@given(TEXTS, TEXTS)
def test_a_negation_begins_and_ends_with_its_own_bracket(binders: str, target: str) -> None:
    """Whatever is in the statement, comments and strings included, stands under the `¬`."""
    negated = source.negation(f"theorem a {binders} : {target}", "n")
    if negated is not None:
        masked = source.mask(negated)
        depth = source.levels(masked)
        opened = masked.index("¬ (") + 2
        assert masked.startswith("theorem n : ¬ (") and masked[-1] == ")"
        assert source.balanced(negated) and min(depth[opened + 1 : -1], default=1) >= 1
