from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prover.looping.steps import Step, Stop, last_round, next_step, stale, steps


def test_round_zero_has_no_model_and_the_last_one_makes_no_rows() -> None:
    found = [str(step) for step in steps(1, transfer=True, trains=True)]
    assert found == [
        "round 0, held-out", "round 0, measure", "round 0, transfer", "round 0, generate",
        "round 0, search", "round 0, recycle", "round 0, plan",
        "round 1, train", "round 1, measure", "round 1, transfer",
    ]  # fmt: skip


def test_without_a_model_the_same_but_for_the_training() -> None:
    with_model = [step for step in steps(3, transfer=True, trains=True) if step.stage != "train"]
    assert list(steps(3, transfer=True, trains=False)) == with_model


@given(st.integers(0, 6), st.booleans(), st.booleans(), st.data())
def test_whatever_was_broken_off_is_next(
    last: int, transfer: bool, trains: bool, data: st.DataObject
) -> None:
    every = list(steps(last, transfer, trains))
    cut = data.draw(st.integers(0, len(every)))
    found = next_step(every[:cut], last, transfer, trains)
    assert found == (every[cut] if cut < len(every) else None)


def test_more_rounds_go_on_where_fewer_ended() -> None:
    done = list(steps(1, transfer=False, trains=True))
    assert next_step(done, 2, transfer=False, trains=True) == Step(1, "generate")


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 9), st.integers(1, 4))
def test_it_ends_no_later_than_wanted_and_never_before_what_is_there(
    solved: list[int], wanted: int, most: int
) -> None:
    last, why = last_round(wanted, solved, 0.0, Stop(stale=most))
    assert last <= wanted and bool(why) == (last < wanted)
    if why:
        assert last == len(solved) - 1 and stale(solved) >= most


def test_stale_rounds_and_time_end_it() -> None:
    assert last_round(5, [3, 4, 4, 4], 0.0, Stop(stale=2)) == (
        3, "2 rounds have solved no more than one before",
    )  # fmt: skip
    assert last_round(5, [3, 4, 4, 5], 0.0, Stop(stale=2)) == (5, "")
    assert last_round(5, [3, 4], 7200.0, Stop(hours=2.0)) == (1, "2 hours have gone into it")
    assert last_round(5, [], 7200.0, Stop(hours=2.0)) == (5, ""), "nothing is measured yet"
