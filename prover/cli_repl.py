"""`prover repl`: a proof by hand, one tactic at a time, on a terminal.

The line is read by the main thread while no event loop runs, so that Ctrl-C and line editing are
those of the terminal; each question to Lean is one run of the loop.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from prover.cli_lean import without_imports
from prover.cli_output import OK, data, display, error, note
from prover.cli_run import as_problem
from prover.config import LeanConfig
from prover.errors import UserError, WorkerError
from prover.lean.pool import Worker
from prover.lean.protocol import Reply
from prover.lean.verifier import Verifier
from prover.session import open_lean
from prover.types import Problem

HELP = "a tactic | undo | show | :q to leave | :new for another statement"
HEARTBEATS = 200_000
SECONDS = 60.0


@dataclass
class Proof:
    """A proof under way: what has been done, and Lean's handle of each state."""

    problem: Problem
    tactics: list[str] = field(default_factory=list)
    states: list[int] = field(default_factory=list)
    goals: list[list[str]] = field(default_factory=list)

    def push(self, reply: Reply) -> None:
        self.states.append(int(reply["state"]))
        self.goals.append([str(goal) for goal in reply["goals"]])

    def text(self) -> str:
        lines = "\n".join("  " + line for tactic in self.tactics for line in tactic.split("\n"))
        return f"{self.problem.header}{self.problem.statement} := by\n{lines}\n"


def repl(header: str) -> int:
    """Statements and tactics until `:q` or the end of input."""
    header = without_imports(header, "--header")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            with display() as shown:
                opening = open_lean(LeanConfig(), 2, shown.setup)
                verifier = runner.run(stack.enter_async_context(opening))
                session = Repl(runner, verifier, header)
            note(f"Lean {verifier.facts.lean}. {HELP}")
            session.loop()
        finally:
            runner.run(stack.aclose())
    return OK


class Repl:
    """One worker holds the states of the proof; the pool's other one certifies what is done."""

    def __init__(self, runner: asyncio.Runner, verifier: Verifier, header: str) -> None:
        self._runner, self._verifier = runner, verifier
        self._header = header
        self._proof: Proof | None = None
        self._held = AsyncExitStack()
        self._worker = self.take_worker()

    def take_worker(self) -> Worker:
        """A worker of our own, in place of the one held before."""
        self._runner.run(self._held.aclose())
        return self._runner.run(self._held.enter_async_context(self._verifier.pool.worker()))

    def loop(self) -> None:
        while True:
            try:
                line = input("tactic> " if self._proof else "statement> ").strip()
            except EOFError:
                return
            if line in (":q", ":quit"):
                return
            if line:
                self.handle(line)

    def handle(self, line: str) -> None:
        """One line of input; what is wrong with it is said and changes nothing."""
        try:
            if line in (":h", ":help", "help"):
                note(HELP)
            elif line == ":new":
                self._proof = None
            elif self._proof is None:
                self.start(line)
            elif line == "undo":
                self.undo(self._proof)
            elif line == "show":
                data(self._proof.text())
            else:
                self.step(self._proof, line)
        except UserError as exc:
            error(str(exc))

    def start(self, line: str) -> None:
        proof = Proof(as_problem(line, self._header))
        proof.push(self.begin(proof.problem))
        self._proof = proof
        show_goals(proof.goals[-1])

    def step(self, proof: Proof, tactic: str) -> None:
        reply = self.apply(proof.states[-1], tactic)
        if "trap" in reply:
            error(f"Lean ran out: {reply['trap']}; the proof so far is kept")
            self.replay(proof)
        elif "state" not in reply:
            error(str(reply.get("reason") or reply.get("error")))
        else:
            proof.tactics.append(tactic)
            proof.push(reply)
            show_goals(proof.goals[-1])
            if not proof.goals[-1]:
                self.closed(proof)

    def undo(self, proof: Proof) -> None:
        if not proof.tactics:
            raise UserError("there is nothing to undo")
        proof.tactics.pop()
        proof.goals.pop()
        self.ask("goal.free", {"states": [proof.states.pop()]})
        show_goals(proof.goals[-1])

    def closed(self, proof: Proof) -> None:
        """No goals are left: have the whole proof checked in a fresh Lean, and show it."""
        text = proof.text()
        verdict = self._runner.run(self._verifier.certify(proof.problem, text)).verdict
        data(text)
        note(f"no goals: {verdict.status}{f' ({verdict.reason})' if verdict.reason else ''}")
        self._proof = None

    def replay(self, proof: Proof) -> None:
        """Make the states again after Lean's memory was laid anew."""
        tactics, proof.tactics, proof.states, proof.goals = proof.tactics, [], [], []
        proof.push(self.begin(proof.problem))
        for tactic in tactics:
            proof.push(self.apply(proof.states[-1], tactic))
            proof.tactics.append(tactic)

    def begin(self, problem: Problem) -> Reply:
        reply = self.ask("goal.start", {"header": problem.header, "statement": problem.statement})
        if "state" not in reply:
            raise UserError(str(reply.get("error") or reply.get("trap")))
        return reply

    def apply(self, state: int, tactic: str) -> Reply:
        fields = {"state": state, "tactic": tactic, "heartbeats": HEARTBEATS}
        return self.ask("goal.step", fields)

    def ask(self, op: str, fields: dict[str, object]) -> Reply:
        """A reply; a worker that was lost is replaced and counts as a trap."""
        try:
            return self._runner.run(self._worker.ask(op, fields, SECONDS))
        except WorkerError as exc:
            self._worker = self.take_worker()
            return {"trap": str(exc)}


def show_goals(goals: list[str]) -> None:
    many = len(goals) > 1
    for number, goal in enumerate(goals, 1):
        data(f"goal {number} of {len(goals)}\n{goal}" if many else goal)
