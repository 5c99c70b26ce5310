"""Finding theorems by the constants that they share with a goal."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import InfrastructureError
from prover.premises import Premises, Row, bare, rarest, words, words_of_goal, write
from prover.types import Goal

REVERSE = ["Eq", "List", "List.reverse", "HAppend.hAppend"]
ROWS: list[Row] = [
    ("List.reverse_append", 0, "Eq", REVERSE, REVERSE),
    ("List.reverse_reverse", 0, "Eq", REVERSE[:3], REVERSE[:3]),
    ("List.append_assoc", 0, "Eq", ["Eq", "List", "HAppend.hAppend"], [*REVERSE[:2], REVERSE[3]]),
    ("List.mem_reverse", 0, "Iff", [], ["Iff", "List", "List.reverse", "Membership.mem"]),
    ("Nat.le_of_dvd", 2, "LE.le", ["LE.le", "Nat"], ["LE.le", "Nat", "LT.lt", "Dvd.dvd"]),
    *[(f"Nat.fact_{i}", 0, "Eq", ["Eq", "Nat"], ["Eq", "Nat", f"Nat.c{i}"]) for i in range(20)],
]


def index(folder: Path, rows: list[Row] = ROWS) -> Premises:
    write(folder / "index.sqlite", rows)
    return Premises(folder / "index.sqlite")


def about(*constants: str) -> Goal:
    return Goal("p", "p", "theorem p : True", constants=constants)


def names(found: Premises, *constants: str, number: int = 3) -> list[str]:
    return [p.name for p in found.find(about(*constants), number)]


def test_what_speaks_of_the_same_comes_first(tmp_path: Path) -> None:
    found = index(tmp_path)
    assert names(found, *REVERSE)[0] == "List.reverse_append"
    assert names(found, "Eq", "List", "List.reverse")[0] == "List.reverse_reverse"
    assert names(found, "LE.le", "Nat", "Dvd.dvd")[0] == "Nat.le_of_dvd"


def test_a_premise_says_what_it_asks_for(tmp_path: Path) -> None:
    best = index(tmp_path).find(about("Dvd.dvd", "LE.le"), 1)[0]
    assert (best.hypotheses, best.head) == (2, "LE.le")


def test_no_more_than_asked_for_and_nothing_for_nothing(tmp_path: Path) -> None:
    found = index(tmp_path)
    assert len(names(found, "Eq", "Nat", number=2)) == 2
    assert names(found, "Header.own") == []
    assert names(found) == []


def test_words_find_where_no_constant_does(tmp_path: Path) -> None:
    best = index(tmp_path).search([], words("reverse append"), 1)
    assert [p.name for p in best] == ["List.reverse_append"]


def test_statements_are_kept(tmp_path: Path) -> None:
    found = index(tmp_path)
    found.keep({"List.append_assoc": "List.append_assoc : x"})
    found.close()
    again = Premises(tmp_path / "index.sqlite")
    assert again.statements(["List.append_assoc", "List.mem_reverse"]) == {
        "List.append_assoc": "List.append_assoc : x"
    }


def test_a_theorem_listed_twice_is_one(tmp_path: Path) -> None:
    assert index(tmp_path, [*ROWS, ROWS[0]]).size == len(ROWS)


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.write_text("no database, but long enough to be looked at as one" * 10)
    with pytest.raises(InfrastructureError, match=r"index\.sqlite cannot be used"):
        Premises(path)


def test_an_index_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="cannot be used"):
        write(tmp_path / "file" / "index.sqlite", ROWS)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("List.getElem?_append", ["list", "get", "elem", "append"]),
        ("Nat.add_comm", ["nat", "add", "comm"]),
        ("BitVec.toNat_ofNat", ["bit", "vec", "to", "nat", "of", "nat"]),
        ("HAppend.hAppend", ["h", "append", "h", "append"]),
    ],
)
def test_words_of_a_name(name: str, parts: list[str]) -> None:
    assert words(name) == parts


def test_a_goal_speaks_of_its_operations_not_of_instances() -> None:
    goal = Goal("p", "p", "", constants=("HMul.hMul", "instMulNat"), definitions=("sumTo",))
    assert words_of_goal(goal) == {"mul", "sum"}


def test_guillemets_are_no_part_of_a_constant() -> None:
    assert bare("A.«b c»") == "A.b c"


COUNTS = st.dictionaries(st.integers(1, 99), st.integers(1, 20_000), max_size=12)


@given(COUNTS)
def test_the_rarest_constants_are_looked_for(known: dict[int, int]) -> None:
    chosen = rarest(known)
    assert bool(chosen) == bool(known)
    left = [used for i, used in known.items() if i not in chosen]
    assert max((known[i] for i in chosen), default=0) <= min(left, default=math.inf)


CONSTANT = st.sampled_from([f"C{i}" for i in range(9)])
STATED = st.lists(st.lists(CONSTANT, min_size=1, max_size=4, unique=True), min_size=1, max_size=30)


@given(stated=STATED, data=st.data())
def test_the_goal_itself_is_found(
    tmp_path_factory: pytest.TempPathFactory, stated: list[list[str]], data: st.DataObject
) -> None:
    """What has just the goal's constants is not behind what has others besides."""
    rows: list[Row] = [(f"t{i}", 0, "Eq", c, c) for i, c in enumerate(stated)]
    found = index(tmp_path_factory.mktemp("index"), rows)
    wanted = data.draw(st.sampled_from(stated))
    best = names(found, *wanted, number=1)
    found.close()
    assert set(stated[int(best[0][1:])]) <= set(wanted)
