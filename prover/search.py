"""Which goal gets the next attempt, when to decompose, when to stop: decisions, no I/O.

Best-first over the goals of a problem. A goal's cost grows with every decomposition above it and
with how late its decomposer thought of it; direct proofs of a goal come before its decomposition,
and all holes of a sketch get direct attempts before any is decomposed further.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from prover.budget import reached, spent_on_goal
from prover.config import SearchConfig
from prover.estimates import worth_of_attempt, worth_of_sketch
from prover.graph import ProofGraph
from prover.graph_nodes import (
    GoalNode,
    SketchNode,
    candidate_digest,
    is_own,
    own_failures,
    sketch_digest,
)
from prover.novelty import path_cost
from prover.repair import MADE, Repair, is_mechanical
from prover.types import Candidate, Sketch

SKETCH_COST = 1.0
"""Cost of one decomposition, in units in which a goal's direct attempts lie between 0 and 1."""
LATER_SKETCH_COST = 0.35
"""What every sketch that the decomposer thought of earlier adds."""
HOLE_COST = 0.15
"""What every further open hole of the same sketch adds: all must be closed."""
FAILED_COST = 0.5
"""With `choose: holes`, what an open hole adds once PROBE attempts at it have failed."""
PROBE = 8
"""Attempts after which it is known whether a hole is a cheap one."""
RETRY_COST = 3.0
"""What a retry of an undecided candidate adds: it comes after what is new."""
MOST_REPAIRS = 4
"""Sketches made of one goal's failed proofs at most; those that leave least come first."""
REPAIR_COST = 0.2
"""What such a sketch costs beyond one that was thought of as one."""
CHANCE_COST = 1.5
"""The same where no plan was behind it: what a script of automation left when it failed."""
PATIENCE = 20
"""Attempts at a repair's hole, about a portfolio, after which its goal's model is asked again."""
REFUTE_AFTER = 6
"""Attempts at a goal after which a counterexample is looked for: what a prover can prove is mostly
proved by then, and looking costs as much as two attempts (docs/log.md)."""
REFUTING = "refuting"
"""Among what is under way for a goal: its refuter."""


@dataclass(frozen=True)
class Action:
    """Something to do for a goal."""

    kind: Literal[
        "ask-prover", "ask-decomposer", "refine", "attempt", "sketch", "refute", "exhausted"
    ]
    goal: str
    candidate: Candidate | None = None
    sketch: Sketch | None = None
    again: bool = False
    """What Lean could not decide is tried once more, under larger limits."""
    what: str = ""
    """For `exhausted`: prover or decomposer; for `refine`: whose sketch."""

    @property
    def by(self) -> str:
        """Who proposed it; of what nobody proposed, its kind."""
        proposal = self.candidate or self.sketch
        return proposal.by if proposal else self.kind

    @property
    def digest(self) -> str:
        """What stands for it in `Agenda.under_way`."""
        if self.candidate is not None:
            return candidate_digest(self.candidate)
        return sketch_digest(self.sketch) if self.sketch is not None else REFUTING


@dataclass(frozen=True)
class Option:
    """What could be done next for a goal, and how dear it is: the cheapest is done."""

    action: Action
    cost: float = 0.0
    place: int = 0
    """Of a sketch: how many its decomposer thought of before."""


@dataclass
class Asking:
    """How far the proposers of one kind have been asked: one after the other, each in stages."""

    proposer: int = 0
    stage: int = 0
    under_way: bool = False
    done: bool = False
    """All of them have said all."""

    def advance(self, stages: Sequence[int]) -> None:
        """The stage that was being asked for is over; `stages` has their number by proposer."""
        self.under_way, self.stage = False, self.stage + 1
        while self.proposer < len(stages) and self.stage >= stages[self.proposer]:
            self.proposer, self.stage = self.proposer + 1, 0
        self.done = self.proposer >= len(stages)


@dataclass
class Refining:
    """How far a decomposer has been asked to refine sketches of its own that failed."""

    most: int
    """Refinements of one goal."""
    stages: int
    """Of each: the question, then what corrects the answers."""
    begun: int = 0
    """Refinements, the one under way included."""
    stage: int = 0
    """Of the one under way the next to be asked for; 0 if none is."""
    under_way: bool = False

    def advance(self) -> None:
        self.under_way, self.begun = False, self.begun + (self.stage == 0)
        self.stage = (self.stage + 1) % self.stages


@dataclass
class Agenda:
    """What provers and decomposers have proposed for one goal; not part of the events."""

    candidates: list[Candidate] = field(default_factory=list)
    sketches: list[Sketch] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    """Sketches made of what failed, those first that leave least."""
    owed: set[str] = field(default_factory=set)
    """What they leave, as text: no two leave the same."""
    proving: Asking = field(default_factory=Asking)
    decomposing: Asking = field(default_factory=Asking)
    refining: dict[str, Refining] = field(default_factory=dict)
    """By decomposer, of those that can and have been asked for sketches."""
    under_way: set[str] = field(default_factory=set)
    """Digests of what is being tried right now."""
    undecided_sketches: set[str] = field(default_factory=set)
    """Digests of sketches of which Lean could not say whether they compile."""

    @property
    def asking(self) -> bool:
        refining = any(each.under_way for each in self.refining.values())
        return self.proving.under_way or self.decomposing.under_way or refining

    @property
    def at_work(self) -> bool:
        return bool(self.under_way) or self.asking

    def stop_asking(self) -> None:
        self.proving.under_way = self.decomposing.under_way = False
        for each in self.refining.values():
            each.under_way = False


Agendas = dict[str, Agenda]


def anything(action: Action) -> bool:
    return True


def next_action(
    graph: ProofGraph,
    problem: str,
    agendas: Agendas,
    config: SearchConfig,
    room: Callable[[Action], bool] = anything,
) -> Action | None:
    """The best thing to do now for a problem; None if there is nothing, for now or for good.

    The best for which there is `room`, that is: Lean need not wait while models are busy, nor they
    for Lean. If there is room for nothing, what would be best.
    """
    goals = graph.live_goals(problem)
    options = [o for g in goals if (o := option(graph, g, agendas, config)) is not None]
    if not options:
        return None
    possible = [o for o in options if room(o.action)] or options
    return min(possible, key=lambda o: o.cost).action


def option(graph: ProofGraph, goal: str, agendas: Agendas, config: SearchConfig) -> Option | None:
    """The goal's own next action with its cost."""
    found = step(graph, graph.goals[goal], agendas, config)
    if found is None or config.allocate == "order":
        base = goal_cost(graph, goal, config.choose) if found else 0.0
        base += path_cost(graph, goal) if found and config.states else 0.0
        return found and replace(found, cost=base + found.cost)
    return replace(found, cost=-worth(graph, found))


def step(
    graph: ProofGraph, node: GoalNode, agendas: Agendas, config: SearchConfig
) -> Option | None:
    """What to do next for this goal alone."""
    agenda = agendas.setdefault(node.goal.id, Agenda())
    if REFUTING in agenda.under_way:
        return None  # what it says decides whether anything else is of use
    if reached(spent_on_goal(node), config.goal):
        left = [what for what in ("prover", "decomposer") if what not in node.exhausted]
        return Option(Action("exhausted", node.goal.id, what=left[0])) if left else None
    if config.refute and doubtful(graph, node, agendas):
        return Option(Action("refute", node.goal.id))
    if "prover" not in node.exhausted:
        return direct(graph, node, agendas, config)
    if (late := untried(node, agenda)) is not None:  # a decomposer's model found it on its way
        return Option(Action("attempt", node.goal.id, candidate=late[1]))
    if "decomposer" in node.exhausted:
        return None
    found = decomposition(graph, node, agenda, config)
    # Nothing is known to be hopeless as long as what Lean could not decide has a try left.
    ended = found is not None and found.action.kind == "exhausted"
    return (retry(node, agenda) or found) if ended else found


def worth(graph: ProofGraph, found: Option) -> float:
    """Per second, as far as the run tells; what needs no Lean at all comes first."""
    action, goal = found.action, found.action.goal
    if action.kind in ("exhausted", "refute"):
        return math.inf
    if action.candidate is not None:
        return worth_of_attempt(graph, goal, action.candidate.by, action.again)
    if action.kind == "ask-prover":
        return worth_of_attempt(graph, goal, "")
    by = action.sketch.by if action.sketch is not None else ""
    return worth_of_sketch(graph, goal, by, found.place)


def doubtful(graph: ProofGraph, node: GoalNode, agendas: Agendas) -> bool:
    """Is it time to look for a counterexample?

    Of a problem or of what a sketch guessed; once for all goals that are the same, and at once
    where one of them was refuted.
    """
    above = graph.parent(node.goal.id)
    if above is not None and above.sketch.invertible:
        return False
    twins = graph.by_key(node.goal.problem, node.goal.key) if node.goal.key else []
    same = {node.goal.id: node, **{name: graph.goals[name] for name in twins}}
    if any(
        "refuter" in twin.exhausted or REFUTING in agendas.get(name, Agenda()).under_way
        for name, twin in same.items()
    ):
        return False
    resists = node.attempts >= REFUTE_AFTER or "prover" in node.exhausted
    return resists or any(twin.refuted for twin in same.values())


def direct(
    graph: ProofGraph, node: GoalNode, agendas: Agendas, config: SearchConfig
) -> Option | None:
    goal, agenda = node.goal.id, agendas[node.goal.id]
    if known_hopeless(graph, node):
        return Option(Action("exhausted", goal, what="prover"))
    if (found := untried(node, agenda)) is not None:
        late = 0.9 * found[0] / len(agenda.candidates)
        return Option(Action("attempt", goal, candidate=found[1]), late)
    if agenda.under_way or agenda.proving.under_way:
        return None
    if asked_before(node) and not agenda.proving.done:  # a repair comes before new samples
        if (mended := mending(node, agenda, config)) is not None:
            return mended
        if being_mended(graph, node, agendas):
            return None
    if not agenda.proving.done:
        return Option(Action("ask-prover", goal))
    return Option(Action("exhausted", goal, what="prover"))


def untried(node: GoalNode, agenda: Agenda) -> tuple[int, Candidate] | None:
    """The first candidate without an attempt, and its place among all."""
    done = node.tried | agenda.under_way
    for index, candidate in enumerate(agenda.candidates):
        if candidate_digest(candidate) not in done:
            return index, candidate
    return None


def known_hopeless(graph: ProofGraph, node: GoalNode) -> bool:
    """The same goal stands elsewhere in the problem and its prover has nothing more to say."""
    if node.attempts:
        return False
    twins = graph.by_key(node.goal.problem, node.goal.key) if node.goal.key else []
    others = [graph.goals[t] for t in twins if t != node.goal.id]
    return any("prover" in t.exhausted and t.status != "proved" for t in others)


def decomposition(
    graph: ProofGraph, node: GoalNode, agenda: Agenda, config: SearchConfig
) -> Option | None:
    goal = node.goal.id
    if node.goal.depth >= config.depth:
        ended = Option(Action("exhausted", goal, what="decomposer"))
        return None if agenda.under_way else ended
    if asked_before(node) and not agenda.proving.done:
        # Before the run was resumed provers' models answered; what they said may be sketches too.
        return None if agenda.proving.under_way else Option(Action("ask-prover", goal))
    nexts = [mending(node, agenda, config), refinement(node, agenda), thought_of(node, agenda)]
    found = [each for each in nexts if each is not None]
    if found:
        return min(found, key=lambda each: each.cost)
    if agenda.under_way or agenda.asking or to_be_refined(graph, node, agenda):
        return None
    return Option(Action("exhausted", goal, what="decomposer"))


def thought_of(node: GoalNode, agenda: Agenda) -> Option | None:
    """The next sketch by a decomposer, or to ask for it."""
    goal = node.goal.id
    for index, sketch in enumerate(agenda.sketches):
        if not is_sketched(node, agenda, sketch):
            late = SKETCH_COST + LATER_SKETCH_COST * index
            return Option(Action("sketch", goal, sketch=sketch), late, index)
    if agenda.at_work or agenda.decomposing.done:
        return None
    index = len(agenda.sketches)
    late = SKETCH_COST + LATER_SKETCH_COST * index
    return Option(Action("ask-decomposer", goal), late, index)


def refinement(node: GoalNode, agenda: Agenda) -> Option | None:
    """To ask for a better sketch than one that failed, now that it is known why.

    In a resumed run not before its model has been asked again for what is to be refined.
    """
    if agenda.at_work:
        return None
    said = {sketch.sample for sketch in agenda.sketches}
    for name, refining in agenda.refining.items():
        failed = own_failures(node, name)[refining.begun : refining.most]
        if refining.stage or (failed and failed[0].sketch.sample in said):
            late = SKETCH_COST + LATER_SKETCH_COST * refining.begun
            return Option(Action("refine", node.goal.id, what=name), late, refining.begun)
    return None


def to_be_refined(graph: ProofGraph, node: GoalNode, agenda: Agenda) -> bool:
    """May a sketch that is worked on still fail and be refined? Then not all has been said."""
    return any(
        refining.begun < refining.most and is_own(sketch.sketch, name)
        for name, refining in agenda.refining.items()
        for sketch in graph.sketches_of(node.goal.id)
        if sketch.status == "open"
    )


def is_sketched(node: GoalNode, agenda: Agenda, sketch: Sketch) -> bool:
    digest = sketch_digest(sketch)
    return digest in node.sketched | agenda.under_way | agenda.undecided_sketches


def mending(node: GoalNode, agenda: Agenda, config: SearchConfig) -> Option | None:
    """The next sketch made of a failed proof."""
    sketches = [r.made for r in agenda.repairs if isinstance(r.made, Sketch)]
    left = [s for s in sketches if not is_sketched(node, agenda, s)]
    tried = len(sketches) - len(left)
    if not left or tried >= MOST_REPAIRS or node.goal.depth >= config.depth:
        return None
    late = SKETCH_COST + repair_cost(left[0]) + LATER_SKETCH_COST * tried
    return Option(Action("sketch", node.goal.id, sketch=left[0]), late, tried)


def repair_cost(sketch: Sketch) -> float:
    if not sketch.by.startswith(MADE):
        return 0.0
    return CHANCE_COST if is_mechanical(sketch) else REPAIR_COST


def being_mended(graph: ProofGraph, node: GoalNode, agendas: Agendas) -> bool:
    """Are there holes of repairs whose first attempts are not over? What closes them need not be
    asked for again."""
    holes = [
        graph.goals[hole.goal]
        for sketch in graph.sketches_of(node.goal.id)
        if sketch.status == "open" and is_repair(sketch)
        for hole in sketch.holes
    ]
    return any(is_begun(hole, agendas.setdefault(hole.goal.id, Agenda())) for hole in holes)


def is_begun(node: GoalNode, agenda: Agenda) -> bool:
    """Its first attempts are still to come, or under way."""
    if node.status != "open" or "prover" in node.exhausted or node.attempts >= PATIENCE:
        return False
    asked = agenda.proving.proposer or agenda.proving.stage
    first = not asked or not node.attempts  # the proof store, asked first, mostly knows nothing
    return first or bool(agenda.under_way) or untried(node, agenda) is not None


def asked_before(node: GoalNode) -> bool:
    """Has a prover's model answered? Not of a goal that was given up for its likeness to another,
    whatever decomposers said of it."""
    return any(isinstance(answer, Candidate) for answer, _ in node.answers.values())


def goal_cost(graph: ProofGraph, goal: str, choose: str = "order") -> float:
    """What the path from the root to this goal costs."""
    cost, sketch = 0.0, graph.parent(goal)
    while sketch is not None:
        holes = [graph.goals[h.goal] for h in sketch.holes]
        still_open = [node for node in holes if node.status == "open"]
        cost += SKETCH_COST + later_cost(graph, sketch, choose) + HOLE_COST * (len(still_open) - 1)
        if choose == "holes":
            cost += FAILED_COST * sum(min(n.attempts, PROBE) / PROBE for n in still_open)
        sketch = graph.parent(sketch.goal)
    return cost


def later_cost(graph: ProofGraph, sketch: SketchNode, choose: str) -> float:
    """What a sketch costs for those of its goal that stand before it; repairs stand apart."""
    repaired = is_repair(sketch)
    siblings = [s for s in graph.sketches_of(sketch.goal) if is_repair(s) == repaired]
    if choose == "logprob":
        siblings = sorted(siblings, key=lambda s: likeliest_first(s.sketch.logprob))
    before = LATER_SKETCH_COST * [s.id for s in siblings].index(sketch.id)
    return before + repair_cost(sketch.sketch)


def is_repair(sketch: SketchNode) -> bool:
    return sketch.sketch.by.startswith(MADE)


def likeliest_first(logprob: float | None) -> float:
    """A sketch whose probability is unknown comes last: 0 nats would be certainty."""
    return math.inf if logprob is None else -logprob


def retry(node: GoalNode, agenda: Agenda) -> Option | None:
    """Before a goal is given up: what is undecided once more, with larger limits."""
    for digest, undecided in node.undecided.items():
        if len(undecided.kinds) < 2 and digest not in agenda.under_way:
            again = Action("attempt", node.goal.id, undecided.candidate, again=True)
            return Option(again, RETRY_COST)
    return None


def settled(graph: ProofGraph, problem: str) -> str:
    """Why nothing that might still be found of a problem matters; empty while it does."""
    node = graph.problems[problem]
    if node.contradictions:
        return f"both proved and refuted: {', '.join(node.contradictions)}"
    root = graph.goals.get(node.root)
    return f"refuted: {root.refuted}" if root is not None and root.refuted else ""


def circular(graph: ProofGraph, parent: str, keys: Collection[str]) -> bool:
    """A hole is the goal again, or a goal above it: proving it would be no progress."""
    above = {graph.goals[goal].goal.key for goal in ancestors(graph, parent)}
    return bool(above & set(keys))


def ancestors(graph: ProofGraph, goal: str) -> list[str]:
    """The goal and those above it, the nearest first."""
    found, sketch = [goal], graph.parent(goal)
    while sketch is not None:
        found.append(sketch.goal)
        sketch = graph.parent(sketch.goal)
    return found


def repeats_sketch(graph: ProofGraph, goal: str, keys: Sequence[str]) -> bool:
    """Another sketch of the goal owes exactly the same."""
    wanted = sorted(keys)
    for sketch in graph.sketches_of(goal):
        owed = sorted(graph.goals[h.goal].goal.key for h in sketch.holes)
        if owed == wanted:
            return True
    return False
