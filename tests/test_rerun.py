"""The search once more, on runs before a pool that answers from a table and on a recorded one."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_booking import FACTS, PROBLEMS, Table
from test_replay import RUN

from prover import cli_replay
from prover.campaign import run_campaign
from prover.config import LeanConfig, ProblemsConfig, RunConfig, SearchConfig
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.lean.verifier import Verifier
from prover.rerun import Rerun, rerun
from prover.store import RunStore, read_config, read_events
from prover.types import Event


class Choosy(Table):
    """Proves one problem, by a script that is not the first."""

    def said(self, op: str, fields: dict[str, Any], body: str) -> dict[str, Any]:
        told = super().said(op, fields, body)
        if op == "judge" and "decide" in body and " p " in fields["statement"]:
            return {"verdict": "proved", "kind": ""}
        return told


def config(concurrent: int) -> RunConfig:
    return RunConfig(
        problems=ProblemsConfig(source="nowhere"),
        lean=LeanConfig(workers=1),
        search=SearchConfig(attempts=30, depth=0, concurrent=concurrent),
        decomposer=["none"],
    )


def run_of(path: Path, concurrent: int) -> list[Event]:
    async def main() -> None:
        with RunStore.create(path, config(concurrent)) as store:
            await run_campaign(config(concurrent), PROBLEMS, store, Verifier(Choosy(), FACTS))

    asyncio.run(main())
    return list(read_events(path))


def verified(graph: ProofGraph) -> set[str]:
    return {name for name in graph.problems if graph.problem_state(name) == "verified"}


def is_same(made: Rerun, events: list[Event]) -> bool:
    return verified(made.graph) == verified(ProofGraph.of(events))


def test_one_thing_at_a_time_is_chosen_again_exactly(tmp_path: Path) -> None:
    events = run_of(tmp_path / "run", 1)
    made = rerun(config(1), events)
    assert made.others == 0 and not made.missed
    assert made.graph == ProofGraph.of(events)
    assert verified(made.graph) == {"p"}
    assert sum(event.type == "attempt" for event in events) >= 10


@pytest.mark.parametrize("concurrent", [2, 5])
def test_several_at_a_time_come_to_the_same(tmp_path: Path, concurrent: int) -> None:
    events = run_of(tmp_path / "run", concurrent)
    made = rerun(config(concurrent), events)
    assert is_same(made, events)
    assert made.missed.total() + made.others <= len(events) // 10


def test_the_recorded_run_comes_to_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the real Lean. Should the portfolio change, another run has to be recorded."""
    made = rerun(read_config(RUN), list(read_events(RUN)))
    assert is_same(made, list(read_events(RUN)))
    assert cli_replay.search_again(RUN) == 0
    assert "the same 2 problems verified" in capsys.readouterr().out


@given(cut=st.integers(5, 74))
@settings(max_examples=15)
def test_a_search_cut_off_anywhere_ends_there(cut: int) -> None:
    events = list(read_events(RUN))[:cut]
    made = rerun(read_config(RUN), events)
    assert verified(made.graph) <= {"lt_step", "sum_to"}
    assert made.again + made.missed.total() <= cut


def test_other_verdicts_lead_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Were it the record that says what is done, and not the search, this would come to the
    same."""
    folder = tmp_path / "run"
    shutil.copytree(RUN, folder)
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"by": "portfolio:omega"' not in line]
    (folder / "events.jsonl").write_text("".join(kept))
    made = rerun(read_config(folder), list(read_events(folder)))
    assert made.others > 0


def test_models_are_not_asked_again(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="only a run without models"):
        rerun(config(1).model_copy(update={"search": SearchConfig(premises=4)}), [])
