"""A run as one page, `report.html` or what `prover serve` shows, and its graphs as files.

The page is a template, a style sheet, three scripts (`prover/web`) and the run's data. Nothing is
fetched from anywhere else, all text is escaped, its Content-Security-Policy lets nothing run but
the page's own scripts, and the same run gives the same page. Without scripts it is a table.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import networkx as nx

from prover import drawing, report_models
from prover.assembly import assemble
from prover.drawing import draw
from prover.graph import ProofGraph
from prover.graph_nodes import GoalNode, SketchNode
from prover.page_data import RunView, files, page_data
from prover.report import LABELS, Row, Summary, kinds, summary, unasked
from prover.report_ledger import ledger_html
from prover.store import file_name, read_config, read_events, write_atomic
from prover.types import Candidate

WEB = Path(__file__).parent / "web"
SCRIPTS = ("lean.js", "plots.js", "page.js")


def write_report(run: Path) -> Path:
    """Write `report.html` and `graph/` of a run, also of one under way; returns the page."""
    view = RunView.of(read_events(run))
    graph = view.graph
    for problem, node in graph.problems.items():
        if node.root:
            stem = run / "graph" / file_name(problem)
            write_atomic(stem.with_name(stem.name + ".svg"), draw(graph, problem))
            data = json.dumps(graph_data(graph, problem), indent=1, ensure_ascii=False)
            write_atomic(stem.with_name(stem.name + ".json"), data + "\n")
    proofs = {name: text for name in graph.problems if (text := proof_text(run, graph, name))}
    page = run / "report.html"
    write_atomic(page, html(view, read_config(run).name, proofs))
    return page


def proof_text(run: Path, graph: ProofGraph, problem: str) -> str:
    """The file that tier 2 judged, or else what would be shown to it; empty without a proof."""
    file = inside(run, graph.problems[problem].file)
    if file is not None:
        return file.read_text(encoding="utf-8")
    return assemble(graph, problem) if graph.problem_state(problem) == "proved" else ""


def inside(run: Path, name: str) -> Path | None:
    """A file of the run; None if there is none, or events from elsewhere name one outside."""
    path = (run / name).resolve()
    return path if path.is_file() and path.is_relative_to(run.resolve()) else None


def graph_data(graph: ProofGraph, problem: str) -> dict[str, Any]:
    """One problem's proof graph in networkx's node-link form."""
    names = nx.descendants(graph.network, graph.problems[problem].root)
    part = nx.DiGraph(graph.network.subgraph(names | {graph.problems[problem].root}))
    for name in part:
        node = graph.goals.get(name)
        about = goal_data(node) if node else sketch_data(graph.sketches[name])
        part.nodes[name].update(about)
    data: dict[str, Any] = nx.node_link_data(part, edges="edges")
    data["nodes"].sort(key=lambda node: node["id"])
    data["edges"].sort(key=lambda edge: (edge["source"], edge["target"]))
    return data


def goal_data(node: GoalNode) -> dict[str, Any]:
    proof = node.proof
    return {
        "kind": "goal",
        "status": node.status,
        "statement": node.goal.statement,
        "key": node.goal.key,
        "proof": "" if proof is None else proof.body if isinstance(proof, Candidate) else proof,
        "by": proof.by if isinstance(proof, Candidate) else "",
        "attempts": node.attempts,
        "seconds": round(node.seconds, 3),
        "inconclusive": dict(sorted(node.inconclusive.items())),
    }


def sketch_data(node: SketchNode) -> dict[str, Any]:
    about = {"kind": "sketch", "status": node.status}
    return {**about, "by": node.sketch.by, "body": node.sketch.body}


def html(view: RunView, title: str, proofs: dict[str, str]) -> str:
    """The page; `proofs` holds the Lean file of each problem that has one."""
    return page(view, title, lambda problem: proofs.get(problem, ""))


def page(view: RunView, title: str, proof: Callable[[str], str], live: str = "") -> str:
    """`live` names the run to a page that asks its server for more, and is empty elsewhere."""
    data = {"live": live, **page_data(view, proof)}
    style, script = assets()
    report = summary(view.graph)
    told = {name: section(view.graph, report) for name, section in SECTIONS.items()}
    body = "\n".join(f'<div id="section-{name}">{text}</div>' for name, text in told.items())
    return Template((WEB / "page.html").read_text(encoding="utf-8")).substitute(
        policy=policy(style, script, "'self'" if live else "'none'"),
        title=escape(title),
        style=style,
        subtitle=escape(subtitle(report)),
        sections=body,
        table=table(view.graph, report),
        data=embedded(data),
        script=script,
    )


def update(view: RunView, proof: Callable[[str], str], since: int) -> dict[str, Any]:
    """What is new to a page that knows the first `since` events."""
    report = summary(view.graph)
    told = {name: section(view.graph, report) for name, section in SECTIONS.items()}
    return {
        **page_data(view, proof, since), "sections": told, "subtitle": subtitle(report)
    }  # fmt: skip


@functools.cache
def assets() -> tuple[str, str]:
    """The style sheet and the script, as they stand within a page."""
    style = (WEB / "page.css").read_text(encoding="utf-8") + drawing.STYLE
    script = "\n".join((WEB / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return style, script


def policy(style: str, script: str, connect: str = "'none'") -> str:
    """A Content-Security-Policy under which this style and this script work and nothing else."""
    return (
        f"default-src 'none'; style-src '{source_hash(style)}'; "
        f"script-src '{source_hash(script)}'; connect-src {connect}; "
        "base-uri 'none'; form-action 'none'"
    )


def source_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("utf-8", "replace").decode()


def subtitle(report: Summary) -> str:
    state = "finished" if report.finished else "not finished"
    lean = f"Lean {report.lean} · " if report.lean else ""
    return f"{lean}configuration {report.config_digest or 'unknown'} · {state}"


def alarm(graph: ProofGraph, report: Summary) -> str:
    """Said loudly: each of these is a fault of what judges."""
    alarms = {
        "Tier 2 rejects what tier 1 held proved; these files are in quarantine": (
            report.disagreements
        ),
        "Both proved and refuted": report.contradictions,
    }
    return "\n".join(
        f'<p class="alarm">{text}: {", ".join(map(escape, names))}</p>'
        for text, names in alarms.items()
        if names
    )


def cards(graph: ProofGraph, report: Summary) -> str:
    totals, supported = report.totals, len(report.rows) - report.count("unsupported")
    values = [
        (f"{report.verified} of {supported}", "problems verified"),
        (str(report.decomposed), "only by decomposition"),
        (str(len(report.refuted)), "problems refuted"),
        (amount(report.per_verified(totals.seconds)), "Lean seconds a verified proof"),
        (amount(report.per_verified(totals.attempts)), "attempts a verified proof"),
        (str(sum(totals.inconclusive.values())), "inconclusive attempts and sketches"),
        (f"{totals.judged} of {totals.attempts}", f"attempts judged by Lean{unasked(report)}"),
        (duration(report.elapsed), "of run time"),
    ]
    items = (f'<div class="card"><b>{escape(a)}</b><span>{b}</span></div>' for a, b in values)
    return f'<div class="cards">{"".join(items)}</div>'


def amount(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def models_table(graph: ProofGraph, report: Summary) -> str:
    """What models were asked; empty for a run without."""
    rows = [report_models.cells(row) for row in report_models.asked(graph)]
    if not rows:
        return ""
    heads = "".join(
        f"<th{'' if n < 2 else ' class=num'}>{h}" for n, h in enumerate(report_models.HEADINGS)
    )
    lines = "\n".join(
        "<tr>" + "".join(f"<td{'' if n < 2 else ' class=num'}>{escape(c)}" for n, c in enumerate(r))
        for r in rows
    )
    return f'<h3>Models</h3><div class="scroll"><table><tr>{heads}</tr>\n{lines}\n</table></div>'


SECTIONS: dict[str, Callable[[ProofGraph, Summary], str]] = {
    "alarm": alarm,
    "cards": cards,
    "models": models_table,
    "ledger": lambda graph, _: ledger_html(graph),
}
"""What stands above the plots and the problems, in this order: each is HTML, escaped, or empty.
A page that is live gets them anew with every update."""


def table(graph: ProofGraph, report: Summary) -> str:
    """The problems for who lets no script run."""
    heads = "".join(
        f"<th{' class=num' if name in ('Attempts', 'Lean s') else ''}>{name}"
        for name in ("Problem", "Verdict", "By", "Attempts", "Lean s", "Inconclusive", "Files")
    )
    rows = "\n".join(table_row(graph, row) for row in report.rows)
    return f'<div class="scroll"><table><tr>{heads}</tr>\n{rows}\n</table></div>'


def table_row(graph: ProofGraph, row: Row) -> str:
    note = '<br><span class="sub">only by decomposition</span>' if row.only_by_decomposition else ""
    reason = f'<br><span class="sub">{escape(row.reason)}</span>' if row.reason else ""
    found = files(graph, row.problem)
    links = " ".join(f'<a href="{quote(path)}">{name}</a>' for name, path in found)
    return (
        f'<tr id="{escape(file_name(row.problem))}"><td>{escape(row.problem)}'
        f'<td><span class="badge {row.verdict}">{LABELS[row.verdict]}</span>{reason}'
        f"<td>{escape(row.refuted or row.by)}{note}"
        f"<td class=num>{row.attempts}<td class=num>{row.seconds:.1f}"
        f"<td>{escape(kinds(row.inconclusive))}<td>{links}</tr>"
    )
