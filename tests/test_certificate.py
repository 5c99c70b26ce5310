"""Certificates: what they say, and that a change to them or their proof is seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from prover.certificate import Certificate, certificate, changed, differences, dump, read
from prover.errors import UserError
from prover.types import Certified, CheckerResult, LeanFacts, Limits, Problem, Verdict

PROBLEM = Problem("t", "theorem t : 1 + 1 = 2", "def x := 1\n")
TEXT = "def x := 1\n\ntheorem t : 1 + 1 = 2 := rfl\n"
PROVED = Verdict("proved", axioms=("propext", "Classical.choice"))
FACTS = LeanFacts("lean-1", "embedded", "d" * 64, "wasm")
CERTIFIED = Certified(PROVED, "4.28.0, commit 38f3", "a" * 64, "b" * 64)


def made(certified: Certified = CERTIFIED, facts: LeanFacts = FACTS) -> Certificate:
    return certificate(PROBLEM, TEXT, certified, facts, Limits(400_000, 120.0))


def test_it_says_what_was_checked_and_by_what() -> None:
    facts = json.loads(dump(made()))
    assert facts["axioms"] == ["Classical.choice", "propext"]
    assert len(facts["checks"]) == 6
    assert facts["lean_version"] == "4.28.0, commit 38f3"
    assert facts["limits"] == {"heartbeats": 400_000, "seconds": 120.0}
    assert facts["check_again"].startswith("prover recheck")


def test_a_rejected_file_passed_no_checks() -> None:
    rejected = Certified(Verdict("rejected", "no", "axioms"))
    assert made(rejected).checks == []


def test_other_checkers_are_named_with_what_they_said() -> None:
    said = CheckerResult("nanoda", "sha256:1", "failed", "it hung", 3.0)
    (opinion,) = made(replace(CERTIFIED, checkers=(said,))).checkers
    assert (opinion.name, opinion.status, opinion.detail) == ("nanoda", "failed", "it hung")


def test_it_reads_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.cert.json"
    path.write_text(dump(made()))
    assert read(path) == made()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no certificate"),
        ("[]", "no certificate"),
        ('{"format": 2}', "format"),
        ('{"problem": "t"}', "statement"),
        (dump(made()).replace('"proved"', '"verified"'), "verdict"),
        (dump(made()).replace('"tier": 2', '"tier": 2, "extra": 1'), "extra"),
    ],
)
def test_what_is_no_certificate_is_said_so(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.cert.json"
    path.write_text(text)
    with pytest.raises(UserError, match=said) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read(tmp_path / "t.cert.json")


def test_a_changed_proof_or_problem_is_seen() -> None:
    assert changed(made(), TEXT) == ""
    assert "file was changed" in changed(made(), TEXT + " ")
    other = made().model_copy(update={"statement": "theorem t : 1 + 1 = 3"})
    assert "problem was changed" in changed(other, TEXT)


@pytest.mark.parametrize(
    ("certified", "said"),
    [
        (CERTIFIED, ""),
        (
            replace(CERTIFIED, verdict=Verdict("rejected", "why", "axioms")),
            "is rejected .axioms: why",
        ),
        (replace(CERTIFIED, verdict=Verdict("proved")), "its axioms were .*and are none"),
        (replace(CERTIFIED, type_sha256="c" * 64), "another type"),
        (replace(CERTIFIED, definitions_sha256="c" * 64), "definitions"),
        (replace(CERTIFIED, type_sha256="", definitions_sha256=""), ""),
        (replace(CERTIFIED, verdict=replace(PROVED, seconds=99.0)), ""),
    ],
)
def test_differences_in_kind(certified: Certified, said: str) -> None:
    found = differences(made(), made(certified))
    assert len(found) == bool(said)
    if said:
        with pytest.raises(AssertionError, match=said):
            raise AssertionError(found[0])


def test_another_lean_may_elaborate_to_another_type() -> None:
    now = made(replace(CERTIFIED, type_sha256="c" * 64), replace(FACTS, lean="lean-2"))
    assert differences(made(), now) == []
