"""The pool as a fold of events: statuses, scores, and a run that is killed between any two."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from goals_by_hand import goal, var
from hypothesis import given
from hypothesis import strategies as st

from prover.conjecture_pool import Claim, Pool, named, nearby
from prover.graph import ProofGraph
from prover.types import Candidate, Event, Goal, Hole, Problem, Sketch, Verdict

HEADER = "def f : Nat → Nat := id"
ROOT = replace(
    goal("f n = n", "Eq", var("n", "Nat"), definitions=("f",)), header=HEADER, key="root"
)
PROVED, FAILED = asdict(Verdict("proved", seconds=0.5)), asdict(Verdict("rejected"))


def conjecture(number: int, *definitions: str, key: str = "") -> Goal:
    made = goal(f"f {number} = {number}", "Eq", definitions=definitions or ("f",))
    return replace(made, key=key or f"key{number}", header=HEADER)


LAWS = [conjecture(i) for i in range(4)]
NAMES = [named(law).id for law in LAWS]
KINDS = ["equation", "equation", "special case", "special case"]


def event(kind: str, **data: Any) -> Event:
    return Event(kind, 0.0, data)


def told(number: int, status: str) -> Event:
    proof = asdict(Candidate("by rfl", "conjectures")) if status == "proved" else None
    verdict = PROVED if status == "proved" else FAILED
    data = {"name": NAMES[number], "status": status, "candidate": proof, "verdict": verdict}
    return event("conjecture", goal="p", **data)


OPENED = [
    event("problem_added", problem=asdict(Problem("p", "theorem p : f 0 = 0", HEADER))),
    event("goal_opened", goal=asdict(ROOT)),
    event(
        "conjectured", goal="p", explored=True, all=True,
        found=[
            {"claim": asdict(Claim(f"f {i} = {i}", KINDS[i])), "goal": asdict(named(law))}
            for i, law in enumerate(LAWS)
        ],
    ),
]  # fmt: skip
LATER = [
    *(told(i, status) for i in range(4) for status in ("open", "proved", "refuted")),
    event("attempt", goal="p", candidate=asdict(Candidate(f"by simp [{NAMES[0]}]", "x")),
          verdict=PROVED),
    event("lemmas_shown", goal="p", model="m", names=[NAMES[0]]),
    event("lemmas_shown", goal="p", model="m", names=[]),
]  # fmt: skip


@given(st.lists(st.sampled_from(LATER), max_size=20), st.integers(0, 25))
def test_a_resumed_run_has_the_pool_that_it_had(happened: list[Event], kill: int) -> None:
    events = [*OPENED, *happened]
    again = Pool.of(events[:kill])
    for one in events[kill:]:
        again.apply(one)
    assert again == Pool.of(events)
    ProofGraph.of(events)  # which knows all of these types


@given(st.lists(st.sampled_from(LATER), max_size=20))
def test_what_is_proved_or_refuted_stays_so_and_only_the_proved_is_cited(
    happened: list[Event],
) -> None:
    pool, before = Pool.of(OPENED), dict[str, str]()
    for one in happened:
        pool.apply(one)
        for name, entry in pool.entries.items():
            assert before.get(name, "open") in ("open", entry.status)
            assert (entry.proof is not None) == (entry.status == "proved")
        before = {name: entry.status for name, entry in pool.entries.items()}
    cited = pool.proved(ROOT)
    assert all(entry.status == "proved" and entry.lemmas for entry in cited)
    near = pool.near(ROOT)
    assert [e.status for e in near] == sorted((e.status for e in near), reverse=True)
    assert not [e for e in near if e.status == "refuted"]


def test_a_kind_that_is_proved_more_often_comes_first_and_so_does_what_was_of_use() -> None:
    pool = Pool.of([*OPENED, told(2, "proved")])
    assert [e.claim.kind for e in pool.near(ROOT)] == [
        "special case", "special case", "equation", "equation",
    ]  # fmt: skip
    used = event("attempt", goal="p", candidate=asdict(Candidate(f"exact {NAMES[1]}", "x")),
                 verdict=PROVED)  # fmt: skip
    pool = Pool.of([*OPENED, used, used])
    assert pool.near(ROOT)[0].name == NAMES[1] and pool.entries[NAMES[1]].uses == 2


def test_conjectures_serve_goals_that_rest_on_their_definitions_alone() -> None:
    pool = Pool.of([*OPENED, told(0, "proved")])
    assert [e.name for e in pool.proved(ROOT)] == [NAMES[0]]
    assert not pool.near(replace(ROOT, header="def f : Nat → Nat := Nat.succ"))
    assert not pool.near(replace(ROOT, definitions=("g",)))
    assert not [e for e in pool.near(replace(ROOT, key="key0")) if e.name == NAMES[0]]
    assert pool.lemmas_named(f"exact foo ({NAMES[0]})", ROOT)[0].body == "by rfl"
    assert not pool.lemmas_named(f"exact {NAMES[1]} {NAMES[0]}x", ROOT)


HOLE = replace(LAWS[1], id="p/s.1", statement="theorem p_s_1 : f 1 = 1", depth=1, problem="p")
SKETCH = event(
    "sketch", goal="p", sketch_id="p/s", sketch=asdict(Sketch("by sorry", "x")), verdict=PROVED,
    holes=[asdict(Hole("p/s.1", 3, 8, "p_s_1"))], goals=[asdict(HOLE)],
)  # fmt: skip


def test_what_the_search_proves_or_refutes_as_a_hole_the_pool_knows() -> None:
    proof = event("attempt", goal="p/s.1", candidate=asdict(Candidate("by decide", "x")),
                  verdict=PROVED)  # fmt: skip
    assert Pool.of([*OPENED, SKETCH, proof]).entries[NAMES[1]].lemmas[0].body == "by decide"
    false = event("refutation", goal="p/s.1", statement="", verdict=PROVED, counterexample="",
                  candidate=asdict(Candidate("by decide", "refuter:test")))  # fmt: skip
    assert Pool.of([*OPENED, SKETCH, false]).entries[NAMES[1]].status == "refuted"


def test_a_lemma_that_a_sketch_owed_is_near_once_it_is_proved() -> None:
    proof = event("attempt", goal="p/s.1", candidate=asdict(Candidate("by decide", "x")),
                  verdict=PROVED)  # fmt: skip
    events = [*OPENED[:2], SKETCH]
    other = replace(ROOT, id="q", problem="q", key="other")
    assert nearby(ProofGraph.of(events), other) == []
    ((found, by),) = nearby(ProofGraph.of([*events, proof]), other)
    assert found.id == "p/s.1" and by.body == "by decide"
    assert nearby(ProofGraph.of([*events, proof]), replace(other, header="")) == []
