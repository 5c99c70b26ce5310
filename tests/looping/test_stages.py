"""Round 0 as a whole on the real Lean, which takes no training; the rest is in `test_rounds.py`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.cli_loop import rounds
from prover.config import LimitsConfig, SearchConfig
from prover.curriculum.weights import evenly
from prover.errors import UserError
from prover.lean.toolchain import Installation
from prover.looping import lineage
from prover.looping.loop import claimed, done
from prover.looping.places import Places, graph_of, read_made
from prover.looping.settings import LoopConfig, PlaygroundConfig
from prover.looping.stages import STAGES, Here
from prover.looping.steps import Step, steps
from prover.training import rows as training_rows

CONFIG = LoopConfig(
    rounds=1,
    playground=PlaygroundConfig(
        families=["linear", "recurrence"], levels=[1], problems=4, held_out=3
    ),
    checks=12,
    limits=LimitsConfig(heartbeats=4_000, seconds=10.0),
    search=SearchConfig(attempts=30, depth=1, seconds=5.0, conjectures=False),
)


@pytest.mark.lean
@pytest.mark.slow
def test_round_zero(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = claimed(CONFIG, tmp_path / "loop")
    places = Places(folder)
    before = [step for step in steps(1, transfer=False, trains=True) if step.round == 0]
    for step in before:
        assert step not in done(places, CONFIG)
        STAGES[step.stage](Here(CONFIG, places, step))
        assert step in done(places, CONFIG)
    held_out, made = read_made(places.held_out), read_made(places.round(0).problems)
    assert (len(held_out), len(made)) == (3, 4)
    assert not {m.key for m in held_out} & {m.key for m in made}
    assert len({m.problem.name for m in [*held_out, *made]}) == 7
    rows = training_rows.parse(places.round(0).rows.read_text(), "rows")
    graph = graph_of(places.round(0).search)
    proved = {n for n in graph.problems if graph.problem_state(n) == "verified"}
    assert {row.problem for row in rows} == proved != set()
    plan = json.loads(places.round(0).plan.read_text())
    assert sum(c["count"] for c in plan["cells"]) + sum(plan["mutants"].values()) == 4
    assert plan["why"]
    assert rounds(folder, as_json=False) == 0
    assert "held-out problems" in capsys.readouterr().out
    places.round(0).rows.write_text("")
    assert rounds(folder, as_json=True) == 1, "a file that was changed is noticed"
    assert lineage.changed(folder, places.lineage()) == ["round-0/rows.jsonl (of round 0, recycle)"]


def test_problems_are_shared_out_evenly() -> None:
    found = evenly(7, [("a", 1), ("a", 2), ("b", 1)])
    assert found == {("a", 1): 3, ("a", 2): 2, ("b", 1): 2}


def test_another_loop_is_not_gone_on_with(tmp_path: Path) -> None:
    claimed(CONFIG, tmp_path / "loop")
    claimed(CONFIG.model_copy(update={"rounds": 5}), tmp_path / "loop")
    with pytest.raises(UserError, match="another configuration"):
        claimed(CONFIG.model_copy(update={"seed": 1}), tmp_path / "loop")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    with pytest.raises(UserError, match="holds no loop"):
        claimed(CONFIG, tmp_path / "other")


def test_a_gap_is_filled_before_what_comes_behind_it(tmp_path: Path) -> None:
    places = Places(claimed(CONFIG, tmp_path / "loop"))
    places.round(0).folder.mkdir()
    places.round(0).plan.write_text("{}")
    assert Step(0, "plan") not in done(places, CONFIG)
