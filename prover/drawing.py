"""The picture of one problem's proof graph, as an SVG with no outside references; pure.

The tree grows to the right: goals are boxes, sketches pills, the chosen proof is drawn in thick
lines and what it does not use is faint. No box overlaps another: every subtree owns a band of
rows. Large graphs are folded, failed sketches first, until at most `CAP` shapes are left.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

import networkx as nx

from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, SketchNode
from prover.types import Candidate

CAP = 50

GOAL_WIDTH = 272.0
PILL_HEIGHT = 24.0
GAP_X, GAP_Y = 36.0, 14.0
MARGIN = 10.0
LINE_CHARS = 37
"""Monospace characters that fit on one line of a goal box."""
NAME_CHARS = 34
PILL_CHARS = 26

STYLE = """
.pg{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;
--ink:#1f2933;--soft:#616e7c;--paper:#ffffff;--line:#9aa5b1;
--ok:#18794e;--ok-bg:#e6f6ed;--bad:#b42318;--bad-bg:#fdecea;--open-bg:#f2f4f7}
@media (prefers-color-scheme:dark){.pg{--ink:#e4e7eb;--soft:#9aa5b1;--paper:#15191e;--line:#616e7c;
--ok:#4cc38a;--ok-bg:#12291e;--bad:#f2786b;--bad-bg:#331715;--open-bg:#22272e}}
.pg text{fill:var(--ink)}
.pg .name{font-weight:600}
.pg .small{fill:var(--soft);font-size:10px}
.pg rect{fill:var(--open-bg);stroke:var(--line);stroke-width:1.2}
.pg .proved>rect{fill:var(--ok-bg);stroke:var(--ok)}
.pg .dead>rect{fill:var(--bad-bg);stroke:var(--bad)}
.pg .route>rect{stroke-width:2.4}
.pg .fold>rect{fill:none;stroke-dasharray:4 3}
.pg path{fill:none;stroke:var(--line);stroke-width:1.2}
.pg path.route{stroke:var(--ok);stroke-width:3}
.pg .faint{opacity:.5}
""".strip()


@dataclass
class Shape:
    """One box, pill or fold of the picture, with what hangs below it."""

    kind: str
    """goal, sketch or fold."""
    status: str
    lines: list[str]
    title: str = ""
    """The whole text, shown when the pointer rests on the shape."""
    route: bool = False
    """On the chosen proof."""
    children: list[Shape] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    """The left top corner."""

    @property
    def width(self) -> float:
        return GOAL_WIDTH if self.kind == "goal" else len(self.lines[0]) * 6.62 + 24

    @property
    def height(self) -> float:
        return 10 + 16.0 * len(self.lines) if self.kind == "goal" else PILL_HEIGHT

    def walk(self) -> Iterator[Shape]:
        yield self
        for child in self.children:
            yield from child.walk()


def draw(graph: ProofGraph, problem: str, styled: bool = True) -> str:
    """The SVG of a problem; without a goal it is a picture that says so.

    One that is not `styled` is for a page that has `STYLE`.
    """
    root = graph.problems[problem].root
    if not root:
        return svg(Shape("fold", "open", ["no goal was opened"]), problem, styled)
    route = set(graph.proof_order(root)) if graph.goals[root].status == "proved" else set()
    return svg(Builder(graph, route).within(root, CAP), problem, styled)


class Builder:
    """Turns the graph below a goal into shapes, folding as much as the cap asks for."""

    def __init__(self, graph: ProofGraph, route: set[str]) -> None:
        self.graph, self.route = graph, route
        self.folded: frozenset[str] = frozenset()
        """Statuses of the sketches off the proof that are folded away."""
        self.depth = 0
        """Goals deeper than this are drawn without what is below them."""

    def within(self, root: str, cap: int) -> Shape:
        """The fullest picture of at most `cap` shapes (or the root alone)."""
        stages = [frozenset[str](), frozenset({"dead"}), frozenset({"dead", "open", "proved"})]
        far = nx.single_source_shortest_path_length(self.graph.network, root)
        deepest = max(far.values()) // 2 + 1
        plans = [(folded, deepest) for folded in stages[:2]]
        plans += [(stages[2], depth) for depth in range(deepest, -1, -1)]
        for self.folded, self.depth in plans:
            shape = self.goal(root, 0)
            if sum(1 for _ in shape.walk()) <= cap:
                break
        return shape

    def goal(self, name: str, depth: int) -> Shape:
        node = self.graph.goals[name]
        shape = goal_shape(node, name in self.route)
        sketches = self.graph.sketches_of(name)
        if depth >= self.depth and sketches:
            shape.children = [fold(sum(len(s.holes) for s in sketches), "goal", "below")]
            return shape
        kept = [sketch for sketch in sketches if self.keep(node, sketch)]
        shape.children = [self.sketch(node, sketch, depth) for sketch in kept]
        shape.children += self.folds(node, [s for s in sketches if not self.keep(node, s)])
        return shape

    def keep(self, node: GoalNode, sketch: SketchNode) -> bool:
        return node.proof == sketch.id or sketch.status not in self.folded

    def folds(self, node: GoalNode, hidden: list[SketchNode]) -> list[Shape]:
        failed = node.failed_sketches + sum(sketch.status == "dead" for sketch in hidden)
        others = sum(sketch.status != "dead" for sketch in hidden)
        shapes = [fold(failed, "failed sketch", status="dead")] if failed else []
        return shapes + ([fold(others, "other sketch")] if others else [])

    def sketch(self, node: GoalNode, sketch: SketchNode, depth: int) -> Shape:
        used = node.proof == sketch.id and node.goal.id in self.route
        holes = dict.fromkeys(hole.goal for hole in sketch.holes)
        label = shorten(sketch.sketch.by.partition(":")[2] or sketch.sketch.by, PILL_CHARS)
        children = [self.goal(hole, depth + 1) for hole in holes]
        title = f"{sketch.sketch.by}\n{sketch.sketch.body}"
        return Shape("sketch", sketch.status, [label], title, used, children)


def goal_shape(node: GoalNode, route: bool) -> Shape:
    name, statement = split_name(node.goal.statement)
    lines = [ends(name, NAME_CHARS), *said(statement, node.goal.target), shorten(cost(node), 42)]
    return Shape("goal", node.status, lines, node.goal.statement, route)


def said(statement: str, target: str) -> list[str]:
    """A statement on at most two lines; a long one shows its conclusion rather than its middle."""
    lines = textwrap.wrap(" ".join(statement.split()), LINE_CHARS)
    if len(lines) > 2 and target:
        return [shorten(statement, LINE_CHARS), shorten(f"⊢ {target}", LINE_CHARS)]
    return [*lines[:1], shorten(" ".join(lines[1:]), LINE_CHARS)] if lines[1:] else lines


def cost(node: GoalNode) -> str:
    """The small print of a goal: what proved it or refuted it, and what it took."""
    what = node.proof.by if isinstance(node.proof, Candidate) else node.refuted
    spent = f"{plural(node.attempts, 'attempt')}, {node.seconds:.1f} s"
    return f"{what.partition(':')[2] or what} · {spent}" if what else spent


def fold(count: int, what: str, where: str = "", status: str = "open") -> Shape:
    return Shape("fold", status, [f"+{plural(count, what)} {where}".strip()])


def plural(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "es" if what.endswith("ch") else "s")


def shorten(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def ends(text: str, limit: int) -> str:
    """A name without its middle: what tells a lemma from its siblings stands at the end."""
    tail = limit // 2
    return text if len(text) <= limit else f"{text[: limit - tail - 1]}…{text[-tail:]}"


def split_name(statement: str) -> tuple[str, str]:
    """A theorem's name, and its binders and type."""
    words = statement.split(maxsplit=2)
    if len(words) < 3:
        return statement, ""
    return words[1].rstrip(":"), words[2].removeprefix(":").strip()


def svg(root: Shape, problem: str, styled: bool = True) -> str:
    place(root, columns(root), 0, MARGIN)
    shapes = list(root.walk())
    width = max(shape.x + shape.width for shape in shapes) + MARGIN
    height = max(shape.y + shape.height for shape in shapes) + MARGIN
    label = escape(f"Proof graph of {problem}", quote=True)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pg" role="img" aria-label="{label}" '
            f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
            *([f"<style>{STYLE}</style>"] if styled else []),
            *edges(root, any(shape.route for shape in shapes)),
            *(mark(shape, root.route) for shape in shapes),
            "</svg>\n",
        ]
    )


def columns(root: Shape) -> list[float]:
    """The left edge of every column, each as wide as its widest shape."""
    edges, row = [MARGIN], [root]
    while row:
        edges.append(edges[-1] + max(shape.width for shape in row) + GAP_X)
        row = [child for shape in row for child in shape.children]
    return edges


def place(shape: Shape, lefts: list[float], column: int, top: float) -> float:
    """Lay out a subtree in the band that starts at `top`; returns where the band ends.

    The shape stands in the middle of its children, and the band is never less than its height.
    """
    shape.x = lefts[column]
    at = top + max(0.0, shape.height - band(shape)) / 2
    for child in shape.children:
        at = place(child, lefts, column + 1, at) + GAP_Y
    ends = [(child.y, child.y + child.height) for child in shape.children]
    middle = (ends[0][0] + ends[-1][1]) / 2 if ends else top + shape.height / 2
    shape.y = max(top, middle - shape.height / 2)
    return max(at - GAP_Y if shape.children else top, shape.y + shape.height)


def band(shape: Shape) -> float:
    """The height that the children of a shape take up together."""
    below = [max(band(child), child.height) for child in shape.children]
    return sum(below) + GAP_Y * (len(below) - 1) if below else 0.0


def edges(shape: Shape, solved: bool) -> Iterator[str]:
    """Curves from every shape to its children; those of the proof come last, on top."""
    for child in sorted(shape.children, key=lambda child: child.route):
        x1, y1 = shape.x + shape.width, shape.y + shape.height / 2
        x2, y2 = child.x, child.y + child.height / 2
        bend, y = (x1 + x2) / 2, f"{y2:.1f}"
        look = ' class="route"' if child.route else ' class="faint"' if solved else ""
        curve = f"M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y} {x2:.1f} {y}"
        yield f'<path{look} d="{curve}"/>'
        yield from edges(child, solved)


def mark(shape: Shape, solved: bool) -> str:
    look = [shape.kind, shape.status]
    look += ["route"] if shape.route else ["faint"] if solved else []
    radius = 8.0 if shape.kind == "goal" else shape.height / 2
    parts = [f'<g class="{" ".join(look)}">']
    parts += [f"<title>{escape(shape.title)}</title>"] if shape.title else []
    parts.append(
        f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" '
        f'height="{shape.height:.1f}" rx="{radius:.0f}"/>'
    )
    return "".join([*parts, *texts(shape), "</g>"])


def texts(shape: Shape) -> Iterator[str]:
    goal, last = shape.kind == "goal", len(shape.lines) - 1
    for row, line in enumerate(shape.lines):
        look = {0: ' class="name"', last: ' class="small"'}.get(row, "") if goal else ""
        x, y = shape.x + 12, shape.y + (17 if goal else 16) + 16 * row
        yield f'<text{look} x="{x:.1f}" y="{y:.1f}">{escape(line)}</text>'
