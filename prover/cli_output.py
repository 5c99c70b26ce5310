"""What the commands print: data on stdout, progress and errors on stderr, exit codes.

On a terminal progress is drawn live; elsewhere it is a plain line now and then.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from prover.config import RunConfig
from prover.graph import ProofGraph
from prover.live import Live, table
from prover.report import row
from prover.types import Event

OK, WRONG, USAGE, DOWN, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: done, the input is wrong, the command line is, Lean is not there, interrupted."""

LINE_SECONDS = 5.0
"""How often progress is told where it cannot be drawn."""

DRAW_SECONDS = 0.2
"""How often what a campaign has spent is added up where it is drawn."""

MARKS = {"proved": ("✓", "green"), "unproved": ("✗", "red"), "unsupported": ("-", "yellow")}

out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
err = Console(stderr=True, highlight=False)


def data(text: str) -> None:
    """A line of stdout as it is: no colours, no wrapping."""
    print(text, flush=True)


def data_json(value: Any) -> None:
    data(json.dumps(value, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """A line for people, on stderr."""
    err.print(Text(text), soft_wrap=True)


def error(text: str) -> None:
    line = Text("error: ", "bold red")
    err.print(line + Text(" ".join(text.split())), soft_wrap=True)


class Watch(Protocol):
    def __call__(self, event: Event, graph: ProofGraph, /) -> None: ...


class Bars(Progress):
    """Progress bars with what a campaign is doing below them."""

    doing: Live | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.doing is not None:
            yield table(self.doing.lines(time.monotonic()))


class Display:
    """Progress of a set-up and of a campaign; use through `display()`."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._live = err.is_terminal
        self._told = time.monotonic()
        self._stage = ""
        self._total = 0
        self._refusers: set[str] = set()
        self._served: dict[str, str] = {}

    def setup(self, stage: str, done: float, total: float) -> None:
        """The `Progress` of `prover.lean.toolchain`; called from its thread."""
        text = amount(stage, done, total)
        if self._live:
            self._bar(stage, text, done, total)
        elif stage != self._stage or self._due():
            self._told, self._stage = time.monotonic(), stage
            note(f"{stage} {text}".rstrip())

    def server(self, model: str, text: str) -> None:
        """The `Progress` of `prover.llm.serving`."""
        if self._live:
            most = max(err.width - 40, 40)
            self._bar(model, text if len(text) <= most else f"{text[: most - 1]}…", 0.0, 0.0)
        elif text != self._served.get(model) and (self._due() or model not in self._served):
            self._told, self._served[model] = time.monotonic(), text
            note(f"{model}: {text}")

    def still(self) -> None:
        """Draw nothing more: progress is plain lines from now on."""
        self._live = False
        self._bars.stop()

    def work(self, said: str, done: float, total: float) -> None:
        """Progress of what is neither: in words, with a bar where there is a total."""
        if self._live:
            self._bar("", said, done, total)
        elif self._due() or done == total:
            self._told = time.monotonic()
            note(said)

    def expect(self, problems: int, config: RunConfig) -> None:
        self._total = problems
        if self._live:
            self._bars.doing = Live(config)

    @contextmanager
    def trying(self, goal: str, by: str) -> Iterator[None]:
        """The `Trying` of a campaign."""
        live = self._bars.doing
        if live is None:
            yield
            return
        live.begin(goal, by, time.monotonic())
        try:
            yield
        finally:
            live.end(goal, by)

    def campaign(self, event: Event, graph: ProofGraph) -> None:
        """The `watch` of a campaign: a line for each problem that is finished, and the totals."""
        if event.type == "closed":
            self._closed(str(event.data["problem"]), graph)
        elif event.type == "sampled" and str(event.data["how"]).startswith("refused"):
            self._refused(str(event.data["model"]), str(event.data["how"]))
        if self._bars.doing is not None:
            self._draw(event, graph, self._bars.doing)
        elif self._due():
            self._told = time.monotonic()
            note(counts(graph, self._total)[1])

    def _draw(self, event: Event, graph: ProofGraph, live: Live) -> None:
        live.event(event, graph)
        now, over = time.monotonic(), event.type in ("run_finished", "interrupted")
        if over or now - self._told >= DRAW_SECONDS:
            self._told = now
            closed, text = counts(graph, self._total)
            self._bar("proving", text, closed, self._total)
            live.look(graph, now)
        if over:
            self._bars.doing = None

    def _refused(self, model: str, how: str) -> None:
        """Said once for each model: the report counts the others."""
        if model not in self._refusers:
            self._refusers.add(model)
            note(f"warning: {how.removeprefix('refused: ')}")

    def _closed(self, problem: str, graph: ProofGraph) -> None:
        done = row(graph, problem)
        mark, colour = MARKS.get(graph.problems[problem].outcome, ("?", "magenta"))
        said = f" by {done.by}" if done.by else f" {done.verdict}"
        said += f": {done.refuted}" if done.refuted else ""
        why = f" ({done.reason})" if done.verdict == "unsupported" and done.reason else ""
        line = Text.assemble((mark, colour), f" {problem}{said}{why}")
        line.truncate(max(err.width - 2, 40), overflow="ellipsis")
        err.print(line)

    def _bar(self, stage: str, text: str, done: float, total: float) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None, said="")
        self._bars.update(self._tasks[stage], completed=done, total=total or None, said=text)

    def _due(self) -> bool:
        return time.monotonic() - self._told >= LINE_SECONDS


@contextmanager
def display() -> Iterator[Display]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=14),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=err, refresh_per_second=8, disable=not err.is_terminal) as bars:
        yield Display(bars)


def amount(stage: str, done: float, total: float) -> str:
    """`45.1 of 121.5 MB` for stages that count bytes, a share for the others."""
    if total > 1e6:
        return f"{done / 1e6:.1f} of {total / 1e6:.1f} MB"
    return f"{100 * min(done / total, 1):.0f} %" if total > 1 else ""


def counts(graph: ProofGraph, total: int) -> tuple[int, str]:
    """How many problems are done, and the state of the run in one line."""
    closed = sum(bool(node.outcome) for node in graph.problems.values())
    verified = sum(graph.problem_state(name) == "verified" for name in graph.problems)
    spent = graph.totals()
    text = f"{closed}/{total} problems, {verified} verified, {spent.attempts} attempts"
    asked = graph.usage().completion_tokens
    tokens = f", {asked} tokens" if asked else ""
    return closed, f"{text}, {spent.seconds:.0f} Lean s{tokens}"
