"""A run as one self-contained HTML page, and its graphs as files.

Nothing is fetched from anywhere, all text is escaped, and the same run gives the same page.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import networkx as nx

from prover import report_models
from prover.assembly import assemble
from prover.drawing import draw
from prover.graph import ProofGraph
from prover.graph_nodes import INCONCLUSIVE, GoalNode, SketchNode
from prover.report import LABELS, Row, Summary, kinds, summary, unasked
from prover.report_ledger import ledger_html
from prover.store import certificate_path, file_name, read_config, read_events, write_atomic
from prover.types import Candidate

STYLE = """
:root{color-scheme:light dark;--ink:#1f2933;--soft:#616e7c;--paper:#fff;--card:#f6f8fa;
--line:#d9dfe5;--ok:#18794e;--warn:#9a6700;--bad:#b42318;--odd:#6e40c9;--link:#0b63c5}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--soft:#9aa5b1;--paper:#15191e;
--card:#1d2228;--line:#343b43;--ok:#4cc38a;--warn:#e2b340;--bad:#f2786b;--odd:#b69bf1;
--link:#71b0f5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:28px 24px 80px;background:var(--paper);
color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:0;overflow-wrap:anywhere}
h3,summary{font-size:13px;margin:18px 0 6px;color:var(--soft);font-weight:600}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
.sub{color:var(--soft);margin:4px 0 22px}
.cards{display:flex;flex-wrap:wrap;gap:12px;margin-bottom:20px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px;
min-width:150px;flex:1}
.card b{display:block;font-size:24px;line-height:1.25}.card span{color:var(--soft);font-size:13px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--soft);font-weight:600;border-bottom:2px solid var(--line)}
th,td{padding:6px 12px 6px 0;vertical-align:top}td{border-bottom:1px solid var(--line)}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.tally{width:auto}.tally th,.tally td{padding-right:22px}
.alarm { background: #b00; color: #fff; padding: .6em 1em; border-radius: 6px }
.badge{font-size:13px;font-weight:600;white-space:nowrap}
.verified{color:var(--ok)}.proved{color:var(--warn)}.unproved{color:var(--bad)}
.inconclusive{color:var(--odd)}.unsupported,.open{color:var(--soft)}
section{border-top:1px solid var(--line);margin-top:34px;padding-top:22px}
.head{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;
overflow-x:auto;margin:8px 0;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,
'DejaVu Sans Mono',monospace}
.chart text{font:12px system-ui,sans-serif;fill:var(--soft)}
.chart .axis{stroke:var(--line)}.chart .curve{fill:none;stroke:var(--ok);stroke-width:2}
.chart .area{fill:var(--ok);opacity:.12}
""".strip()

CHART = (1180.0, 120.0)
TALLY_ROWS = 14
"""A longer table of proposers is folded until it is clicked."""
CHART_LEFT, CHART_BOTTOM, CHART_TOP = 34.0, 24.0, 12.0


def write_report(run: Path) -> Path:
    """Write `report.html` and `graph/` of a run, also of one under way; returns the page."""
    graph = ProofGraph.of(read_events(run))
    for problem, node in graph.problems.items():
        if node.root:
            stem = run / "graph" / file_name(problem)
            write_atomic(stem.with_name(stem.name + ".svg"), draw(graph, problem))
            data = json.dumps(graph_data(graph, problem), indent=1, ensure_ascii=False)
            write_atomic(stem.with_name(stem.name + ".json"), data + "\n")
    proofs = {name: text for name in graph.problems if (text := proof_text(run, graph, name))}
    page = run / "report.html"
    write_atomic(page, html(graph, read_config(run).name, proofs))
    return page


def proof_text(run: Path, graph: ProofGraph, problem: str) -> str:
    """The file that tier 2 judged, or else what would be shown to it; empty without a proof."""
    node = graph.problems[problem]
    if node.file and (run / node.file).is_file():
        return (run / node.file).read_text(encoding="utf-8")
    return assemble(graph, problem) if graph.problem_state(problem) == "proved" else ""


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


def html(graph: ProofGraph, title: str, proofs: dict[str, str]) -> str:
    """The page; `proofs` holds the Lean file of each problem that has one."""
    report = summary(graph)
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sub">{escape(subtitle(report))}</p>',
        alarm(report),
        cards(report),
        chart(report),
        table(report),
        models_table(graph),
        ledger_html(graph),
        *(section(graph, row, proofs.get(row.problem, "")) for row in report.rows),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body></html>\n"
    )


def subtitle(report: Summary) -> str:
    state = "finished" if report.finished else "not finished"
    lean = f"Lean {report.lean} · " if report.lean else ""
    return f"{lean}configuration {report.config_digest or 'unknown'} · {state}"


def alarm(report: Summary) -> str:
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


def cards(report: Summary) -> str:
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


def chart(report: Summary) -> str:
    """Verified proofs over the time of the run, as steps; empty while there is none."""
    times = sorted(row.verified_at for row in report.rows if row.verified_at is not None)
    if not times:
        return ""
    (width, height), total = CHART, max(report.elapsed, times[-1]) or 1.0
    base = height - CHART_BOTTOM
    steps, last = [f"M{CHART_LEFT} {base}"], base
    for count, time in enumerate(times, 1):
        x = CHART_LEFT + (width - CHART_LEFT - 8) * time / total
        last = base - (base - CHART_TOP) * count / len(times)
        steps.append(f"H{x:.1f}V{last:.1f}")
    curve = "".join(steps) + f"H{width - 8}"
    return (
        f'<h3>Verified proofs over time</h3><svg class="chart" role="img" width="100%" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" aria-label="Verified proofs over time">'
        f'<path class="axis" d="M{CHART_LEFT} {base}H{width - 8}"/>'
        f'<path class="area" d="{curve}V{base}Z"/><path class="curve" d="{curve}"/>'
        f'<text x="{CHART_LEFT - 8}" y="{base + 4}" text-anchor="end">0</text>'
        f'<text x="{CHART_LEFT - 8}" y="{CHART_TOP + 4}" text-anchor="end">{len(times)}</text>'
        f'<text x="{width - 8}" y="{height - 6}" text-anchor="end">{duration(total)}</text></svg>'
    )


def models_table(graph: ProofGraph) -> str:
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


def table(report: Summary) -> str:
    heads = "<th>Problem<th>Verdict<th>By<th class=num>Attempts<th class=num>Lean s<th>Inconclusive"
    rows = "\n".join(table_row(row) for row in report.rows)
    return f'<h3>Problems</h3><div class="scroll"><table><tr>{heads}</tr>\n{rows}\n</table></div>'


def table_row(row: Row) -> str:
    link = f'<a href="#{quote(file_name(row.problem))}">{escape(row.problem)}</a>'
    note = '<br><span class="sub">only by decomposition</span>' if row.only_by_decomposition else ""
    return (
        f"<tr><td>{link}<td>{badge(row)}<td>{escape(row.refuted or row.by)}{note}"
        f"<td class=num>{row.attempts}<td class=num>{row.seconds:.1f}"
        f"<td>{escape(kinds(row.inconclusive))}</tr>"
    )


def badge(row: Row) -> str:
    return f'<span class="badge {row.verdict}">{LABELS[row.verdict]}</span>'


def section(graph: ProofGraph, row: Row, proof: str) -> str:
    node = graph.problems[row.problem]
    statement = f"{node.problem.header.strip()}\n\n{node.problem.statement}".strip()
    parts = [
        f'<section id="{escape(file_name(row.problem))}"><div class="head">'
        f"<h2>{escape(row.problem)}</h2>{badge(row)}{links(graph, row)}</div>",
        f"<p>{escape(node.problem.informal)}</p>" if node.problem.informal else "",
        f"<h3>Statement</h3><pre>{escape(statement)}</pre>",
        f'<p class="sub">{escape(row.reason)}</p>' if row.reason else "",
        f'<h3>Proof graph</h3><div class="scroll">{draw(graph, row.problem)}</div>'
        if node.root
        else "",
        f"<h3>Proof</h3><pre>{escape(proof)}</pre>" if proof else "",
        tally_table(graph.tally(row.problem)),
    ]
    return "\n".join(part for part in parts if part) + "\n</section>"


def links(graph: ProofGraph, row: Row) -> str:
    """To the files of the problem beside the page."""
    node, files = graph.problems[row.problem], []
    if node.file and (row.verdict == "verified" or row.disagreement):
        files += [("quarantined file" if row.disagreement else "Lean file", node.file)]
        files += [("certificate", certificate_path(Path(node.file)).as_posix())]
    if node.root:
        files += [("graph", f"graph/{file_name(row.problem)}.svg")]
    return " ".join(f'<a href="{quote(path)}">{name}</a>' for name, path in files)


def tally_table(tally: Counter[tuple[str, str]]) -> str:
    """Attempts and sketches by proposer, with only the outcomes that occurred."""
    order = ("proved", "compiled", "checked", "refuted", "rejected", *INCONCLUSIVE)
    seen = [outcome for outcome in order if any(o == outcome for _, o in tally)]
    if not seen:
        return ""
    heads = "".join(f"<th class=num>{outcome}" for outcome in seen)
    rows = list(tally_rows(tally, seen))
    shown = " open" if len(rows) <= TALLY_ROWS else ""
    return (
        f'<details{shown}><summary>Attempts and sketches</summary><div class="scroll">'
        f'<table class="tally"><tr><th>by{heads}</tr>\n'
        + "\n".join(rows)
        + "\n</table></div></details>"
    )


def tally_rows(tally: Counter[tuple[str, str]], seen: list[str]) -> Iterator[str]:
    for by in sorted({by for by, _ in tally}):
        cells = "".join(f"<td class=num>{tally[by, outcome] or ''}" for outcome in seen)
        yield f"<tr><td>{escape(by)}{cells}</tr>"
