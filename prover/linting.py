"""Linting with Lean: does the statement elaborate, do its hypotheses contradict one another, is it
false, does it need its hypotheses at all.

Each question is a few cheap proofs within a budget of Lean seconds; that none is found says
nothing. A statement is called contradictory or false on nothing less than a proof of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from prover.errors import UserError
from prover.lean import source
from prover.lean.verifier import Unsupported, Verifier, always
from prover.lint import Finding, Level, goal_findings, text_findings
from prover.refutation import refutations
from prover.types import Binder, Candidate, Goal, Limits, Problem, Verdict

EACH = Limits(heartbeats=4_000, seconds=5.0)
"""Of one question: what contradicts itself by mistake does so plainly."""
SCRIPTS = ("by omega", "by simp_all", "by grind", "by decide")
AUTOBOUND = re.compile(r"Unknown identifier `((?!π)[a-zα-ω][\d₀-₉']*)`")
"""A letter: a longer name is the library's, which may not be here."""


@dataclass
class Linted:
    problem: str
    supported: bool
    findings: list[Finding]
    seconds: float = 0.0
    """Lean seconds."""
    inconclusive: list[str] = field(default_factory=list)
    """Questions that Lean could not settle, or had no time for; none of them is a clean bill."""


Progress = Callable[[Linted], None]


@dataclass
class Purse:
    """What is left of a statement's Lean seconds."""

    left: float
    spent: float = 0.0

    def pay(self, verdict: Verdict) -> None:
        self.spent += verdict.seconds
        self.left -= verdict.seconds

    @property
    def empty(self) -> bool:
        return self.left <= 0


async def lint(verifier: Verifier, problem: Problem, seconds: float) -> Linted:
    """Raises InfrastructureError if Lean cannot be asked."""
    found = text_findings(problem)
    goal = await verifier.open(problem)
    if isinstance(goal, Unsupported):
        return Linted(problem.name, False, [*found, *unknown_names(problem, goal)])
    made = Linted(problem.name, True, [*found, *goal_findings(problem, goal)])
    purse = Purse(seconds)
    for question in (contradictory, false, without_hypotheses):
        if purse.empty:
            made.inconclusive.append(f"{question.__name__}: no time")
        elif finding := await question(verifier, problem, goal, purse, made.inconclusive):
            made.findings.append(finding)
            if finding.level == "error":
                break
    made.seconds = purse.spent
    return made


def unknown_names(problem: Problem, refused: Unsupported) -> list[Finding]:
    """With `autoImplicit`, as it was the default, Lean would have made a variable of it."""
    match = AUTOBOUND.search(refused.reason)
    if match is None:
        return []
    detail = f"{match[1]} is bound nowhere: with autoImplicit it would be any variable"
    return [Finding(problem.name, "autobound", "warning", detail)]


async def contradictory(
    verifier: Verifier, problem: Problem, goal: Goal, purse: Purse, lost: list[str]
) -> Finding | None:
    """Do the hypotheses alone prove False? Then the theorem is true and says nothing."""
    if not any(binder.prop for binder in goal.binders):
        return None
    absurd = absurdity(goal)
    opened = await verifier.open(absurd) if absurd else None
    if not isinstance(opened, Goal) or len(opened.binders) != len(goal.binders):
        lost.append("contradictory: its hypotheses could not be taken apart")
        return None
    by = await proved(verifier, opened, purse, lost, "contradictory")
    if not by:
        return None
    return Finding(problem.name, "contradictory-hypotheses", "error", f"they prove False {by}")


def absurdity(goal: Goal) -> Problem | None:
    """The statement with False for its conclusion; what stands under `∀` moves with it."""
    try:
        binders, _ = source.signature(goal.statement)
    except UserError:
        return None
    below = "".join(f" ({b.name} : {b.type})" for b in under(goal))
    return Problem(f"{goal.id}.absurd", f"theorem absurd_hypotheses {binders}{below} : False",
                   goal.header)  # fmt: skip


def under(goal: Goal) -> Sequence[Binder]:
    """The binders that the signature leaves under `∀`, the last ones."""
    return goal.binders[len(goal.binders) - len(goal.intros) :] if goal.intros else ()


async def false(
    verifier: Verifier, problem: Problem, goal: Goal, purse: Purse, lost: list[str]
) -> Finding | None:
    """Is there a counterexample among small values?"""
    limits = replace(EACH, seconds=min(EACH.seconds, max(purse.left, 0.1)))
    async for tried in refutations(verifier, goal, limits, always):
        purse.pay(tried.verdict)
        if tried.verdict.proved and not tried.narrowing:
            at = tried.counterexample
            return Finding(problem.name, "false", "error", at or "its negation is proved")
        note_lost(tried.verdict, "false", lost)
        if purse.empty:
            return None
    return None


async def without_hypotheses(
    verifier: Verifier, problem: Problem, goal: Goal, purse: Purse, lost: list[str]
) -> Finding | None:
    """Is the conclusion proved by one script with every hypothesis left out?"""
    if not any(binder.prop for binder in goal.binders) or goal.intros:
        return None
    data = "".join(f" ({b.name} : {b.type})" for b in goal.binders if not b.prop)
    bare = Problem(f"{goal.id}.bare", f"theorem bare_conclusion{data} : {goal.target}", goal.header)
    opened = await verifier.open(bare)
    if not isinstance(opened, Goal) or opened.target != goal.target:
        return None
    by = await proved(verifier, opened, purse, lost, "without_hypotheses")
    if not by:
        return None
    detail = f"proved without any of them {by}"
    return Finding(problem.name, "needless-hypotheses", "warning", detail)


async def proved(
    verifier: Verifier, goal: Goal, purse: Purse, lost: list[str], question: str
) -> str:
    """The script that does it; empty if none did."""
    for script in SCRIPTS:
        if purse.empty:
            lost.append(f"{question}: no time")
            return ""
        verdict = await verifier.judge(goal, Candidate(script, "lint"), EACH)
        purse.pay(verdict)
        if verdict.proved:
            return script
        note_lost(verdict, question, lost)
    return ""


def note_lost(verdict: Verdict, question: str, lost: list[str]) -> None:
    if verdict.status == "inconclusive":
        lost.append(f"{question}: {verdict.kind}")


LEVELS: tuple[Level, ...] = ("error", "warning", "note")
