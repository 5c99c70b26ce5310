"""A folder of proofs, checked again from its certificates by the real Lean."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from prover import cli_recheck, recheck
from prover.certificate import certificate, dump
from prover.config import LeanConfig
from prover.errors import UserError
from prover.lean.verifier import CERTIFY, Verifier
from prover.recheck import Rechecked
from prover.types import Problem

HEADER = "def double (n : Nat) : Nat := n + n\n"
STATEMENT = "theorem double_le (n : Nat) : n ≤ double n"
TEXT = f"{HEADER}\n{STATEMENT} := by\n  unfold double\n  omega\n"


def test_a_folder_without_certificates_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder"):
        recheck.find(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no certificates"):
        recheck.find(tmp_path)


def test_certificates_of_a_run_lie_in_its_proofs(tmp_path: Path) -> None:
    (tmp_path / "proofs").mkdir()
    (tmp_path / "proofs" / "a.cert.json").write_text("{}")
    assert [path.name for path in recheck.find(tmp_path)] == ["a.cert.json"]


@pytest.fixture(scope="module")
def proof(runner: asyncio.Runner, verifier: Verifier) -> tuple[str, str]:
    """A proof's text and its certificate."""
    problem = Problem("double_le", STATEMENT, HEADER)
    certified = runner.run(verifier.certify(problem, TEXT))
    assert certified.verdict.proved and certified.type_sha256 and certified.definitions_sha256
    return TEXT, dump(certificate(problem, TEXT, certified, verifier.facts, CERTIFY))


def write(folder: Path, name: str, proof: tuple[str, str]) -> None:
    (folder / f"{name}.lean").write_text(proof[0])
    (folder / f"{name}.cert.json").write_text(proof[1])


def rechecked(runner: asyncio.Runner, verifier: Verifier, folder: Path) -> dict[str, Rechecked]:
    async def collect() -> list[Rechecked]:
        return [row async for row in recheck.recheck(verifier, recheck.find(folder), 2)]

    return {row.name: row for row in runner.run(collect())}


@pytest.mark.lean
def test_proofs_are_checked_again(
    runner: asyncio.Runner, verifier: Verifier, proof: tuple[str, str], tmp_path: Path
) -> None:
    """Each certificate but the first was tampered with, its hashes made to fit where they can."""
    text, made = proof
    facts = json.loads(made)
    write(tmp_path, "double_le", proof)
    write(tmp_path, "another_name", proof)
    write(tmp_path, "other_checks", (text, json.dumps({**facts, "checks": facts["checks"][:5]})))
    (tmp_path / "no_certificate.lean").write_text(text)
    write(tmp_path, "changed", (text.replace("omega", "simp"), made))
    write(tmp_path, "other_axioms", (text, json.dumps({**facts, "axioms": ["propext"]})))
    write(tmp_path, "other_type", (text, json.dumps({**facts, "type_sha256": "0" * 64})))
    write(tmp_path, "other_definitions", (text, json.dumps({**facts, "definitions_sha256": "0"})))
    write(tmp_path, "was_rejected", (text, json.dumps({**facts, "verdict": "rejected"})))
    write(tmp_path, "broken", (text, made[:50]))
    (tmp_path / "no_proof.cert.json").write_text(made)
    rows = rechecked(runner, verifier, tmp_path)
    assert {n for n, row in rows.items() if row.outcome == "same"} == {"double_le"}
    assert all(row.outcome == "different" for n, row in rows.items() if n != "double_le")
    assert "the proof's file was changed" in rows["changed"].said
    assert "cannot be read" in rows["no_proof"].said


@pytest.mark.lean
def test_a_weaker_definition_is_another_problem(
    runner: asyncio.Runner, verifier: Verifier, proof: tuple[str, str]
) -> None:
    """The statement's text is the same; what it rests on is not, and the hash shows it."""
    header = HEADER.replace("n + n", "n + n + 1")
    text = TEXT.replace("n + n", "n + n + 1")
    now = runner.run(verifier.certify(Problem("double_le", STATEMENT, header), text))
    facts = json.loads(proof[1])
    assert now.verdict.proved
    assert now.type_sha256 == facts["type_sha256"]
    assert now.definitions_sha256 != facts["definitions_sha256"]


@pytest.mark.lean
def test_the_problem_must_be_the_one_that_you_have(
    runner: asyncio.Runner, verifier: Verifier, proof: tuple[str, str], tmp_path: Path
) -> None:
    write(tmp_path, "double_le", proof)
    mine = Problem("double_le", STATEMENT, HEADER)

    async def outcome(trusted: dict[str, Problem]) -> str:
        found = recheck.find(tmp_path)
        return [r.outcome async for r in recheck.recheck(verifier, found, 1, trusted)][0]

    assert runner.run(outcome({"double_le": mine})) == "same"
    other = Problem("double_le", STATEMENT, HEADER.replace("n + n", "2 * n"))
    assert runner.run(outcome({"double_le": other})) == "different"
    assert runner.run(outcome({})) == "different"


@pytest.mark.lean
def test_the_command_stops_at_the_first_difference(
    proof: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "a", (proof[0] + "\n", proof[1]))
    write(tmp_path, "double_le", proof)
    assert cli_recheck.recheck_folder(tmp_path, False, LeanConfig(workers=1)) == 1
    said = capfd.readouterr().out
    assert "different    a:" in said and "1 not looked at" in said
    assert cli_recheck.recheck_folder(tmp_path, True, LeanConfig(workers=1)) == 1
    assert "same         double_le: proved" in capfd.readouterr().out
    (tmp_path / "a.cert.json").unlink()
    (tmp_path / "a.lean").unlink()
    assert cli_recheck.recheck_folder(tmp_path, False, LeanConfig(workers=1)) == 0
