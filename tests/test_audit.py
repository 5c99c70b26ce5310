"""The cheat suite: what a trick's file may say, how verdicts are counted, and that it can fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prover import cli_audit, problems
from prover.audit import (
    FORMS,
    Outcome,
    Trial,
    Trick,
    audit,
    decide,
    families,
    file_verdict,
    headline,
    load,
    read_trick,
    totals,
    try_file,
)
from prover.cli_lean import judge_text, passed
from prover.config import ProblemsConfig
from prover.errors import UserError
from prover.lean.toolchain import Installation
from prover.lean.verifier import FileVerdict, TheoremVerdict, Verifier
from prover.types import Verdict

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "problems" / "audit"
HONEST = {"problem": {"statement": "theorem t : True"}, "body": "trivial",
          "file": "theorem t : True := trivial\n"}  # fmt: skip
SORRY = {
    "trick": "sorry",
    "family": "axioms",
    "idea": "A proof that is sorry.",
    "source": "ours",
    "problem": {"statement": "theorem t : False"},
    "body": "by sorry",
    "file": "theorem t : False := by sorry\n",
    "refused": {"body": ["gate"], "file": ["gate", "axioms"]},
    "twin": HONEST,
}
PROVED = Verdict("proved")


def write(folder: Path, *tricks: dict[str, Any]) -> Path:
    for trick in tricks:
        place = folder / str(trick["family"]) / f"{trick['trick']}.yaml"
        place.parent.mkdir(exist_ok=True)
        place.write_text(yaml.safe_dump(trick))
    return folder


def refused(kind: str, reason: str = "") -> Verdict:
    return Verdict("rejected", reason, kind)


def trial(name: str, outcome: Outcome, honest: bool = False) -> Trial:
    return Trial(name, "axioms", "body", honest, PROVED, outcome)


# What a trick's file may say


@pytest.fixture(scope="module")
def corpus() -> list[Trick]:
    return load(CORPUS)


def test_the_corpus_is_large_and_of_many_kinds(corpus: list[Trick]) -> None:
    assert len(corpus) >= 120
    counts = Counter(trick.family for trick in corpus)
    assert len(counts) >= 10 and min(counts.values()) >= 5


def test_a_trick_lies_in_the_folder_of_its_family(corpus: list[Trick]) -> None:
    for trick in corpus:
        assert (CORPUS / trick.family / f"{trick.trick}.yaml").is_file()


def test_a_twin_is_not_its_trick(corpus: list[Trick]) -> None:
    for trick in corpus:
        assert (trick.twin.problem, trick.twin.body) != (trick.problem, trick.body)
        assert (trick.twin.problem, trick.twin.file) != (trick.problem, trick.file)


def test_tricks_are_no_problem_set() -> None:
    found = problems.load(ProblemsConfig(source=str(ROOT / "problems")))
    assert not [problem for problem in found if "audit" in problem.source]
    with pytest.raises(UserError, match="no problem set audit"):
        problems.load(ProblemsConfig(source=str(ROOT / "problems"), sets=["audit"]))


def test_names_choose_tricks(tmp_path: Path) -> None:
    other = {**SORRY, "trick": "admit", "family": "native"}
    write(tmp_path, SORRY, other)
    assert [trick.trick for trick in load(tmp_path)] == ["sorry", "admit"]
    assert [trick.trick for trick in load(tmp_path, ["admit", "admit"])] == ["admit"]
    with pytest.raises(UserError, match="no trick stop"):
        load(tmp_path, ["stop"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"why": "x"}, "why: Extra inputs"),
        ({"refused": {"body": ["gate"], "file": []}}, "refused.file"),
        ({"refused": {"body": ["gat"], "file": ["gate"]}}, "refused.body.0"),
        ({"refused": {"body": ["gate"], "file": ["gate"], "say": {}}}, "refused.say"),
        ({"problem": {"statement": "def t := 1"}}, "problem.statement"),
        ({"file": "import Lean\ntheorem t : False := by sorry\n"}, "no imports"),
        ({"trick": "Sorry"}, "trick"),
        ({"idea": ""}, "idea"),
        ({"twin": {**HONEST, "by": "x"}}, "twin.by"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = tmp_path / "sorry.yaml"
    path.write_text(yaml.safe_dump({**SORRY, **change}))
    with pytest.raises(UserError, match=said):
        read_trick(path)


def test_a_trick_has_its_file_s_name(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(SORRY))
    with pytest.raises(UserError, match="one name"):
        read_trick(path)
    path.write_text("a: [")
    with pytest.raises(UserError, match="not valid YAML"):
        read_trick(path)


def test_a_name_is_used_once(tmp_path: Path) -> None:
    write(tmp_path, SORRY, {**SORRY, "family": "names"})
    with pytest.raises(UserError, match="two tricks named sorry"):
        load(tmp_path)


def test_a_missing_corpus_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--source"):
        load(tmp_path / "none")
    with pytest.raises(UserError, match="no tricks"):
        load(tmp_path)


# Deciding


def test_a_verdict_is_compared_with_kinds_and_reason() -> None:
    assert decide(PROVED, ["gate"]) == "accepted"
    assert decide(refused("gate"), ["parse", "gate"]) == "right"
    assert decide(refused("elaboration"), ["gate"]) == "other"
    assert decide(refused("axioms", "rests on sorryAx"), ["axioms"], "sorryAx") == "right"
    assert decide(refused("axioms", "rests on cheat"), ["axioms"], "sorryAx") == "other"


def test_no_verdict_is_no_acceptance() -> None:
    lost = Verdict("inconclusive", "too long", "timeout")
    assert decide(lost, ["timeout"]) == "right"
    assert decide(lost, ["elaboration"]) == "other"


ROWS = st.lists(
    st.tuples(st.sampled_from(["t", "u"]), st.sampled_from([PROVED, refused("axioms")])), max_size=3
)


@given(ROWS, st.lists(st.just("1:0: no"), max_size=1), st.sampled_from(["", "line 1: no"]))
def test_a_file_counts_only_if_all_of_it_is_well(
    rows: list[tuple[str, Verdict]], errors: list[str], forbidden: str
) -> None:
    theorems = tuple(TheoremVerdict(name, 1, verdict, name == "t") for name, verdict in rows)
    verdict = file_verdict(FileVerdict(theorems, "t", tuple(errors), forbidden), "t")
    well = all(v.proved for _, v in rows) and "t" in dict(rows) and not errors and not forbidden
    assert verdict.proved == well


def test_what_no_file_may_contain_speaks_first() -> None:
    target = TheoremVerdict("t", 2, refused("axioms"), target=True)
    bad = (target, TheoremVerdict("a", 1, refused("gate")))
    assert file_verdict(FileVerdict(bad, "t", ()), "t").kind == "gate"
    other = (TheoremVerdict("a", 1, refused("elaboration")), bad[0])
    assert file_verdict(FileVerdict(other, "t", ()), "t").kind == "axioms"
    assert file_verdict(FileVerdict(bad, "t", (), "line 3: no"), "t").reason == "line 3: no"
    assert file_verdict(FileVerdict((), "t", ("1:0: expected",)), "t").kind == "statement"


def test_of_two_forms_the_worse_counts() -> None:
    trials = [
        trial("a", "right"), trial("a", "accepted"), trial("a", "accepted", honest=True),
        trial("b", "right"), trial("b", "other"), trial("b", "other", honest=True),
        trial("c", "right"), trial("c", "right"), trial("c", "accepted", honest=True),
    ]  # fmt: skip
    of = totals(trials)
    assert (of.tricks, of.accepted, of.right, of.other, of.twins) == (3, 1, 1, 1, 2)
    assert not of.clean and totals(trials[6:]).clean and not totals([]).clean
    assert families(trials) == {"axioms": of}
    assert headline(of) == (
        "3 tricks in both forms: 1 accepted, 1 refused for the right reason;"
        " 2 of 3 honest twins accepted"
    )


# On the real Lean


@pytest.mark.lean
@pytest.mark.slow
def test_no_trick_gets_through(
    runner: asyncio.Runner, verifier: Verifier, corpus: list[Trick]
) -> None:
    told: list[tuple[int, int]] = []
    trials = runner.run(audit(verifier, corpus, lambda done, total: told.append((done, total))))
    assert [cli_audit.deviation(trial) for trial in trials if not trial.good] == []
    assert totals(trials).clean and totals(trials).tricks == len(corpus)
    assert len(trials) == len(corpus) * 2 * len(FORMS)
    assert told[-1] == (len(corpus), len(corpus))


HONEST_AS_TRICK = {**SORRY, **HONEST, "trick": "honest"}


@pytest.mark.lean
def test_the_audit_can_fail(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An honest proof filed as a trick is reported as accepted; a wrong reason, as another."""
    elsewhere = {**SORRY, "trick": "elsewhere", "refused": {"body": ["parse"], "file": ["parse"]}}
    broken = {**SORRY, "trick": "broken", "twin": {**HONEST, "body": "rfl'"}}
    write(tmp_path, HONEST_AS_TRICK, elsewhere, broken, SORRY)
    assert cli_audit.audit_command([], tmp_path, as_json=False) == 1
    said = capsys.readouterr().out
    assert "honest (body): proved" in said and "honest (file): proved" in said
    assert "elsewhere (body): rejected gate" in said
    assert "broken (twin, body): rejected elaboration" in said
    assert said.splitlines()[-1] == (
        "4 tricks in both forms: 1 accepted, 2 refused for the right reason;"
        " 3 of 4 honest twins accepted"
    )
    assert cli_audit.audit_command(["sorry"], tmp_path, as_json=True) == 0
    rows = yaml.safe_load(capsys.readouterr().out)
    assert [row["outcome"] for row in rows] == ["right", "right", "accepted", "accepted"]


@pytest.mark.lean
def test_a_problem_that_does_not_elaborate_is_an_error(
    runner: asyncio.Runner, verifier: Verifier, tmp_path: Path
) -> None:
    """Else its trick would be refused, and nobody would know why."""
    wrong = {**SORRY, "problem": {"statement": "theorem t : Foo.bar = 1"}}
    with pytest.raises(UserError, match="sorry: its problem does not elaborate"):
        runner.run(audit(verifier, load(write(tmp_path, wrong))))


@pytest.mark.lean
@pytest.mark.parametrize("name", ["sorried-helper", "unclosed-comment", "exit", "silent-sorry"])
def test_a_file_is_judged_as_check_does(
    runner: asyncio.Runner, verifier: Verifier, corpus: list[Trick], name: str
) -> None:
    trick = next(trick for trick in corpus if trick.trick == name)
    for handed, proved in ((trick, False), (trick.twin, True)):
        checked = runner.run(judge_text(verifier, handed.text(), handed.problem.problem()))
        assert passed(*checked) == proved
        assert runner.run(try_file(verifier, handed)).proved == proved
