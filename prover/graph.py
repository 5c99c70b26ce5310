"""The AND/OR proof graph: a pure reducer over a run's events (design decision 6).

Goals are OR nodes, sketches AND nodes, edges run goal -> sketch -> goal. After every event:

- a goal is proved iff it has a witness: a candidate, or a sketch that is itself proved;
- a sketch is proved iff all its holes are, and dead iff one of them is dead;
- a goal is dead iff it was refuted, or it has no witness, prover and decomposer are exhausted,
  and all its sketches are dead; everything else is open;
- a witness never changes once it is found, so what is proved stays proved; what is refuted stays
  dead. A goal that is both keeps what came first, and its problem has a contradiction.

Statuses are kept up to date by walking upward from what an event touched. No I/O, no clock:
folding the same events gives equal graphs, and a prefix can be folded further.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from prover.diagnosis import diagnosis
from prover.errors import UserError, boundary
from prover.graph_nodes import (
    EXHAUSTIBLE,
    NEGATION_PROVED,
    PROPOSERS,
    Expansion,
    GoalNode,
    NodeStatus,
    ProblemNode,
    ProblemState,
    Record,
    Records,
    SketchNode,
    Spending,
    Totals,
    Undecided,
    candidate_digest,
    carrier,
    inconclusive_kinds,
    is_single_tactic,
    outcome,
    sketch_digest,
)
from prover.ledger import Ledger, seconds_of
from prover.llm.messages import Usage
from prover.message_heads import head
from prover.types import Candidate, Event, Goal, Hole, Problem, Sketch, Verdict


@dataclass
class ProofGraph:
    problems: dict[str, ProblemNode] = field(default_factory=dict)
    goals: dict[str, GoalNode] = field(default_factory=dict)
    sketches: dict[str, SketchNode] = field(default_factory=dict)
    network: nx.DiGraph[str] = field(default_factory=nx.DiGraph, compare=False, repr=False)
    """The ids as nodes; it says nothing that `goals` and `sketches` do not."""
    keys: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    records: Records = field(default_factory=dict)
    """What came of each way to prove goals, over all problems."""
    holes: Record = field(default_factory=Record)
    """Of the goals that sketches left: how many there are, how many are proved, at what cost."""
    spending: Spending = field(default_factory=Spending)
    ledger: Ledger = field(default_factory=Ledger, repr=False)
    """The same by problem, goal and stage."""
    config_digest: str = ""
    lean: str = ""
    python: str = ""
    elapsed: float = 0.0
    """Seconds between the events so far, leaving out the pauses before a resume."""
    last_time: float | None = None
    finished: bool = False
    dropped: int = 0
    """Attempts and sketches not wanted any more when a worker was free, as far as was told."""

    @classmethod
    def of(cls, events: Iterable[Event]) -> ProofGraph:
        graph = cls()
        for event in events:
            graph.apply(event)
        return graph

    def apply(self, event: Event) -> None:
        """Add one fact. Raises UserError for an event that does not fit those before it."""
        reducer = REDUCERS.get(event.type)
        if reducer is None:
            known = ", ".join(REDUCERS)
            raise UserError(f"unknown event type {event.type!r}; this version knows {known}")
        self._tick(event)
        with boundary(UserError, f"an event of type {event.type} is malformed"):
            reducer(self, event.data)
            self.ledger.apply(event, self.elapsed)

    # Queries

    def live_goals(self, problem: str) -> list[str]:
        """Open goals that can still matter, nearest the root first.

        Reached from the root through open nodes only, inner goals included.
        """
        root = self.problems[problem].root
        queue = [root] if root and self.goals[root].status == "open" else []
        for goal in queue:
            for sketch in self.open_sketches(goal):
                holes = dict.fromkeys(hole.goal for hole in self.sketches[sketch].holes)
                queue += [hole for hole in holes if self.goals[hole].status == "open"]
        return queue

    def live_leaves(self, problem: str) -> list[str]:
        """The live goals that no open sketch is working on."""
        return [goal for goal in self.live_goals(problem) if not self.open_sketches(goal)]

    def open_sketches(self, goal: str) -> list[str]:
        return [s for s in self.network.successors(goal) if self.sketches[s].status == "open"]

    def sketches_of(self, goal: str) -> list[SketchNode]:
        return [self.sketches[sketch] for sketch in self.network.successors(goal)]

    def parent(self, goal: str) -> SketchNode | None:
        """The sketch whose hole the goal is; None for a root."""
        return next((self.sketches[s] for s in self.network.predecessors(goal)), None)

    def siblings(self, goal: str) -> list[str]:
        """The other goals of the same sketch."""
        sketch = self.parent(goal)
        others = self.network.successors(sketch.id) if sketch else ()
        return [other for other in others if other != goal]

    def by_key(self, problem: str, key: str) -> list[str]:
        """Goals of a problem with this canonical key: a proof of one is a hint for the others."""
        return list(self.keys.get((problem, key), ()))

    def problem_state(self, problem: str) -> ProblemState:
        node = self.problems[problem]
        if node.unsupported is not None:
            return "unsupported"
        if not node.root:
            return "new"
        if node.assembled is not None and node.assembled.proved and not node.contradictions:
            return "verified"
        return self.goals[node.root].status

    def is_tried(self, goal: str, candidate: Candidate) -> bool:
        """True if an attempt of these bodies has finished, whoever proposed them."""
        return candidate_digest(candidate) in self.goals[goal].tried

    def below(self, goal: str) -> list[str]:
        """The goal and every goal under it, proved or not, nearest first."""
        names = [goal, *(name for _, name in nx.bfs_edges(self.network, goal))]
        return [name for name in names if name in self.goals]

    def proof_order(self, goal: str) -> list[str]:
        """The goals that the chosen proof uses, children before parents, ending in the goal."""
        node = self.goals[goal]
        if node.status != "proved":
            raise UserError(f"the goal {goal} has no proof to take apart: it is {node.status}")
        if not isinstance(node.proof, str):
            return [goal]
        holes = sorted(self.sketches[node.proof].holes, key=lambda hole: hole.start)
        below = [name for hole in holes for name in self.proof_order(hole.goal)]
        return [*dict.fromkeys(below), goal]

    def totals(self, problem: str | None = None) -> Totals:
        """What was spent on one problem, or on all of them."""
        nodes = [self.problems[problem]] if problem is not None else list(self.problems.values())
        tally: Counter[tuple[str, str]] = Counter()
        for node in nodes:
            tally += self.tally(node.problem.name)
        return Totals(
            sum(node.attempts for node in nodes),
            sum(node.sketches for node in nodes),
            sum(node.seconds for node in nodes),
            inconclusive_kinds(tally),
            sum((node.reused for node in nodes), Counter()),
        )

    def usage(self) -> Usage:
        """What all models were asked and said."""
        return self.spending.usage

    def tally(self, problem: str) -> Counter[tuple[str, str]]:
        """(by, outcome) counts over all goals of a problem."""
        root = self.problems[problem].root
        total: Counter[tuple[str, str]] = Counter()
        for goal in self.below(root) if root else ():
            total.update(self.goals[goal].tally)
        return total

    # The reducer

    def _tick(self, event: Event) -> None:
        if self.last_time is not None and event.type != "run_started":
            self.elapsed += max(0.0, event.time - self.last_time)
        self.last_time = event.time

    def _run_started(self, data: dict[str, Any]) -> None:
        self.config_digest, self.lean = str(data["config_digest"]), str(data["lean"])
        self.python, self.finished = str(data["python"]), False

    def _problem_added(self, data: dict[str, Any]) -> None:
        problem = carrier(Problem, data["problem"])
        if problem.name in self.problems:
            raise UserError(f"the problem {problem.name} was added twice")
        self.problems[problem.name] = ProblemNode(problem)

    def _unsupported(self, data: dict[str, Any]) -> None:
        node = self._problem(data)
        node.unsupported = str(data["reason"])
        self._spend_whole(node, seconds_of(data))

    def _goal_opened(self, data: dict[str, Any]) -> None:
        goal = carrier(Goal, data["goal"])
        node = self._problem({"problem": goal.problem})
        if node.root:
            raise UserError(f"the problem {goal.problem} has two root goals")
        self._add_goal(goal)
        node.root = goal.id
        self._spend_whole(node, seconds_of(data))

    def _attempt(self, data: dict[str, Any]) -> None:
        node = self._goal(data)
        candidate = carrier(Candidate, data["candidate"])
        verdict = carrier(Verdict, data["verdict"])
        self._record_attempt(node, candidate, verdict)
        self._record_step(node, candidate, ())
        self.problems[node.goal.problem].attempts += 1
        self.spending.attempts += 1
        if verdict.reused:
            self.problems[node.goal.problem].reused[verdict.reused] += 1
        self.records.setdefault(candidate.by, Record()).add(verdict, verdict.proved)
        self._spend(node, verdict.seconds)
        self._record_answer(node, candidate, verdict)
        if verdict.proved and node.refuted:
            self._contradiction(node)
        elif verdict.proved and node.proof is None:
            node.proof, node.verdict = candidate, verdict
            self._settle(node.goal.id)

    def _sketch(self, data: dict[str, Any]) -> None:
        node = self._goal(data)
        sketch, verdict = carrier(Sketch, data["sketch"]), carrier(Verdict, data["verdict"])
        self.problems[node.goal.problem].sketches += 1
        self.spending.attempts += 1
        self._spend(node, verdict.seconds)
        self.records.setdefault(sketch.by, Record()).add(verdict, won=False)
        self._record_answer(node, sketch, verdict)
        node.tally[sketch.by, outcome(verdict, "compiled")] += 1
        if verdict.status != "inconclusive":
            node.sketched.add(sketch_digest(sketch))
        self._record_step(node, sketch, data["goals"])
        if verdict.proved:
            self._add_sketch(str(data["sketch_id"]), node, sketch, verdict, data)
        else:
            node.failed_sketches += 1

    def _sampled(self, data: dict[str, Any]) -> None:
        node = self._goal(data)
        asked = self.problems[node.goal.problem].asked
        key = str(data["model"]), str(data["purpose"])
        usage = Usage(**data["usage"])
        asked[key] = asked.get(key, Usage()) + usage
        node.asked += usage
        self.spending.usage += usage

    def _checked(self, data: dict[str, Any]) -> None:
        node, verdict = self._goal(data), carrier(Verdict, data["verdict"])
        node.tally[str(data["by"]), outcome(verdict, "checked")] += 1
        self._spend(node, verdict.seconds)

    def _conjectures(self, data: dict[str, Any]) -> None:
        """Thought of, tried, shown to a model: `conjecture_pool` keeps them, here they cost."""
        node = self._goal(data)
        if "verdict" in data:
            self._spend(node, carrier(Verdict, data["verdict"]).seconds)

    def _refutation(self, data: dict[str, Any]) -> None:
        node, verdict = self._goal(data), carrier(Verdict, data["verdict"])
        candidate = carrier(Candidate, data["candidate"])
        node.tally[candidate.by, outcome(verdict, "refuted")] += 1
        self._spend(node, verdict.seconds)
        if verdict.proved:
            node.refuted = node.refuted or str(data["counterexample"]) or NEGATION_PROVED
            if node.proof is not None:
                self._contradiction(node)
            self._settle(node.goal.id)

    def _spent(self, data: dict[str, Any]) -> None:
        if not data["goal"]:
            self._spend_whole(self._problem(data), seconds_of(data))
        else:
            self._spend(self._goal(data), seconds_of(data))

    def _exhausted(self, data: dict[str, Any]) -> None:
        node = self._goal(data)
        if data["what"] not in EXHAUSTIBLE:
            known = ", ".join(sorted(EXHAUSTIBLE))
            raise UserError(f"{data['what']!r} cannot be exhausted, only {known}")
        node.exhausted.add(data["what"])
        self._settle(node.goal.id)

    def _assembled(self, data: dict[str, Any]) -> None:
        node, verdict = self._problem(data), carrier(Verdict, data["verdict"])
        node.assembled, node.file, node.lean = verdict, str(data["file"]), self.lean
        self._spend_whole(node, verdict.seconds)
        if verdict.proved and node.verified_at is None:
            node.verified_at = self.elapsed

    def _disagreement(self, data: dict[str, Any]) -> None:
        self._problem(data).disagreement = True

    def _closed(self, data: dict[str, Any]) -> None:
        node = self._problem(data)
        node.outcome, node.reason = str(data["outcome"]), str(data["reason"])

    def _interrupted(self, data: dict[str, Any]) -> None:
        self.finished = False
        self.dropped += int(data.get("dropped", 0))

    def _run_finished(self, data: dict[str, Any]) -> None:
        self.finished = True
        self.dropped += int(data.get("dropped", 0))

    # Parts of the reducer

    def _problem(self, data: dict[str, Any]) -> ProblemNode:
        if data["problem"] not in self.problems:
            raise UserError(f"an event names the unknown problem {data['problem']}")
        return self.problems[data["problem"]]

    def _goal(self, data: dict[str, Any]) -> GoalNode:
        if data["goal"] not in self.goals:
            raise UserError(f"an event names the unknown goal {data['goal']}")
        return self.goals[data["goal"]]

    def _contradiction(self, node: GoalNode) -> None:
        known = self.problems[node.goal.problem].contradictions
        if node.goal.id not in known:
            known.append(node.goal.id)

    def _record_attempt(self, node: GoalNode, candidate: Candidate, verdict: Verdict) -> None:
        digest = candidate_digest(candidate)
        node.attempts += 1
        node.tally[candidate.by, outcome(verdict, "proved")] += 1
        if verdict.status == "rejected":
            node.rejections[candidate.by, verdict.kind, head(verdict.reason)] += 1
        if verdict.status != "inconclusive":
            node.undecided.pop(digest, None)
        elif digest in node.undecided or digest not in node.tried:
            before = node.undecided.get(digest, Undecided(candidate, ()))
            kinds = (*before.kinds, outcome(verdict, "proved"))
            node.undecided[digest] = Undecided(before.candidate, kinds)
        node.tried.add(digest)

    def _record_step(self, node: GoalNode, tried: Candidate | Sketch, goals: Iterable[Any]) -> None:
        """`goals` are those that it leads to: they are not in the graph yet."""
        if is_single_tactic(tried.by):
            keys = {carrier(Goal, goal).key for goal in goals}
            new = any((node.goal.problem, key) not in self.keys for key in keys)
            node.expansions.append(Expansion(self.spending.attempts, new))

    def _record_answer(self, node: GoalNode, answer: Candidate | Sketch, verdict: Verdict) -> None:
        """Of an answer that is a proof and a sketch at once, the word on the proof stands."""
        before = node.answers.get(answer.sample)
        as_proof = before is not None and isinstance(before[0], Candidate)
        if answer.sample and (isinstance(answer, Candidate) or not as_proof):
            node.answers[answer.sample] = answer, verdict

    def _spend(self, node: GoalNode, seconds: float) -> None:
        node.seconds += seconds
        if node.goal.depth:
            self.holes.seconds += seconds
        self._spend_whole(self.problems[node.goal.problem], seconds)

    def _spend_whole(self, node: ProblemNode, seconds: float) -> None:
        """On a problem, for no goal in particular."""
        node.seconds += seconds
        self.spending.seconds += seconds

    def _new_id(self, name: str) -> None:
        if not name or name in self.network:
            raise UserError(f"the id {name!r} is empty or used twice in the proof graph")

    def _add_goal(self, goal: Goal) -> None:
        self._new_id(goal.id)
        self.goals[goal.id] = GoalNode(goal)
        self.keys.setdefault((goal.problem, goal.key), []).append(goal.id)
        self.holes.tries += goal.depth > 0
        self.network.add_node(goal.id)

    def _add_sketch(
        self, name: str, node: GoalNode, sketch: Sketch, verdict: Verdict, data: dict[str, Any]
    ) -> None:
        holes = tuple(carrier(Hole, hole) for hole in data["holes"])
        goals = [carrier(Goal, goal) for goal in data["goals"]]
        if {hole.goal for hole in holes} != {goal.id for goal in goals}:
            raise UserError(f"the holes of sketch {name} are not its goals")
        if any(goal.problem != node.goal.problem for goal in goals):
            raise UserError(f"the sketch {name} has goals of another problem")
        self._new_id(name)
        self.sketches[name] = SketchNode(name, node.goal.id, sketch, verdict, holes)
        self.network.add_edge(node.goal.id, name)
        for goal in goals:
            self._add_goal(goal)
            self.network.add_edge(name, goal.id)
        self._settle_sketch(self.sketches[name])
        self._settle(node.goal.id)

    def _settle(self, goal: str) -> None:
        """Bring the goal's status up to date, and whatever above it that changes."""
        pending = [goal]
        while pending:
            node = self.goals[pending.pop()]
            status = self._goal_status(node)
            if status != node.status:
                node.status = status
                self.holes.wins += status == "proved" and node.goal.depth > 0
                above = self.parent(node.goal.id)
                if above is not None and self._settle_sketch(above):
                    pending.append(above.goal)

    def _settle_sketch(self, node: SketchNode) -> bool:
        """Bring a sketch's status up to date; True if it changed. A first proof is a witness."""
        before, node.status = node.status, self._sketch_status(node)
        parent = self.goals[node.goal]
        if node.status == "proved" and parent.refuted and before != "proved":
            self._contradiction(parent)
        elif node.status == "proved" and parent.proof is None:
            parent.proof = node.id
        if node.status == "proved" and before != "proved":
            self.records[node.sketch.by].wins += 1
        if node.status == "dead" and before != "dead":
            parent.failures.append(diagnosis(node, self.goals))
        return node.status != before

    def _goal_status(self, node: GoalNode) -> NodeStatus:
        if node.proof is not None:
            return "proved"
        if node.refuted:
            return "dead"
        sketches = self.sketches_of(node.goal.id)
        spent = node.exhausted >= PROPOSERS and all(s.status == "dead" for s in sketches)
        return "dead" if spent else "open"

    def _sketch_status(self, node: SketchNode) -> NodeStatus:
        holes = {self.goals[hole.goal].status for hole in node.holes}
        if "dead" in holes:
            return "dead"
        return "open" if "open" in holes else "proved"


REDUCERS: dict[str, Callable[[ProofGraph, dict[str, Any]], None]] = {
    "run_started": ProofGraph._run_started,
    "problem_added": ProofGraph._problem_added,
    "unsupported": ProofGraph._unsupported,
    "goal_opened": ProofGraph._goal_opened,
    "attempt": ProofGraph._attempt,
    "sketch": ProofGraph._sketch,
    "sampled": ProofGraph._sampled,
    "checked": ProofGraph._checked,
    "conjectured": ProofGraph._conjectures,
    "conjecture": ProofGraph._conjectures,
    "lemmas_shown": ProofGraph._conjectures,
    "refutation": ProofGraph._refutation,
    "spent": ProofGraph._spent,
    "exhausted": ProofGraph._exhausted,
    "assembled": ProofGraph._assembled,
    "disagreement": ProofGraph._disagreement,
    "closed": ProofGraph._closed,
    "interrupted": ProofGraph._interrupted,
    "run_finished": ProofGraph._run_finished,
}
