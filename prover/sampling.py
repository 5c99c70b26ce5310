"""pass@k's own kind of run: so many fresh samples of each problem, every one of them judged.

A campaign stops at a problem's first proof, which makes the number of samples depend on what they
are worth; here it is fixed beforehand. No decomposition, no correction, no store. The events are
those of a campaign, so whatever reads a run reads this one; equal answers are judged once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, replace

from prover.campaign import Campaign, Trying, Watch, nobody, untold
from prover.config import RunConfig
from prover.errors import UserError
from prover.graph import ProofGraph
from prover.graph_nodes import candidate_digest
from prover.lean.drafts import read_candidate
from prover.lean.verifier import Verifier
from prover.llm.messages import Reply, Request
from prover.models import STAGE_NUMBERS, ModelProposer
from prover.proof_store import ProofStore
from prover.proposing import Hooks, Maker, Proposers
from prover.store import RunStore
from prover.tasks import Attempts
from prover.types import Candidate, Draft, Problem, Proposal, Verdict


def sampling_config(config: RunConfig, samples: int) -> RunConfig:
    """The same models, each asked for so many samples at once. Raises UserError without models."""
    models = [name for name in config.prover if name in config.models]
    if not models:
        raise UserError(
            "--samples draws from models, and `prover` names none: the portfolio's scripts are all"
            " different, so pass@k has no meaning for it; name a model with --config"
        )
    values = config.model_dump()
    effort = {"samples": samples, "first": samples, "corrections": 0, "resumes": 0}
    for name in models:
        values["models"][name]["effort"].update(effort)
    values.update(prover=models, decomposer=["none"])
    values["search"].update(store="none", states=False, depth=0, refute=False)
    return RunConfig.model_validate(values)


async def run_sampling(
    config: RunConfig,
    problems: Sequence[Problem],
    store: RunStore,
    verifier: Verifier,
    watch: Watch = nobody,
    proposers: Maker | None = None,
    proofs: ProofStore | None = None,
    trying: Trying = untold,
) -> ProofGraph:
    """Run or resume; the configuration is one that `sampling_config` made. The arguments are those
    of `run_campaign`; there are no `proofs` to look anything up in, or to add to.

    Raises InfrastructureError if Lean, or a model, cannot be asked any more.
    """
    assert proposers is not None and proofs is None  # there are models, and no store
    run = Sampling(config, store, verifier, watch, proposers)
    run.trying = trying
    return await run.run(problems)


class Sampling(Campaign):
    """A campaign that only draws."""

    def __init__(
        self, config: RunConfig, store: RunStore, verifier: Verifier, watch: Watch, maker: Maker
    ) -> None:
        self.models: list[ModelProposer] = []
        self.drawn: dict[str, dict[str, int]] = {}
        """By goal, then by the part of a sample's name that its request gives: how many there
        were."""

        def kept(hooks: Hooks) -> Proposers:
            made = maker(hooks)
            self.models = [p for p in made.provers if isinstance(p, ModelProposer)]
            return made

        super().__init__(config, store, verifier, watch, kept)

    async def loop(self) -> None:
        todo = [name for name, node in self.graph.problems.items() if not node.outcome]
        async with Attempts[None](self.lean_room) as attempts:
            for name in todo:
                await attempts.start(self.problem(name), key=name)
            while await attempts.progress():
                pass

    async def problem(self, name: str) -> None:
        if not self.graph.problems[name].root:
            await self.open(name)
        if self.graph.problems[name].outcome:
            return
        for model in self.models:
            await self.draw(name, model)
        if self.graph.problem_state(name) == "proved":
            await self.finish(name)
        else:
            self.emit("closed", problem=name, outcome="unproved", reason="all samples are judged")

    async def draw(self, goal: str, model: ModelProposer) -> None:
        """All of a model's samples; what is no code at all is a sample too."""
        known: dict[str, Verdict] = {}
        async with aclosing(model.propose(self.graph.goals[goal], 0)) as stream:
            async for batch in stream:
                for proposal in batch:
                    await self.judge(goal, proposal, known)
        by = f"{model.name}:sample"
        for request, count in self.drawn.pop(goal, {}).items():
            for sample in (f"{request}.{index}" for index in range(count)):
                if sample not in self.graph.goals[goal].answers:
                    none = Verdict("rejected", "there is no code in the answer", "parse")
                    self.judged(goal, Candidate("", by, sample=sample), none)

    def book(self, request: Request, reply: Reply, how: str) -> None:
        super().book(request, reply, how)
        stage, place = divmod(request.number, STAGE_NUMBERS)
        name = f"{request.goal}#{request.model}.{stage}.{place}"
        self.drawn.setdefault(request.goal, {})[name] = len(reply.samples)

    async def judge(self, goal: str, proposal: Proposal, known: dict[str, Verdict]) -> None:
        """Unless the run that is resumed has judged it already."""
        if proposal.sample in self.graph.goals[goal].answers:
            return
        node = self.graph.goals[goal]
        candidate: Candidate | Verdict = Verdict("rejected", "it is no proof", "parse")
        if isinstance(proposal, Candidate):
            candidate = proposal
        elif isinstance(proposal, Draft):
            split = await self.verifier.split(node.goal, proposal.code)
            candidate = read_candidate(split, node.goal, proposal)
        if isinstance(candidate, Verdict):
            self.judged(goal, Candidate("", proposal.by, sample=proposal.sample), candidate)
            return
        digest = candidate_digest(candidate)
        if digest in known:
            verdict = replace(known[digest], seconds=0.0, heartbeats=0, reused="shared")
            self.judged(goal, candidate, verdict)
        else:
            known[digest] = await self.decide(goal, candidate)

    async def decide(self, goal: str, candidate: Candidate) -> Verdict:
        """What Lean cannot decide it is asked again, with twice the limits."""
        limits, of = self.config.limits.limits(), self.graph.goals[goal].goal
        for scale in (1.0, 2.0):
            verdict = await self.verifier.judge(of, candidate, limits.scaled(scale))
            self.judged(goal, candidate, verdict)
            if verdict.status != "inconclusive":
                break
        return verdict

    def judged(self, goal: str, candidate: Candidate, verdict: Verdict) -> None:
        self.emit("attempt", goal=goal, candidate=asdict(candidate), verdict=asdict(verdict))
