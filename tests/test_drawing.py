"""Pictures of proof graphs: well-formed, nothing on top of another, large ones folded."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_events import REJECTED, Writer, demo_events, unproved
from test_graph import runs

from prover.drawing import (
    CAP,
    LINE_CHARS,
    Shape,
    columns,
    draw,
    ends,
    place,
    said,
    shorten,
    split_name,
)
from prover.graph import ProofGraph
from prover.types import Event

SVG = "{http://www.w3.org/2000/svg}"


def shapes(picture: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(picture).findall(f"{SVG}g")


def texts(picture: str) -> str:
    return "\n".join(ElementTree.fromstring(picture).itertext())


def test_the_proof_is_drawn_thick_and_the_rest_faint() -> None:
    picture = draw(ProofGraph.of(demo_events()), "sum_odd_is_square")
    looks = [shape.get("class") for shape in shapes(picture)]
    assert looks.count("goal proved route") == 5
    assert looks.count("sketch proved route") == 2
    assert looks.count("goal dead faint") == 1 and looks.count("fold dead faint") == 1
    paths = ElementTree.fromstring(picture).findall(f"{SVG}path")
    assert sum(path.get("class") == "route" for path in paths) == 6
    assert "+1 failed sketch" in texts(picture) and "induction n" in texts(picture)


def test_failed_sketches_of_a_large_graph_are_folded() -> None:
    run = Writer()
    unproved(run, 40)
    picture = draw(ProofGraph.of(run.events), "goldbach_small")
    assert len(shapes(picture)) == 5
    assert "+39 failed sketches" in texts(picture)


def test_a_large_graph_without_failures_is_cut_at_a_depth() -> None:
    run = Writer()
    goals = [run.root("p", ": True")]
    for number in range(60):
        goals += run.sketch(goals[number], number, "structural:x", "by sorry sorry", [": T"] * 2)
    picture = draw(ProofGraph.of(run.events), "p")
    assert len(shapes(picture)) <= CAP


def test_text_is_escaped_and_shortened() -> None:
    run = Writer()
    goal = run.root("p", "(a : Nat) : a < 2 & a > 1 </svg> " + "x + " * 200)
    run.attempt(goal, "model:<b>", REJECTED)
    picture = draw(ProofGraph.of(run.events), "p")
    assert "</svg> x" not in picture and "…" in picture
    assert len(shapes(picture)) == 1


def test_a_problem_without_a_goal_has_a_picture_too() -> None:
    assert "no goal was opened" in draw(ProofGraph.of(demo_events()), "needs_reals")


def boxes(root: Shape) -> list[tuple[float, float, float, float]]:
    return [(s.x, s.y, s.x + s.width, s.y + s.height) for s in root.walk()]


def tree(children: list[Shape], goal: bool, lines: int) -> Shape:
    kind = "goal" if goal else "sketch"
    return Shape(kind, "open", ["some words"] * lines, children=children)


TREES = st.recursive(
    st.builds(tree, st.just([]), st.booleans(), st.integers(2, 4)),
    lambda below: st.builds(tree, st.lists(below, max_size=4), st.booleans(), st.integers(2, 4)),
    max_leaves=14,
)


@given(TREES)
@settings(max_examples=200)
def test_no_shape_overlaps_another_or_leaves_the_picture(root: Shape) -> None:
    place(root, columns(root), 0, 0.0)
    for one, other in combinations(boxes(root), 2):
        aside = one[2] <= other[0] or other[2] <= one[0]
        assert aside or one[3] <= other[1] or other[3] <= one[1]
    assert all(left >= 0 and top >= 0 for left, top, _, _ in boxes(root))


@given(runs())
@settings(max_examples=40)
def test_any_run_can_be_drawn_within_the_cap(events: list[Event]) -> None:
    assert 1 <= len(shapes(draw(ProofGraph.of(events), "p"))) <= CAP


@pytest.mark.parametrize(
    ("statement", "parts"),
    [
        ("theorem x (n : Nat) : T", ("x", "(n : Nat) : T")),
        ("theorem x : T", ("x", "T")),
        ("theorem x: T", ("x", "T")),
        ("x", ("x", "")),
    ],
)
def test_a_box_shows_name_and_statement(statement: str, parts: tuple[str, str]) -> None:
    assert split_name(statement) == parts


def test_shortening_never_passes_the_limit() -> None:
    assert shorten("a  b\nc", 5) == "a b c"
    assert shorten("abcdef", 5) == "abcd…"
    assert ends("abcdef", 5) == "ab…ef" and ends("abcde", 5) == "abcde"


def test_a_long_statement_shows_its_conclusion() -> None:
    binders = "(a b c : Nat) " * 9
    assert said(f"{binders}: a = b", "a = b")[1] == "⊢ a = b"
    assert said(f"{binders}: a = b", "")[1].endswith("…")
    assert said("a = b", "a = b") == ["a = b"] and said("", "") == []
    assert all(len(line) <= LINE_CHARS for line in said("x" * 200, "y" * 200))
