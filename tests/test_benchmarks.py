"""The benchmarks are run by hand; here only that they would find their proofs and end cleanly."""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from pathlib import Path

import endurance
import flywheel
import own_model
import pytest
import repairs
import wheel
import workload
import yaml
from run_events import demo_events, write_run

from prover import config as configuration
from prover.errors import InfrastructureError
from prover.graph import ProofGraph
from prover.looping import lineage
from prover.training.rows import Row, dump
from prover.types import Binder, Goal


def test_the_fixed_proofs_are_there() -> None:
    found = workload.proofs()
    assert [proof.name for proof in found] == list(workload.NAMES)
    assert all(proof.fields["body"] in proof.text for proof in found)


def test_a_proof_behind_a_step_of_its_own() -> None:
    assert workload.behind("s", "by omega") == "by\n  s\n  omega"
    assert workload.behind("s", "by\n    a\n    b") == "by\n    s\n    a\n    b"
    assert workload.behind("s", "fun h =>\n  h") == "s; fun h =>\n  h"
    one, two = (workload.fresh(workload.trivial(0)) for _ in range(2))
    assert one["body"] != two["body"]
    both = workload.fresh({"text": "theorem t : p := by x", "body": "by x"})
    assert both["text"] == f"theorem t : p := {both['body']}"


def test_kills_of_the_fake_driver_leave_what_was_there() -> None:
    driver = replace(endurance.fake(), limit=0.005)
    found = asyncio.run(endurance.kills(driver, 50))
    first, last = found["samples"]
    assert (first["kills"], last["kills"]) == (0, 50)
    assert all(first[name] == last[name] for name in ("descriptors", "children", "zombies"))


def test_growth_is_counted_from_when_memory_has_settled() -> None:
    samples = [(500, 50.0), (1000, 100.0), (1500, 120.0), (2000, 110.0)]
    growth = endurance.growth(samples)
    assert growth is not None and round(growth) == 10
    assert endurance.growth(samples[:2]) is None


def test_other_names_stand_wherever_the_old_ones_stood() -> None:
    header = "def double (n : Nat) := n + n\ninductive Tree where\n  | leaf"
    statement = "theorem t (x : Nat) (hx : 0 < x) : double x = x + x"
    row = Row("", "", "t", "t", "key", "portfolio:simp-defs", header, statement, "")
    goal = Goal("t", "t", statement, header, binders=(Binder("x", "Nat", False),))
    scripts = ["by\n  simp [double]", "by\n  cases x <;> simp_all [double, Tree.leaf]"]
    for seed in range(20):
        one, two = own_model.varied(row, goal, scripts, random.Random(seed))
        text = "\n".join([one.header, one.statement, one.body, two.body, one.prompt])
        words = set(text.replace(".", " ").replace("[", " ").replace("]", " ").split())
        assert not words & {"double", "Tree", "x", "x)"}
        name = one.header.split()[1]
        assert one.body == f"by\n  simp [{name}]" and f"{name} " in one.statement
        assert one.completion == f"simp [{name}]\n:::" and one.key == row.key


@pytest.mark.parametrize("name", list(wheel.ARMS))
def test_the_arms_of_the_wheel_are_configurations(name: str, tmp_path: Path) -> None:
    section = {"family": "subgoal-tiny", "model": "m", "urls": ["http://x/v1"], "seed": 0}
    file = tmp_path / "arm.yaml"
    file.write_text(yaml.safe_dump(wheel.arm(tmp_path / "problems.jsonl", name, section)))
    config = configuration.load(file)
    assert not config.lean.cache and set(config.models) <= set(config.prover)


def test_a_held_out_goal_is_one_problem(tmp_path: Path) -> None:
    proofs = [
        Row("", "", "p", "p/s.1", "key", "tiny:sample", "", "theorem s_1 : 1 = 1", body, **more)
        for body, more in (
            ("by rfl", {"held_out": True}),
            ("by simp", {"held_out": True}),
            ("by simp", {"held_out": True, "failed": "omega"}),
            ("by decide", {}),
        )
    ]
    (tmp_path / "rows.jsonl").write_text(dump([*proofs, replace(proofs[0], key="other")]))
    rows = wheel.held_out(tmp_path)
    assert len(rows) == 3 and all(row.held_out and not row.failed for row in rows)
    assert [p.name for p in wheel.goals(rows[:2])] == ["s_1"]


def test_the_wheels_table_has_a_row_for_each_arm() -> None:
    graph = ProofGraph.of(demo_events())
    turns = [{"seed": 0, "held_out": 2, "arms": {"a": wheel.figures(graph)}}]
    *_, row = wheel.table(turns).splitlines()
    assert row.startswith("| 0 | 6 | a |") and row.count("|") == len(wheel.HEADS) + 1


def test_the_table_of_repairs_counts_each_broken_proof_once() -> None:
    rows = [
        repairs.Row("a", "delete", "parse", "uncut"),
        repairs.Row("a", "delete", "parse", "skeleton", 2, 3, 3),
        repairs.Row("b", "delete", "elaboration", "nothing kept", 1, 1),
        repairs.Row("b", "delete", "elaboration", "skeleton", 1, 2, 1),
    ]
    lines = repairs.table(rows).split("\n")[2:]
    found = dict(line.strip("| ").split(" | ", 1) for line in lines)
    assert found["uncut"] == "1 | 0" and found["nothing kept"] == "0 | 1"
    assert found["skeletons after one cut"] == "0 | 1"
    assert found["holes closed by the portfolio"] == "3 | 1"
    assert found["skeletons closed altogether"] == "1 | 0"


def test_rounds_are_compared_problem_by_problem() -> None:
    better = [{"a": flywheel.Outcome(True, 2), "b": flywheel.Outcome(True, 9)}]
    worse = [{"a": flywheel.Outcome(True, 8), "b": flywheel.Outcome(False, 16)}]
    found = flywheel.pairs(better, worse)
    assert found == [[(better[0]["a"], worse[0]["a"])], [(better[0]["b"], worse[0]["b"])]]
    share = flywheel.compared(found, flywheel.share(4))
    assert share["value"] == 0.5 and share["low"] <= 0.5 <= share["high"]
    assert flywheel.checks_a_proof(list(worse[0].values())) == 24
    assert flywheel.compared(found, flywheel.checks_a_proof)["value"] == 5.5 - 24


def test_seeds_that_share_their_problems_are_drawn_together() -> None:
    zero = {"a": flywheel.Outcome(True, 8), "b": flywheel.Outcome(False, 16)}
    seeds = [{"a": flywheel.Outcome(True, n), "b": flywheel.Outcome(False, 16)} for n in (1, 2)]
    found = flywheel.by_problem(seeds, [zero, zero])
    assert found == [[(s["a"], zero["a"]) for s in seeds], [(s["b"], zero["b"]) for s in seeds]]
    assert flywheel.compared(found, flywheel.share(4))["value"] == 0.5


def test_an_arm_has_the_rows_of_another_and_not_its_models(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "selected", tmp_path / "random"
    files = [
        f"round-{n}/{name}" for n in (0, 1, 2) for name in ("rows.jsonl", "held-out/events.jsonl")
    ]
    for file in (flywheel.HELD_OUT, *files):
        (ours / file).parent.mkdir(parents=True, exist_ok=True)
        (ours / file).write_text("x")
    for n in (1, 2):
        (ours / f"round-{n}/model").write_text("ours")
    (ours / flywheel.BENCHMARK).write_text("x")
    made = [flywheel.HELD_OUT, *(file.removesuffix("/events.jsonl") for file in files)]
    for file in made:
        model = ours / Path(file).parent / "model"
        of = [ours / flywheel.BENCHMARK, *([model] if model.exists() else [])]
        entry = lineage.entry(ours, "a step", ours / file, of)
        lineage.append(ours / flywheel.LINEAGE, entry)
    theirs.mkdir()
    flywheel.hand_over(ours, theirs, 2)
    here = ["round-0/held-out/events.jsonl", "round-0/rows.jsonl", "round-1/rows.jsonl"]
    found = sorted(str(f.relative_to(theirs)) for f in theirs.rglob("round-*/**/*") if f.is_file())
    assert found == here
    entries = flywheel.Places(theirs).lineage()
    listed = [e["file"] for e in entries]
    assert listed == [flywheel.HELD_OUT, "round-0/rows.jsonl", "round-0/held-out", here[2]]
    (theirs / "round-1/model").write_text("theirs")
    assert lineage.changed(theirs, entries) == []


def test_the_random_arm_learns_from_as_many_rows(tmp_path: Path) -> None:
    for number, kept in ((1, 70), (2, 133)):
        folder = tmp_path / f"round-{number}"
        folder.mkdir()
        (folder / "chosen.json").write_text(f'{{"kept": {kept}}}')
    config = flywheel.LoopConfig(rounds=2)
    train = flywheel.at_random(config, tmp_path).train
    assert train.rows == [70, 133] and train.select == ["random"]
    assert config.trains and not flywheel.without_model(config, tmp_path).trains


def test_a_loop_that_fails_ends_the_study_and_says_where_it_is_said_why(tmp_path: Path) -> None:
    folder = tmp_path / "seed-0" / "selected"
    folder.mkdir(parents=True)
    (folder / "loop.yaml").write_text("rounds: 0")
    with pytest.raises(InfrastructureError, match="seed-0/selected ended with 1: .*selected.log"):
        asyncio.run(flywheel.loop(folder))
    assert "rounds" in folder.with_suffix(".log").read_text()


def test_a_loop_whose_output_ends_before_it_does_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec >&- 2>&-\nsleep 0.5\necho ended > $6/ended\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    folder = tmp_path / "selected"
    folder.mkdir()
    asyncio.run(flywheel.loop(folder))
    assert (folder / "ended").exists()


def test_a_study_sets_every_round_beside_the_others(tmp_path: Path) -> None:
    config = flywheel.LoopConfig(rounds=1)
    proved = demo_events()
    unproved = [event for event in proved if event.type not in ("assembled", "closed")]
    for arm, number in (("selected", 0), ("selected", 1), ("random", 1), ("ordered", 1)):
        run = flywheel.Places(flywheel.folder_of(tmp_path, 4, arm)).round(number).held_out
        write_run(run, proved if number else unproved)
    others = [flywheel.RANDOM, flywheel.ORDERED]
    made = flywheel.study(config, [4], others, tmp_path)
    rows = {(row["arm"], row["round"]): row for row in made["rounds"]}
    assert list(rows) == [("portfolio", 0), ("selected", 1), ("random", 1), ("ordered", 1)]
    assert not [key for key in rows["portfolio", 0] if key.startswith("against")]
    assert rows["selected", 1]["against random"]["share within 32"]["value"] == 0
    assert rows["ordered", 1]["against round 0"]["share within 32"]["value"] > 0
    text = flywheel.lines(made)
    assert text[0] == f"{made['held_out']} held-out problems over 1 seeds"
    assert sum(line.startswith("    against ordered: ") for line in text) == 7
