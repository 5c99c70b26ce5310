"""Provers and decomposers that ask a model: fresh samples, then corrections with Lean's word.

A goal's questions come in stages. A stage of fresh samples is followed by stages in which the model
sees what Lean said of the last ones; then twice as many fresh samples, up to the effort configured.
Behind these are refinements: a decomposer sees what became of a sketch of its own that failed.
Verifier-guided correction and adaptive sampling as in Goedel-Prover-V2 (arXiv 2508.03613, 3.2) and
Kimina-Prover; going on from the first error as in DeepSeek-Prover-V1.5 (arXiv 2408.08152, 3.2).
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from prover.citing import Shown, none_shown
from prover.config import EffortConfig, ModelConfig
from prover.digest import sha256
from prover.graph_nodes import TACTIC, GoalNode, Records, own_failures
from prover.lean.split import beginning, in_code
from prover.llm.client import Client
from prover.llm.family import Family
from prover.llm.messages import Reply, Request
from prover.llm.prompts import Answered, Asked, Fault, Prompt, correction, first_request, resume
from prover.llm.replies import parse
from prover.llm.thinking import think
from prover.llm.tools import with_tools
from prover.scripts import body
from prover.types import Candidate, Draft, Goal, Proposal, Sketch, Verdict

Purpose = Literal["sample", "correction", "resume", "sketch", "repair", "refine", "tactic"]


STAGE_NUMBERS = 1_000_000
"""Requests of one stage at most."""

Check = Callable[[str, str, str], Awaitable[str]]
"""Lean's word, for a goal and a model, on code that the model wants checked."""

Notes = Callable[[Goal], Awaitable[str]]
"""What there is to say of a goal beside its statement."""


@dataclass(frozen=True)
class Told:
    """What models are told of the Lean that is to judge them."""

    notes: str = ""
    replaced: str = ""
    """Where a header begins with this, models see `shown` in its place."""
    shown: str = ""

    def header(self, text: str) -> str:
        if not self.replaced or not text.startswith(self.replaced):
            return text
        return self.shown + text.removeprefix(self.replaced).lstrip("\n")


@dataclass(frozen=True)
class Stage:
    purpose: Purpose
    samples: int
    """Of the goal when fresh, else of each answer that it starts from."""
    since: int = 0
    """The stage whose answers are corrected or gone on with; of a refinement, which it is."""


@dataclass(frozen=True)
class Question:
    prompt: Prompt
    samples: int
    number: int = 0
    """Which of a stage's answers it starts from."""
    before: tuple[Answered, ...] = ()
    """Earlier answers that this one corrects, the oldest first."""


@dataclass(frozen=True)
class Answer:
    """What a model said, to be corrected should Lean reject it."""

    text: str
    code: str
    before: tuple[Answered, ...]


def schedule(effort: EffortConfig, family: Family) -> tuple[Stage, ...]:
    """Every stage of one goal; those that the family has no form for are left out."""
    fresh, again = FRESH[family.role]
    stages: list[Stage] = []
    left, size = effort.samples, effort.first
    while left > 0:
        stages.append(Stage(fresh, min(size, left)))
        first = len(stages) - 1
        if effort.resumes and family.resume:
            stages.append(Stage("resume", effort.resumes, first))
        for number in range(effort.corrections if family.correction else 0):
            since = first if number == 0 else len(stages) - 1
            stages.append(Stage(again, effort.correction_samples, since))
        left, size = left - size, size * 2
    return tuple(stages)


def refining(effort: EffortConfig, family: Family, first: int) -> tuple[Stage, ...]:
    """The stages of all refinements, behind the `first` others; each is corrected like any answer,
    and they are all of `refining_stages`."""
    stages: list[Stage] = []
    for number in range(effort.refinements if family.refinement else 0):
        stages.append(Stage("refine", effort.correction_samples, number))
        for _ in range(effort.corrections):
            since = first + len(stages) - 1
            stages.append(Stage("repair", effort.correction_samples, since))
    return tuple(stages)


FRESH: dict[str, tuple[Purpose, Purpose]] = {
    "prover": ("sample", "correction"),
    "decomposer": ("sketch", "repair"),
    "tactic": ("tactic", "correction"),
}
"""By a family's role: what a fresh answer is, and one that corrects another."""


class ModelProposer:
    """A model as a prover or, where its family is one of decomposers, as a decomposer."""

    remote = True

    def __init__(
        self,
        name: str,
        config: ModelConfig,
        family: Family,
        client: Client,
        told: Told | None = None,
        informal: Mapping[str, str] | None = None,
        check: Check | None = None,
        premises: Notes | None = None,
        shown: Shown = none_shown,
    ) -> None:
        """`informal` has the problems' own words; `check` is what a model may call in the middle of
        an answer, if its effort allows it; `premises` says what the library has for a goal,
        `shown` what is proved already and may be cited."""
        self.name, self._config, self._family, self._client = name, config, family, client
        self._told, self._informal = told or Told(), informal or {}
        self._premises, self._shown = premises, shown
        self._check = check if config.effort.tool_calls and family.mode == "chat" else None
        fresh = schedule(config.effort, family)
        self.stages = len(fresh)
        self._schedule = (*fresh, *refining(config.effort, family, len(fresh)))
        self.refinements = config.effort.refinements if family.refinement else 0
        """How many of a goal's failed sketches it refines, in the stages behind the others."""
        self.refining_stages = 1 + config.effort.corrections
        """Of one refinement."""
        self._answers: dict[str, dict[str, Answer]] = {}
        """By goal, then by sample: what later stages may start from."""

    async def propose(
        self, node: GoalNode, stage: int, records: Records | None = None
    ) -> AsyncGenerator[Sequence[Proposal], None]:
        """Each answer as soon as it is there. Raises ModelError if the model cannot be asked."""
        told = await self._told_of(node.goal)
        questions = self._questions(node, self._schedule[stage], told)
        requests = [
            (question, request)
            for question in questions
            for request in self._requests(node.goal, stage, question)
        ]
        asked = [asyncio.ensure_future(self._ask(*each)) for each in requests]
        try:
            for done in asyncio.as_completed(asked):
                question, request, reply = await done
                yield list(self._drafts(node.goal, stage, question, request, reply))
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def forget(self, goal: str) -> None:
        self._answers.pop(goal, None)

    async def _ask(self, question: Question, request: Request) -> tuple[Question, Request, Reply]:
        effort = self._config.effort
        if self._family.thinking and (effort.waits or effort.thinking_tokens):
            reply = await think(self._client, self._family.thinking, request, effort)
        elif self._check is not None:
            use = functools.partial(self._check, request.goal, self.name)
            reply = await with_tools(self._client, request, use, effort.tool_calls)
        else:
            reply = await self._client.sample(request)
        return question, request, reply

    def _questions(self, node: GoalNode, stage: Stage, asked: Asked) -> Iterator[Question]:
        if stage.purpose in ("sample", "sketch", "tactic"):
            yield Question(first_request(self._family, asked), stage.samples)
            return
        if stage.purpose == "refine":
            yield from self._refined(node, stage, asked)
            return
        for number, answer, verdict, proposal in self._rejected(node, stage.since):
            if stage.purpose == "resume":
                prompt = going_on(self._family, asked, answer, verdict, proposal)
                if prompt is not None:
                    yield Question(prompt, stage.samples, number)
                continue
            faults = (fault(verdict, proposal),) if answer.code else ()
            before = (*answer.before, Answered(answer.text, answer.code, faults))
            yield Question(correction(self._family, asked, before), stage.samples, number, before)

    def _refined(self, node: GoalNode, stage: Stage, asked: Asked) -> Iterator[Question]:
        """Of the sketch that failed as the `since`-th, which a resumed run finds again."""
        failed = own_failures(node, self.name)[stage.since]
        answer = self._answers.get(node.goal.id, {}).get(failed.sketch.sample)
        if answer is not None:
            before = (*answer.before, Answered(answer.text, answer.code, steps=failed.steps))
            yield Question(correction(self._family, asked, before), stage.samples, before=before)

    def _rejected(
        self, node: GoalNode, stage: int
    ) -> Iterator[tuple[int, Answer, Verdict, Candidate | Sketch]]:
        """The stage's answers that Lean rejected; what it could not decide is left alone.

        Each with its number among all of the stage, so that a resumed run, which may know more of
        them, asks the same of each.
        """
        answers = self._answers.get(node.goal.id, {}).items()
        of_stage = [(sample, answer) for sample, answer in answers if stage_of(sample) == stage]
        for number, (sample, answer) in enumerate(of_stage):
            found = node.answers.get(sample)
            if found and found[1].status == "rejected":
                yield number, answer, found[1], found[0]

    async def _told_of(self, goal: Goal) -> Asked:
        found = await self._premises(goal) if self._premises else ""
        notes = "\n\n".join(text for text in (self._told.notes, found) if text)
        lemmas = tuple(self._shown(goal, self.name))
        asked = Asked.of(goal, self._informal.get(goal.id, ""), lemmas, notes)
        return replace(asked, header=self._told.header(goal.header))

    def _requests(self, goal: Goal, stage: int, question: Question) -> Iterator[Request]:
        """One for each sample, so that the first success stops the rest; or one for all."""
        config, purpose = self._config, self._schedule[stage].purpose
        each = 1 if config.effort.early_stop else question.samples
        for index in range(question.samples // each):
            position = stage * STAGE_NUMBERS + question.number * question.samples + index
            sampling = self._family.sampled(
                each,
                seed_of(config.seed, goal.id, position),
                config.temperature,
                config.top_p,
                config.max_tokens,
            )
            request = question.prompt.request(self.name, sampling)
            yield replace(request, goal=goal.id, purpose=purpose, number=position)

    def _drafts(
        self, goal: Goal, stage: int, question: Question, request: Request, reply: Reply
    ) -> Iterator[Proposal]:
        by = f"{self.name}:{request.purpose}"
        for index, sample in enumerate(reply.samples):
            place = request.number % STAGE_NUMBERS
            name = f"{goal.id}#{self.name}.{stage}.{place}.{index}"
            parsed = parse(self._family, question.prompt, sample.text, sample.finish)
            answer = Answer(sample.text, parsed.code, question.before)
            self._answers.setdefault(goal.id, {})[name] = answer
            if not parsed.code:
                continue
            if self._family.role == "tactic":
                yield Candidate(body(goal, parsed.code), by, sample=name)
            else:
                yield Draft(parsed.code, by, name, parsed.plan, sample.logprob)


def stage_of(sample: str) -> int:
    return int(sample.rsplit(".", 3)[1])


def seed_of(base: int | None, goal: str, position: int) -> int | None:
    """Different for every request of a run, the same in every run."""
    return None if base is None else int(sha256(f"{base}/{goal}/{position}")[:8], 16) >> 1


def step_sketch(candidate: Candidate, verdict: Verdict) -> Sketch | None:
    """A tactic that was no whole proof is a step: what it leaves is owed, goal by goal.

    Should it have failed itself, or leave more than Lean prints, the sketch will not compile.
    """
    if not candidate.by.endswith(TACTIC) or verdict.failing is None:
        return None
    owed = "".join("\n  · sorry" for _ in verdict.failing.goals)
    return Sketch(candidate.body + owed, candidate.by, candidate.sample) if owed else None


def fault(verdict: Verdict, proposal: Candidate | Sketch) -> Fault:
    """Lean's word on a body, at its place in the model's code."""
    lemmas = proposal.lemmas if isinstance(proposal, Candidate) else ()
    at = beginning(verdict, lemmas, proposal.at)
    line, column = in_code(at, verdict.line, verdict.column)
    goals = verdict.failing.goals if verdict.failing else ()
    return Fault(line, column + 1, verdict.reason, goals)


def going_on(
    family: Family, asked: Asked, answer: Answer, verdict: Verdict, proposal: Candidate | Sketch
) -> Prompt | None:
    """Keep what Lean took before the first error; nothing to keep is nothing to go on from."""
    if verdict.failing is None or verdict.failing.line < 2 or not answer.code:
        return None
    line, column = in_code(proposal.at, verdict.failing.line, verdict.failing.column)
    lines = answer.code.split("\n")
    prefix = "\n".join([*lines[: line - 1], lines[line - 1][:column]]) if line <= len(lines) else ""
    if not prefix.strip():
        return None
    return resume(family, asked, prefix, "\n\n".join(verdict.failing.goals))
