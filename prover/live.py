"""A campaign under way as a few lines for a terminal; pure: the graph and a clock in, rows out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from prover.budget import Spent, spent_in_all, spent_on_problem
from prover.config import RunConfig
from prover.graph import ProofGraph
from prover.types import Candidate, Event

WINDOW_SECONDS = 60.0
"""Rates are of this long: a run's first goals say little about its last."""

MIN_SECONDS = 3.0
"""A rate of less is chance."""

TRYING, PROVED = 4, 3
"""Lines at most of what is being tried, the longest first, and of the last goals proved."""

Line = tuple[str, str, str]
"""What it tells of, which, and a number."""


@dataclass(frozen=True)
class Rates:
    """In a second of wall clock."""

    attempts: float
    """Attempts and sketches."""
    seconds: float
    """Lean seconds."""


class Pace:
    """How fast a run spends, over the last minute."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, Spent]] = deque()

    def add(self, clock: float, spent: Spent) -> None:
        """`clock` never goes back."""
        if self._marks and clock - self._marks[-1][0] < 1.0 and len(self._marks) > 1:
            self._marks.pop()  # one mark a second will do
        self._marks.append((clock, spent))
        while len(self._marks) > 2 and clock - self._marks[1][0] >= WINDOW_SECONDS:
            self._marks.popleft()

    def rates(self) -> Rates | None:
        """None while too little has been seen."""
        if not self._marks:
            return None
        (start, before), (end, after) = self._marks[0], self._marks[-1]
        wall = end - start
        if wall < MIN_SECONDS:
            return None
        return Rates(
            (after.attempts - before.attempts) / wall, (after.seconds - before.seconds) / wall
        )


def seconds_left(graph: ProofGraph, config: RunConfig, rates: Rates | None) -> float | None:
    """How long the run lasts at most, if it goes on spending as fast; None if nobody can say.

    A bound: it supposes that every open problem spends all it may, and most that are proved
    do not. What is reached first counts: of a problem its own caps, of all the campaign's.
    """
    if rates is None:
        return None
    total, open_ = spent_in_all(graph), [n for n, p in graph.problems.items() if not p.outcome]
    bounds = []
    for name, rate in (("attempts", rates.attempts), ("seconds", rates.seconds)):
        if rate <= 0:
            continue
        cap = getattr(config.search.caps, name)
        if cap is not None:
            spent = (getattr(spent_on_problem(graph, problem), name) for problem in open_)
            bounds.append(sum(max(0.0, cap - amount) for amount in spent) / rate)
        if (cap := getattr(config.budget, name)) is not None:
            bounds.append(max(0.0, cap - getattr(total, name)) / rate)
    return min(bounds, default=None)


class Live:
    """What the lines below the progress bar say; told of everything, asked now and then."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._pace = Pace()
        self._under_way: dict[tuple[str, str], float] = {}
        """Goal and way, and since when, by the clock of the display."""
        self._proved: deque[Line] = deque(maxlen=PROVED)
        self._known: set[str] = set()
        self._spent: list[Line] = []

    def begin(self, goal: str, by: str, clock: float) -> None:
        """A way is tried on a goal from now on."""
        self._under_way[goal, by] = clock

    def end(self, goal: str, by: str) -> None:
        self._under_way.pop((goal, by), None)

    def event(self, event: Event, graph: ProofGraph) -> None:
        goal = event.data.get("goal")
        if isinstance(goal, str):
            self._look(graph, goal)

    def look(self, graph: ProofGraph, clock: float) -> None:
        """Bring what was spent up to date; dearer than the rest."""
        self._pace.add(clock, spent_in_all(graph))
        rates = self._pace.rates()
        left = remaining(seconds_left(graph, self._config, rates))
        self._spent = [("spending", spending(graph, rates), left)]

    def lines(self, clock: float) -> list[Line]:
        under_way = sorted(list(self._under_way.items()), key=lambda item: item[1])
        trying = [
            ("trying", f"{goal}  {by}", f"{clock - since:.0f} s")
            for (goal, by), since in under_way[:TRYING]
        ]
        return [*self._spent, *trying, *self._proved]

    def _look(self, graph: ProofGraph, goal: str) -> None:
        """At a goal that an event was about, and at those above it that it may have proved."""
        while goal not in self._known and graph.goals[goal].status == "proved":
            self._known.add(goal)
            proof = graph.goals[goal].proof
            by = proof.by if isinstance(proof, Candidate) else graph.sketches[str(proof)].sketch.by
            self._proved.appendleft(("proved", f"{goal}  {by}", ""))
            above = graph.parent(goal)
            if above is None:
                return
            goal = above.goal


def spending(graph: ProofGraph, rates: Rates | None) -> str:
    """What the bar does not say: rates, tokens and money, and how many problems are begun."""
    spent = spent_in_all(graph)
    begun = sum(not node.outcome and node.attempts > 0 for node in graph.problems.values())
    parts = [f"{rates.attempts:.1f} tries/s, {rates.seconds:.1f} Lean s/s"] if rates else []
    parts += [f"{spent.tokens} tokens"] if spent.tokens else []
    parts += [f"{spent.money:.2f} paid"] if spent.money else []
    parts += [f"{begun} problems being tried"] if begun else []
    return ", ".join(parts)


def remaining(seconds: float | None) -> str:
    """`at most 3 min left`, rounded up: it is a bound."""
    if seconds is None:
        return ""
    if seconds < 60:
        return "less than a minute left"
    minutes = int(seconds // 60) + 1
    hours, rest = divmod(minutes, 60)
    return f"at most {f'{hours} h {rest:02} min' if hours else f'{minutes} min'} left"


def table(lines: list[Line]) -> Table:
    made = Table.grid(padding=(0, 1), expand=True)
    made.add_column(style="dim", width=8, no_wrap=True)
    made.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    made.add_column(justify="right", style="dim", no_wrap=True)
    for what, which, number in lines:
        made.add_row(Text(what), Text(which, "green" if what == "proved" else ""), Text(number))
    return made
