"""What earlier runs tell a run that begins where they ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from goals_by_hand import goal, said, var
from run_events import CONFIG, demo_events, write_run

from prover.config import RunConfig
from prover.errors import UserError
from prover.experience import experience
from prover.graph_nodes import GoalNode, Record
from prover.proposing import model_free
from prover.provers import Portfolio

PLAIN = goal("a + b = b + a", "Eq", var("a", "Nat"), var("b", "Nat"))


def order(portfolio: Portfolio, records: dict[str, Record] | None = None) -> list[str]:
    return [c.by for c in asyncio.run(said(portfolio.propose(GoalNode(PLAIN), 0, records or {})))]


def test_runs_are_added_up(tmp_path: Path) -> None:
    own = write_run(tmp_path, demo_events()).records
    run = str(tmp_path)
    assert own and experience([]) == {}
    assert experience([run]) == own
    assert experience([run, run]) == {way: record + record for way, record in own.items()}


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{tmp_path} holds no run"):
        experience([str(tmp_path)])


def test_what_came_of_a_script_before_counts_like_what_comes_of_it_now() -> None:
    won = {"portfolio:grind": Record(tries=20, wins=18, judged=20, seconds=4.0)}
    assert order(Portfolio(before=won)) == order(Portfolio(), won) != order(Portfolio())
    lost = {"portfolio:grind": Record(tries=90, wins=0, judged=90, seconds=90.0)}
    assert order(Portfolio(before=won), lost)[0] != "portfolio:grind"
    assert order(Portfolio(before=won, learns=False)) == order(Portfolio(learns=False))


def test_a_configuration_names_the_runs(tmp_path: Path) -> None:
    write_run(tmp_path, demo_events())
    search = CONFIG.search.model_copy(update={"experience": [str(tmp_path)]})
    config: RunConfig = CONFIG.model_copy(update={"search": search})
    (portfolio,) = model_free(config).provers
    assert isinstance(portfolio, Portfolio)
    learnt = order(Portfolio(before=experience([str(tmp_path)])))
    assert order(portfolio) == learnt != order(Portfolio())
