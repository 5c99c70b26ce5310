"""Rows of every kind from a recorded run: what they say is what the run's events say."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path

import pytest
from run_events import PROVED, REJECTED, Writer, demo_events, write_run

from prover.config import dump, load
from prover.data.columns import columns
from prover.data.kinds import KINDS, stratum
from prover.data.lineage import KEPT, Lineage, Run, read_run
from prover.errors import UserError

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture(scope="module")
def run() -> Run:
    return read_run(RECORDED, "apache-2.0")


def rows(run: Run, kind: str) -> list[Lineage]:
    return list(KINDS[kind][1](run))


def test_the_recorded_run_gives_rows_of_every_kind(run: Run) -> None:
    counts = {kind: len(rows(run, kind)) for kind in KINDS}
    assert counts == {
        "proofs": 6, "sketches": 2, "repairs": 17, "refutations": 1, "preferences": 17,
        "prompts": 10,
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_ids_differ_and_every_row_has_its_columns(run: Run, kind: str) -> None:
    made = rows(run, kind)
    if kind != "prompts":  # goals that occur twice are pooled later
        assert len({row.id for row in made}) == len(made)
    assert all(type(row) is KINDS[kind][0] for row in made)
    assert all(row.license == "apache-2.0" and row.run.startswith("sample@") for row in made)
    assert rows(read_run(RECORDED, "apache-2.0"), kind) == made


def test_a_proof_knows_its_place_its_lemmas_and_what_failed(run: Run) -> None:
    found = {row.name: row for row in rows(run, "proofs")}
    root, lemma = found["triangular_numbers"], found["triangular_numbers_5dd02e_2"]
    assert root.lemmas == ("triangular_numbers_5dd02e_1", "triangular_numbers_5dd02e_2")
    assert (root.goal, root.depth, root.tier) == ("triangular_numbers", 0, 2)
    assert (lemma.goal, lemma.depth) == ("triangular_numbers/5dd02e.2", 1)
    assert lemma.problem_statement == root.statement and lemma.problem_key == root.key
    assert lemma.proof == "by\n  simp [sumTo]\n  grind" and not lemma.lemmas
    assert (lemma.tried, lemma.proved) == (15, 1) and "sumTo" in lemma.uses
    assert "by\n  simp_all\n  omega" in lemma.failed_proofs
    where = lemma.failed_by.index("portfolio:omega")
    assert lemma.failed_errors[where].startswith("omega could not prove the goal")
    assert len(lemma.failed_proofs) == len(lemma.failed_errors) == len(lemma.failed_by) == 14


def test_a_sketch_has_its_holes_and_the_proof_that_they_make(run: Run) -> None:
    for row in rows(run, "sketches"):
        assert row.own_sketch.count("sorry") == len(row.holes)  # type: ignore[attr-defined]
        assert "sorry" not in row.proof and row.code.rstrip().endswith(row.proof)
        assert all(hole in row.code for hole in row.holes)  # type: ignore[attr-defined]


def test_a_repair_pairs_what_lean_rejected_with_what_it_took(run: Run) -> None:
    for row in map(vars, rows(run, "repairs")):
        assert row["failed_proof"] != row["proof"] and row["error"] and row["goals"]
        line = row["failed_proof"].split("\n")[row["error_line"] - 1]
        assert line[row["error_column"] :].strip()


def test_a_refutation_is_a_proof_of_the_negation(run: Run) -> None:
    (row,) = map(vars, rows(run, "refutations"))
    assert row["statement"].startswith("theorem rounding_up_is_one_more.refuted : ¬ (")
    assert row["refuted"].startswith("theorem rounding_up_is_one_more (n : Nat)")
    assert (row["counterexample"], row["tier"], row["verified"]) == ("n = 0", 1, False)
    assert row["code"].endswith(row["proof"] + "\n")


def test_prompts_are_goals_proved_or_not_but_none_known_to_be_false(run: Run) -> None:
    found = {row.name: vars(row) for row in rows(run, "prompts")}
    assert "rounding_up_is_one_more" not in found
    assert found["triangular_numbers"]["stratum"] == "unsolved"
    assert found["clamp_in_range"]["pass_rate"] == 0.5
    assert not any(row["code"] or row["tier"] for row in found.values())


@pytest.mark.parametrize(
    ("rate", "name"),
    [(0, "unsolved"), (0.25, "hard"), (0.26, "medium"), (0.76, "easy"), (1, "easy")],
)
def test_strata(rate: float, name: str) -> None:
    assert stratum(rate) == name


def test_a_sketch_that_died_is_rejected_for_the_one_that_held(tmp_path: Path) -> None:
    write_run(tmp_path / "run", demo_events())
    found = [vars(row) for row in rows(read_run(tmp_path / "run"), "preferences")]
    (sketch,) = [row for row in found if row["of"] == "sketch"]
    assert "generalize" in sketch["rejected"] and "induction" in sketch["chosen"]
    assert sketch["why"] == "sum_odd_is_square_0_0: nothing that was tried proved it"
    assert len([row for row in found if row["of"] == "proof"]) == 1


def test_failures_of_a_goal_are_bounded_and_their_draw_knows_no_order(tmp_path: Path) -> None:
    found = []
    for order in (range(40), reversed(range(40))):
        events = Writer()
        events.start()
        goal = events.root("p", ": True")
        for number in order:
            events.attempt(goal, "portfolio:x", REJECTED, f"by simp [x{number}]")
            events.attempt(goal, "portfolio:y", REJECTED, f"by simp [x{number}] -- again")
        events.attempt(goal, "portfolio:trivial", PROVED)
        events.close(goal, "proved")
        folder = tmp_path / str(len(found))
        write_run(folder, events.events)
        (row,) = rows(read_run(folder), "proofs")
        assert row.tried == 81 and len(row.failed_proofs) == KEPT
        found.append(sorted(body.split(" --")[0] for body in row.failed_proofs))
    assert found[0] == found[1]


def test_a_models_proof_knows_how_it_was_sampled(tmp_path: Path) -> None:
    events = [
        replace(e, data={**e.data, "candidate": {**e.data["candidate"], "sample": "g#tiny.0.0.1"}})
        if e.type == "attempt" and e.data["candidate"]["by"] == "model:tiny" else e
        for e in demo_events()
    ]  # fmt: skip
    write_run(tmp_path / "run", events)
    config = load(tmp_path / "run" / "config.yaml").model_dump()
    family = {"family": "kimina-prover", "urls": ["http://x/v1"], "model": "k-7b", "top_p": 0.5}
    file = tmp_path / "run" / "config.yaml"
    file.write_text(dump(type(load(file)).model_validate({**config, "models": {"model": family}})))
    found = {row.name: row for row in rows(read_run(tmp_path / "run"), "proofs")}
    row = found["sum_odd_is_square_2_1_0_1"]
    assert (row.model, row.sample) == ("k-7b", "g#tiny.0.0.1")
    assert '"top_p": 0.5' in row.sampling and '"temperature": 0.6' in row.sampling
    assert found["lt_irrefl_of_le"].model == found["lt_irrefl_of_le"].sampling == ""


def test_a_certificate_that_is_gone_is_said(tmp_path: Path) -> None:
    write_run(tmp_path / "run", demo_events())
    (tmp_path / "run" / "proofs" / "lt_irrefl_of_le.cert.json").unlink()
    with pytest.raises(UserError, match="lt_irrefl_of_le.cert.json"):
        rows(read_run(tmp_path / "run"), "proofs")


def test_a_plan_stands_in_its_sketchs_row(tmp_path: Path) -> None:
    events = [
        replace(e, data={**e.data, "sketch": {**e.data["sketch"], "plan": "First, n = 0."}})
        if e.type == "sketch" else e
        for e in demo_events()
    ]  # fmt: skip
    write_run(tmp_path / "run", events)
    assert {row.plan for row in rows(read_run(tmp_path / "run"), "sketches")} == {"First, n = 0."}


def test_every_column_is_a_text_a_number_or_a_list_of_texts() -> None:
    for kind, _ in KINDS.values():
        assert len(columns(kind)) == len(dataclasses.fields(kind))
