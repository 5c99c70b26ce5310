"""The library's list: from the driver into the index, and what is made of it for a goal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prover import library as module
from prover.errors import InfrastructureError
from prover.graph_nodes import GoalNode
from prover.lean.verifier import Verifier
from prover.library import NOTE_CHARACTERS, Library, index_path, open_library, ready_library
from prover.provers import Portfolio
from prover.types import Goal, LeanFacts, Limits, Problem

PAGES = {
    0: {"premises": [["A.b", 1, "Eq", ["Eq"], ["Eq", "A"]]], "next": 2, "modules": 3},
    2: {"premises": [["A.c", 0, "Iff", ["Iff"], ["Iff", "A"]]], "next": 3, "modules": 3},
}
STATEMENT = " : a  line\n of it"
GOAL = Goal("g", "g", "theorem g : True", constants=("Eq", "A"))


class Listing:
    """A verifier of which only the library is asked."""

    facts = LeanFacts("lean")

    def __init__(
        self, pages: dict[int, Any] = PAGES, statement: str = " : a  line\n of it"
    ) -> None:
        self.asked: list[str] = []
        self.pages, self.statement = pages, statement

    async def tell(self, op: str, fields: dict[str, Any], seconds: float) -> dict[str, Any]:
        self.asked.append(op)
        if op == "signatures":
            return {"texts": [f"{name}{self.statement}" for name in fields["names"]]}
        if fields["from"] not in self.pages:
            raise InfrastructureError("no answer")
        return self.pages[fields["from"]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "home", lambda: tmp_path)
    return tmp_path


def silent(stage: str, done: float, total: float) -> None:
    pass


def ready(verifier: Any, number: int = 5) -> Library:
    return asyncio.run(ready_library(verifier, number, silent))


def test_pages_become_one_index_and_lean_is_asked_once() -> None:
    verifier = Listing()
    with closing(ready(verifier)) as library:
        assert [p.name for p in library.find(GOAL)] == ["A.b", "A.c"]
        assert not library.find(replace(GOAL, constants=("B",))), "another goal of the same name"
    ready(verifier).close()
    assert verifier.asked == ["premises", "premises"]


def test_another_lean_is_listed_for_itself() -> None:
    one = LeanFacts("lean", driver_sha256="1", confinement="x")
    assert index_path(one) == index_path(replace(one, confinement="y"))
    assert index_path(one) != index_path(replace(one, driver_sha256="2"))
    assert index_path(one) != index_path(replace(one, imports=("Mathlib",)))


def test_statements_are_printed_once_and_lie_on_one_line() -> None:
    verifier = Listing()
    with closing(ready(verifier)) as library:
        notes = [asyncio.run(library.notes(GOAL)) for _ in range(2)]
    assert (
        notes[0]
        == notes[1]
        == ("Theorems of the library that may help:\nA.b : a line of it\nA.c : a line of it")
    )
    assert verifier.asked.count("signatures") == 1


def test_notes_are_bounded_and_empty_where_nothing_is_found() -> None:
    with closing(ready(Listing(statement=" x" * NOTE_CHARACTERS))) as library:
        assert asyncio.run(library.notes(GOAL)) == ""
        assert asyncio.run(library.notes(replace(GOAL, id="h", constants=("B",)))) == ""


def offered(verifier: Any, number: int) -> tuple[bool, list[str]]:
    warned: list[str] = []

    async def main() -> bool:
        async with open_library(verifier, number, silent, warned.append) as library:
            return library is not None

    return asyncio.run(main()), warned


def test_a_run_goes_on_without_premises() -> None:
    assert offered(Listing(), 0) == (False, [])
    assert offered(Listing(), 3) == (True, [])


def test_a_library_that_cannot_be_listed_costs_a_warning() -> None:
    there, warned = offered(Listing(pages={0: PAGES[0]}), 3)
    assert not there
    assert warned == ["no theorems of the library are offered: no answer"]
    assert not index_path(Listing.facts).exists()


# -- the real library --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def core(
    runner: asyncio.Runner, verifier: Verifier, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "home", lambda: folder)
        made = runner.run(ready_library(verifier, 12, silent))
    with closing(made) as library:
        yield library


def opened(runner: asyncio.Runner, verifier: Verifier, statement: str) -> Goal:
    goal = runner.run(verifier.open(Problem("t", f"theorem t {statement}")))
    assert isinstance(goal, Goal), goal
    return goal


@pytest.mark.lean
@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (
            "{α : Type} (xs ys : List α) : (xs ++ ys).reverse = ys.reverse ++ xs.reverse",
            "List.reverse_append",
        ),
        ("(a b c : Nat) (h : c ∣ b) : a % b % c = a % c", "Nat.mod_mod_of_dvd"),
        ("(a b n : Nat) (h : a ≤ b) : a ^ n ≤ b ^ n", "Nat.pow_le_pow_left"),
    ],
)
def test_a_theorem_of_the_library_is_found_for_what_it_says(
    runner: asyncio.Runner, verifier: Verifier, core: Library, statement: str, name: str
) -> None:
    goal = opened(runner, verifier, statement)
    assert name in [premise.name for premise in core.find(goal)]


@pytest.mark.lean
@pytest.mark.slow
def test_what_is_listed_is_what_people_cite(
    runner: asyncio.Runner, verifier: Verifier, core: Library
) -> None:
    assert core.premises.size > 20_000
    found = core.premises.search([], ["sizeof", "spec"], 50)
    assert not [p.name for p in found if p.name.endswith("sizeOf_spec")]
    names = ["Nat.add_comm", "no.such"]
    texts = runner.run(core.statements(names))
    assert texts == ["Nat.add_comm (n m : Nat) : n + m = m + n", "no.such"]


@pytest.mark.lean
@pytest.mark.slow
def test_a_premise_proves_what_no_other_script_does(
    runner: asyncio.Runner, verifier: Verifier, core: Library
) -> None:
    goal = opened(runner, verifier, ONLY_BY_A_PREMISE)
    assert "portfolio:premise" in proved_by(runner, verifier, goal, Portfolio(core.find))
    assert not proved_by(runner, verifier, goal, Portfolio())


ONLY_BY_A_PREMISE = "(a b n : Nat) (h : a ≤ b) : a ^ n ≤ b ^ n"


def proved_by(
    runner: asyncio.Runner, verifier: Verifier, goal: Goal, prover: Portfolio
) -> list[str]:
    """The scripts, of all those tried, that prove the goal."""

    async def main() -> list[str]:
        proved = []
        async for batch in prover.propose(GoalNode(goal), 0, {}):
            for candidate in batch:
                verdict = await verifier.judge(goal, candidate, Limits(10_000, 30.0))
                proved += [candidate.by] if verdict.proved else []
        return proved

    return runner.run(main())
