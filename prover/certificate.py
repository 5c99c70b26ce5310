"""Certificates: what was checked, by what, and how to check it again.

Each verified proof `proofs/NAME.lean` has `proofs/NAME.cert.json` beside it, which holds the
problem itself: a certificate and its proof can be checked on any machine, without the run.
"""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from prover.digest import sha256
from prover.errors import UserError, first_fault
from prover.types import Certified, CheckerStatus, LeanFacts, Limits, Problem, Status

SUFFIX = ".cert.json"
AGAIN = "prover recheck DIR"

CHECKS = (
    "gate: the grammar allows every command and every proof",
    "commands: each elaborates without an error",
    "front end: Lean's own compiles the whole text",
    "statement: the theorem's type and all it rests on equal the problem's, as Expr",
    "axioms: none but propext, Classical.choice and Quot.sound",
    "kernel: what the theorem rests on was declared again on top of the imports",
)
"""What tier 2 did, in this order; a proof that fails one of them has no verdict `proved`."""


class Limited(BaseModel):
    heartbeats: int
    """Lean's maxHeartbeats for each command, in thousands; 0 is no limit."""
    seconds: float
    """Wall clock for the whole file."""


class Opinion(BaseModel):
    name: str
    version: str
    status: CheckerStatus
    detail: str


class Certificate(BaseModel):
    """One file of proof, as tier 2 saw it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    problem: str
    statement: str
    header: str
    imports: list[str]
    """Modules beyond core Lean that the header needs; a native Lean's driver imports them."""
    verdict: Status
    reason: str
    kind: str
    axioms: list[str]
    tier: Literal[2] = 2
    checks: list[str]
    checkers: list[Opinion]
    """What other checkers said, on a native Lean that has any."""
    problem_sha256: str
    """Of header, newline, statement."""
    type_sha256: str
    """Of the elaborated type (see `lean_project/Driver/Code.lean`); empty if it is too long."""
    definitions_sha256: str
    """Of the header's definitions that the type rests on."""
    proof_sha256: str
    """Of the whole Lean file."""
    lean: str
    lean_version: str
    """What Lean calls itself, its commit included."""
    backend: str
    driver_sha256: str
    confinement: str
    limits: Limited
    prover: str
    checked_at: str
    check_again: str = AGAIN


def certificate(
    problem: Problem, text: str, certified: Certified, facts: LeanFacts, limits: Limits
) -> Certificate:
    """The certificate of a finished file, whatever tier 2 said of it."""
    verdict = certified.verdict
    return Certificate(
        problem=problem.name,
        statement=problem.statement,
        header=problem.header,
        imports=list(facts.imports),
        verdict=verdict.status,
        reason=verdict.reason,
        kind=verdict.kind,
        axioms=sorted(verdict.axioms),
        checks=list(CHECKS) if verdict.proved else [],
        checkers=[
            Opinion(name=x.name, version=x.version, status=x.status, detail=x.detail)
            for x in certified.checkers
        ],
        problem_sha256=problem_sha256(problem.header, problem.statement),
        type_sha256=certified.type_sha256,
        definitions_sha256=certified.definitions_sha256,
        proof_sha256=sha256(text),
        lean=facts.lean,
        lean_version=certified.version,
        backend=facts.backend,
        driver_sha256=facts.driver_sha256,
        confinement=facts.confinement,
        limits=Limited(heartbeats=limits.heartbeats, seconds=limits.seconds),
        prover=version("subgoal-prover"),
        checked_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )


def dump(made: Certificate) -> str:
    return json.dumps(made.model_dump(), indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Certificate:
    """Raises UserError with the file and what is wrong with it."""
    try:
        return Certificate.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise UserError(f"cannot read {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"{path} is not UTF-8 text") from exc
    except ValidationError as exc:
        key, why = first_fault(exc)
        raise UserError(f"{path} is no certificate: {key or 'file'}: {why}") from exc


def changed(made: Certificate, text: str) -> str:
    """What of a certificate and its proof is not what it was when they were written; or empty."""
    if sha256(text) != made.proof_sha256:
        return "the proof's file was changed"
    if problem_sha256(made.header, made.statement) != made.problem_sha256:
        return "the certificate's problem was changed"
    return ""


def differences(then: Certificate, now: Certificate) -> list[str]:
    """Differences in kind between two certificates of one file; time and limits are none.

    Another Lean may elaborate a statement to another type, so hashes count for one Lean only.
    """
    found = []
    if then.verdict != now.verdict:
        reason = f" ({now.kind}: {now.reason})" if now.reason else ""
        found.append(f"it was {then.verdict} and is {now.verdict}{reason}")
    elif now.verdict != "proved":
        found.append(f"it is no proof: {now.verdict} ({now.kind}: {now.reason})")
    elif then.axioms != now.axioms:
        axioms = [", ".join(x) or "none" for x in (then.axioms, now.axioms)]
        found.append(f"its axioms were {axioms[0]} and are {axioms[1]}")
    if then.lean == now.lean and now.type_sha256:
        if then.type_sha256 != now.type_sha256:
            found.append("the statement elaborates to another type")
        elif then.definitions_sha256 != now.definitions_sha256:
            found.append("the definitions that the statement rests on are others")
    if then.verdict == now.verdict and then.checks != now.checks:
        found.append("it names other checks than were made")
    return found


def not_repeated(then: Certificate, now: Certificate) -> list[str]:
    """What a certificate claims and this check could not look at."""
    found = []
    if then.lean != now.lean:
        found.append(f"another Lean than {then.lean}, so hashes were not compared")
    elif then.driver_sha256 != now.driver_sha256:
        found.append("another driver")
    if asked := {x.name for x in then.checkers} - {x.name for x in now.checkers}:
        found.append(f"not asked again: {', '.join(sorted(asked))}")
    return found


def problem_sha256(header: str, statement: str) -> str:
    return sha256(f"{header}\n{statement}")
