"""The cheat suite: tricks that must be refused for the right reason, honest twins that must not.

A trick is one YAML file below `problems/audit` (docs/audit.md has the format). It tries to get
something past the judge twice: as a *body* (a candidate for a trusted statement, tier 1) and as a
*file* (a whole Lean file against that statement, as `prover check --against` takes it). Its twin
is an honest proof that looks as much like it as possible, in the same two forms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from prover.config import Section
from prover.errors import UserError, first_fault
from prover.lean import source, toolchain
from prover.lean.verifier import FileVerdict, Unsupported, Verifier
from prover.types import Candidate, Goal, Lemma, Limits, Problem, Verdict

Kind = Literal[
    "parse", "gate", "elaboration", "axioms", "statement",
    "heartbeats", "timeout", "crash", "memory",
]  # fmt: skip
"""Why a trick may be refused: the kinds of a rejection, or of a verdict that was not reached."""

Form = Literal["body", "file"]
FORMS: tuple[Form, Form] = ("body", "file")
Outcome = Literal["accepted", "right", "other"]
Watch = Callable[[int, int], None]
"""Told after each trick: how many are done, of how many."""

BODY_LIMITS = Limits(heartbeats=20_000, seconds=20.0)
FILE_LIMITS = Limits(heartbeats=20_000, seconds=40.0)
"""Heartbeats are for each theorem, seconds for the whole file."""


class Helper(Section):
    """A lemma that a candidate brings along."""

    statement: str
    body: str


class Asked(Section):
    """What is to be proved: the trusted side."""

    dialect: bool = False
    """Headers and files begin with the dialect (lean_project/Dialect.lean)."""
    header: str = ""
    statement: str

    @field_validator("statement")
    @classmethod
    def one_theorem(cls, text: str) -> str:
        if len(source.theorems(text)) != 1:
            raise ValueError("it must be one `theorem NAME ... : TYPE`")
        return text.strip()

    def problem(self) -> Problem:
        name = source.theorems(self.statement)[0]["name"]
        return Problem(name, self.statement, self.before() + self.header)

    def before(self) -> str:
        return f"{toolchain.dialect()}\n" if self.dialect else ""


class Submission(Section):
    """Something handed in for a problem, in both forms."""

    problem: Asked
    body: str
    lemmas: tuple[Helper, ...] = ()
    file: str

    @field_validator("file")
    @classmethod
    def without_imports(cls, text: str) -> str:
        if source.imports(text):
            raise ValueError("a file has no imports here: what Lean imports is fixed")
        return text

    def text(self) -> str:
        return self.problem.before() + self.file

    def candidate(self) -> Candidate:
        lemmas = tuple(Lemma(lemma.statement, lemma.body) for lemma in self.lemmas)
        return Candidate(self.body.rstrip("\n"), "audit", lemmas)


class Said(Section):
    """Pieces of the reason, where the kind alone does not show that the trick was seen."""

    body: str = ""
    file: str = ""


class Refused(Section):
    """The right reasons to refuse a trick, form by form."""

    body: tuple[Kind, ...] = Field(min_length=1)
    file: tuple[Kind, ...] = Field(min_length=1)
    says: Said = Said()

    def kinds(self, form: Form) -> tuple[Kind, ...]:
        return self.body if form == "body" else self.file

    def piece(self, form: Form) -> str:
        return self.says.body if form == "body" else self.says.file


class Trick(Submission):
    trick: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    family: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    idea: str = Field(min_length=1)
    source: str = Field(min_length=1)
    refused: Refused
    twin: Submission


@dataclass(frozen=True)
class Trial:
    """One form of a trick or of its twin, and what became of it."""

    trick: str
    family: str
    form: Form
    honest: bool
    verdict: Verdict
    outcome: Outcome

    @property
    def good(self) -> bool:
        return self.outcome == ("accepted" if self.honest else "right")

    @property
    def name(self) -> str:
        return f"{self.trick} ({'twin, ' if self.honest else ''}{self.form})"

    def as_json(self) -> dict[str, Any]:
        return {
            "trick": self.trick,
            "family": self.family,
            "form": self.form,
            "twin": self.honest,
            "outcome": self.outcome,
            "good": self.good,
            "verdict": self.verdict.status,
            "kind": self.verdict.kind,
            "reason": self.verdict.reason,
            "seconds": round(self.verdict.seconds, 3),
        }


@dataclass(frozen=True)
class Totals:
    """Counts of tricks; one counts by the worse of its two forms."""

    tricks: int = 0
    accepted: int = 0
    right: int = 0
    other: int = 0
    twins: int = 0
    """Honest twins that were accepted in both forms."""

    @property
    def clean(self) -> bool:
        """Nothing false got through, every reason was right, and every honest proof counted."""
        return self.right == self.twins == self.tricks > 0


# The corpus


def load(folder: Path, names: Sequence[str] = ()) -> list[Trick]:
    """The tricks of a folder and its sub-folders, by family and name; all without `names`.

    Raises UserError for a file that does not fit, a name that is not there or used twice.
    """
    if not folder.is_dir():
        raise UserError(
            f"there is no folder {folder} with tricks: run this where the repository is checked"
            " out, or name the folder with --source"
        )
    tricks: dict[str, Trick] = {}
    for path in sorted(folder.rglob("*.yaml")):
        trick = read_trick(path)
        if trick.trick in tricks:
            raise UserError(f"{folder} holds two tricks named {trick.trick}")
        tricks[trick.trick] = trick
    if not tricks:
        raise UserError(f"{folder} holds no tricks (NAME.yaml)")
    for name in names:
        if name not in tricks:
            raise UserError(f"{folder} has no trick {name}")
    chosen = [tricks[name] for name in dict.fromkeys(names)] or list(tricks.values())
    return sorted(chosen, key=lambda trick: (trick.family, trick.trick))


def read_trick(path: Path) -> Trick:
    try:
        trick = Trick.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"cannot read {path}: {exc}") from exc
    except yaml.YAMLError as exc:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(exc).split())}") from exc
    except ValidationError as exc:
        key, why = first_fault(exc)
        raise UserError(f"{path}: {key}: {why}") from exc
    if trick.trick != path.stem:
        raise UserError(f"{path} holds the trick {trick.trick}: give file and trick one name")
    return trick


# Deciding


def decide(verdict: Verdict, kinds: Iterable[str], piece: str = "") -> Outcome:
    """Accepted; refused for a right reason; or refused for another one (chance, perhaps)."""
    if verdict.proved:
        return "accepted"
    return "right" if verdict.kind in kinds and piece in verdict.reason else "other"


def file_verdict(result: FileVerdict | Verdict, name: str) -> Verdict:
    """One verdict on a whole file: proved only if `prover check --against` would pass it.

    What no file may contain speaks first, then the theorem asked for, then the others.
    """
    if isinstance(result, Verdict):
        return result
    if result.refused:
        return Verdict("rejected", result.refused, "gate")
    bad = [t for t in result.theorems if not t.verdict.proved]
    if bad:
        first = min(bad, key=lambda t: (t.verdict.kind != "gate", not t.target))
        return first.verdict
    asked = [t.verdict for t in result.theorems if t.target]
    if not asked:
        wanted = result.target or name
        reason = "; ".join([f"the file has no theorem named {wanted}", *result.errors[:1]])
        return Verdict("rejected", reason, "statement")
    if result.errors:
        return Verdict("rejected", result.errors[0], "elaboration")
    return asked[-1]


def totals(trials: Iterable[Trial]) -> Totals:
    tried: dict[str, list[Trial]] = {}
    for trial in trials:
        tried.setdefault(trial.trick, []).append(trial)
    outcomes = [worst(t.outcome for t in forms if not t.honest) for forms in tried.values()]
    twins = [all(t.good for t in forms if t.honest) for forms in tried.values()]
    counts = (outcomes.count("accepted"), outcomes.count("right"), outcomes.count("other"))
    return Totals(len(tried), *counts, sum(twins))


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    order: tuple[Outcome, ...] = ("right", "other", "accepted")
    return max(outcomes, key=order.index)


def families(trials: Iterable[Trial]) -> dict[str, Totals]:
    grouped: dict[str, list[Trial]] = {}
    for trial in trials:
        grouped.setdefault(trial.family, []).append(trial)
    return {family: totals(of) for family, of in sorted(grouped.items())}


def headline(of: Totals) -> str:
    return (
        f"{of.tricks} tricks in both forms: {of.accepted} accepted, {of.right} refused for the"
        f" right reason; {of.twins} of {of.tricks} honest twins accepted"
    )


# Trying


async def audit(
    verifier: Verifier, tricks: Sequence[Trick], watch: Watch = lambda done, total: None
) -> list[Trial]:
    """Every trick and twin in both forms, as many at a time as the pool has processes.

    Raises UserError if a problem of the corpus does not elaborate, InfrastructureError if no
    Lean can be asked. Stopped or failed, it leaves nothing under way.
    """
    tasks = [asyncio.ensure_future(attempt(verifier, trick)) for trick in tricks]
    try:
        for done, task in enumerate(asyncio.as_completed(tasks), 1):
            await task
            watch(done, len(tasks))
        return [trial for task in tasks for trial in task.result()]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def attempt(verifier: Verifier, trick: Trick) -> list[Trial]:
    """A trick, then its twin: what the trick leaves behind must not harm an honest proof."""
    trials = []
    for honest, given in ((False, trick), (True, trick.twin)):
        for form in FORMS:
            try:
                verdict = await TRY[form](verifier, given)
            except UserError as exc:
                raise UserError(f"{trick.trick}: {exc}") from exc
            kinds, piece = trick.refused.kinds(form), trick.refused.piece(form)
            outcome = decide(verdict, kinds, piece)
            trials.append(Trial(trick.trick, trick.family, form, honest, verdict, outcome))
    return trials


async def try_body(verifier: Verifier, given: Submission) -> Verdict:
    """Tier 1's word. Raises UserError if the problem itself is no good."""
    goal = await verifier.open(given.problem.problem())
    if isinstance(goal, Unsupported):
        raise UserError(f"its problem does not elaborate: {goal.reason}")
    assert isinstance(goal, Goal)
    return await verifier.judge(goal, given.candidate(), BODY_LIMITS)


async def try_file(verifier: Verifier, given: Submission) -> Verdict:
    problem = given.problem.problem()
    return file_verdict(await verifier.check(given.text(), problem, FILE_LIMITS), problem.name)


TRY = {"body": try_body, "file": try_file}
