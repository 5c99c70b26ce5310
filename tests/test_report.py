"""What a run came to: rows, the terminal's table, and the page with its files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path

import networkx as nx
import pytest
from rich.console import Console
from run_events import PROVED, REJECTED, Writer, demo_events, inconclusive, write_run

from prover.graph import ProofGraph
from prover.page_data import RunView
from prover.report import headline, render_table, summary
from prover.report_page import duration, html, write_report
from prover.store import RunStore

VOID = {"meta", "br", "path", "rect", "line"}
OPTIONAL = {"td", "th"}


class Balance(HTMLParser):
    """Fails on a tag that closes what is not open; collects links and ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.ids |= {value or "" for key, value in attrs if key == "id"}
        self.links |= {value or "" for key, value in attrs if key in ("href", "src")}
        if tag not in VOID | OPTIONAL:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read_page(text: str) -> Balance:
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_every_verdict_has_its_row() -> None:
    rows = {row.problem: row for row in summary(demo_events()).rows}
    verdicts = {name: row.verdict for name, row in rows.items()}
    assert verdicts == {
        "lt_irrefl_of_le": "verified",
        "sum_odd_is_square": "verified",
        "goldbach_small": "unproved",
        "needs_reals": "unsupported",
        "odd_one_out": "proved",
        "slow_one": "inconclusive",
    }
    assert rows["lt_irrefl_of_le"].by == "portfolio:omega"
    by = "structural:induction n + structural:trans (portfolio:rfl, portfolio:simp, model:tiny)"
    assert rows["sum_odd_is_square"].by == by
    assert [name for name, row in rows.items() if row.only_by_decomposition] == [
        "sum_odd_is_square"
    ]
    assert rows["needs_reals"].reason == "unknown identifier 'ℝ'"
    assert rows["odd_one_out"].reason == "gave up: crash"


def test_work_that_goes_on_is_no_failure() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.attempt(goal, "portfolio:rfl", REJECTED)
    (row,) = summary(run.events).rows
    assert row.verdict == "open"


def test_a_direct_proof_takes_the_credit_from_a_decomposition() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.attempt(goal, "portfolio:rfl", REJECTED)
    (hole,) = run.sketch(goal, 0, "structural:x", "by sorry", [": True"])
    run.attempt(hole, "portfolio:trivial", PROVED)
    run.close(goal, "proved")
    assert summary(run.events).rows[0].only_by_decomposition
    run.attempt(goal, "portfolio:late", PROVED)
    assert not summary(run.events).rows[0].only_by_decomposition


def test_the_cost_of_a_verified_proof_is_all_that_was_spent() -> None:
    report = summary(ProofGraph.of(demo_events()))
    assert report.per_verified(report.totals.attempts) == 23.0
    assert summary([]).per_verified(1.0) is None
    assert headline(report).startswith("2 of 5 verified, 1 only by decomposition (*); 46 attempts")
    assert headline(summary([])) == "0 of 0 verified; 0 attempts, 0.0 Lean seconds."


def test_what_lean_was_spared_is_told() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    run.attempt(goal, "portfolio:rfl", REJECTED)
    run.attempt(goal, "portfolio:simp", replace(REJECTED, reused="cache", seconds=0.0))
    run.attempt(goal, "portfolio:omega", replace(REJECTED, reused="cache", seconds=0.0))
    run.attempt(goal, "portfolio:decide", replace(PROVED, reused="shared", seconds=0.0))
    run.add("interrupted", dropped=3)
    run.add("run_finished", dropped=4)
    report = summary(run.events)
    assert report.totals.attempts == 4 and report.totals.judged == 1
    assert report.totals.seconds == REJECTED.seconds
    said = "4 attempts (2 from the cache, 1 shared, 7 dropped), 0.1 Lean seconds"
    assert said in headline(report)
    page = html(RunView.of(run.events), "run", {})
    assert "1 of 4" in page and "2 from the cache, 1 shared, 7 dropped" in page


def test_an_old_run_counts_as_judged() -> None:
    run = Writer()
    goal = run.root("p", ": True")
    old = {k: v for k, v in asdict(REJECTED).items() if k != "reused"}
    run.add("attempt", goal=goal, candidate={"body": "by x", "by": "x"}, verdict=old)
    run.add("run_finished")
    assert summary(run.events).totals.judged == 1 and summary(run.events).dropped == 0


def test_the_table_shows_text_as_it_is() -> None:
    run = Writer()
    run.root("list[bold]x[/bold]", ": True")
    console = Console(width=120, record=True, file=open("/dev/null", "w"))
    with console.file:
        console.print(render_table(summary([*demo_events(), *run.events])))
    text = console.export_text()
    assert "proved, not verified" in text and "timeout 14, memory 1" in text
    assert "list[bold]x[/bold]" in text


def test_the_page_stands_alone_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    write_run(tmp_path, demo_events())
    page = write_report(tmp_path)
    parsed = read_page(page.read_text())
    assert {"lt_irrefl_of_le", "slow_one", "section-cards", "data"} <= parsed.ids
    assert parsed.links and all((tmp_path / link).is_file() for link in parsed.links)
    assert "://" not in page.read_text().replace("http://www.w3.org/2000/svg", "")


def test_only_the_page_s_own_scripts_may_run(tmp_path: Path) -> None:
    page = html(RunView.of(demo_events()), "run", {})
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert "unsafe" not in policy and "default-src 'none'" in policy
    for text, part in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{part} 'sha256-{digest}'" in policy


def test_events_from_elsewhere_name_no_file_outside_their_run(tmp_path: Path) -> None:
    run = Writer()
    run.start()
    goal = run.root("p", ": A")
    run.attempt(goal, "portfolio:rfl", PROVED)
    run.add("assembled", problem=goal, file="../secret.lean", verdict=asdict(PROVED))
    (tmp_path / "secret.lean").write_text("theorem secret")
    write_run(tmp_path / "run", run.events[:-1])
    with RunStore.resume(tmp_path / "run") as store:
        store.append(run.events[-1])
    assert "theorem secret" not in write_report(tmp_path / "run").read_text()


def test_writing_the_report_again_gives_the_same_page(tmp_path: Path) -> None:
    write_run(tmp_path, demo_events())
    first = write_report(tmp_path).read_text()
    assert write_report(tmp_path).read_text() == first


def test_graphs_can_be_read_back_by_networkx(tmp_path: Path) -> None:
    graph = write_run(tmp_path, demo_events())
    write_report(tmp_path)
    data = json.loads((tmp_path / "graph" / "sum_odd_is_square.json").read_text())
    loaded = nx.node_link_graph(data, edges="edges")
    assert set(loaded) == {name for name in graph.network if name.startswith("sum_odd_is_square")}
    assert loaded.nodes["sum_odd_is_square"]["proof"] == "sum_odd_is_square/2"
    assert (tmp_path / "graph" / "sum_odd_is_square.svg").read_text().startswith("<svg")


def test_text_from_outside_cannot_become_markup() -> None:
    run = Writer()
    bad = "<script>alert(1)</script>"
    goal = run.root("p", f": {bad} < 1", bad, bad)
    run.attempt(goal, f"model:{bad}", PROVED, bad)
    run.close(goal, "proved", bad)
    text = html(RunView.of(run.events), bad, {"p": bad})
    parsed = read_page(text)
    assert bad not in text and parsed.scripts == 2
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert data["problems"]["p"]["informal"] == bad


def test_an_empty_run_has_a_page() -> None:
    read_page(html(RunView(), "empty", {}))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (7260, "2 h 01 min")]
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_disagreement_between_the_tiers_is_an_alarm() -> None:
    run = Writer()
    goal = run.root("cheated", ": 1 + 1 = 2", "")
    run.attempt(goal, "portfolio:decide", PROVED, "by decide")
    file = "quarantine/cheated.lean"
    run.add("assembled", problem=goal, file=file, verdict=asdict(REJECTED))
    run.add("disagreement", problem=goal, file=file, verdict=asdict(REJECTED))
    run.close(goal, "unproved", "tier 2: rejected")
    report = summary(run.events)
    assert report.disagreements == ["cheated"] and report.verified == 0
    assert "THE TIERS DISAGREE on cheated" in headline(report)
    page = html(RunView.of(run.events), "run", {})
    assert "Tier 2 rejects what tier 1 held proved" in page
    assert file in read_page(page).links


def test_a_refuted_problem_says_by_what() -> None:
    run = Writer()
    run.start()
    run.root("p", ": A")
    run.refute("p", PROVED, "n = 3, m = 0")
    run.close("p", "unproved", "refuted: n = 3, m = 0")
    report = summary(run.events)
    (row,) = report.rows
    assert (row.verdict, row.refuted, row.by) == ("refuted", "n = 3, m = 0", "")
    assert headline(report).startswith("0 of 1 verified, 1 refuted; 0 attempts")
    assert "n = 3, m = 0" in html(RunView.of(run.events), "t", {})


def test_a_goal_proved_and_refuted_is_said_loudly() -> None:
    run = Writer()
    run.start()
    run.root("p<q", ": A")
    run.attempt("p<q", "portfolio:rfl", PROVED)
    run.close("p<q", "proved")
    run.refute("p<q", PROVED)
    report = summary(run.events)
    assert report.contradictions == ["p<q"] and report.verified == 0
    assert "BOTH PROVED AND REFUTED: p<q" in headline(report)
    assert "Both proved and refuted: p&lt;q" in html(RunView.of(run.events), "t", {})


def test_a_refuter_that_failed_is_no_judgement_on_proofs() -> None:
    run = Writer()
    run.root("p", ": A")
    run.attempt("p", "portfolio:rfl", inconclusive("timeout"))
    run.refute("p", REJECTED)
    run.close("p", "unproved", "search ended")
    assert summary(run.events).rows[0].verdict == "inconclusive"
