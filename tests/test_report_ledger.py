"""What the ledger looks like: in the terminal, on the page, as JSON."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from html.parser import HTMLParser

from rich.console import Console
from run_events import REJECTED, Writer, demo_events

from prover.graph import ProofGraph
from prover.llm.messages import Usage
from prover.report_ledger import ledger_html, ledger_json, over_time, render_ledger, rows

USAGE = Usage(2, 2, 1000, 200, 3.0, 0, 0.5)


def text(graph: ProofGraph) -> str:
    table = render_ledger(graph)
    assert table is not None
    console = Console(width=200, record=True, quiet=False, file=open("/dev/null", "w"))
    with console.file:
        console.print(table)
    return console.export_text()


def with_models() -> ProofGraph:
    run = Writer()
    run.start()
    run.root("p", ": P")
    run.attempt("p", "seven:sample", REJECTED)
    run.add("sampled", goal="p", model="x", purpose="sample", how="asked", usage=asdict(USAGE))
    return ProofGraph.of(run.events)


def test_nothing_spent_is_nothing_to_show() -> None:
    assert render_ledger(ProofGraph()) is None and ledger_html(ProofGraph()) == ""


def test_the_table_has_stages_their_sum_and_the_share_of_one_proof() -> None:
    graph = ProofGraph.of(demo_events())
    named = [row[0] for row in rows(graph)]
    assert named[-2:] == ["in all", "a verified proof"]
    assert {"attempts", "sketches", "tier 2"} <= set(named)
    total, each = rows(graph)[-2:]
    assert math.isclose(float(total[2]), graph.spending.seconds, abs_tol=0.05)
    assert math.isclose(float(each[2]), graph.spending.seconds / 2, abs_tol=0.05)
    shown = text(graph)
    assert "timeout 15, memory 2" in shown or "timeout" in shown
    assert "money" not in shown and "proofs over time: 1 by" in shown


def test_what_models_cost_is_shown_where_there_are_models() -> None:
    shown = text(with_models())
    assert "tokens in" in shown and "1000" in shown and "0.50" in shown
    assert over_time(with_models()) == "" and "a verified proof" not in shown


def test_all_is_in_vain_without_a_proof() -> None:
    total = rows(with_models())[-1]
    assert total[0] == "in all" and total[2] == total[3]


def test_every_list_of_the_json_adds_up() -> None:
    for graph in (ProofGraph.of(demo_events()), with_models()):
        data = json.loads(json.dumps(ledger_json(graph)))
        for key in ("tests", "lean_seconds", "tokens_in", "money", "retries"):
            for part in ("stages", "problems", "entries"):
                found = sum(row.get(key, 0) for row in data[part])
                assert math.isclose(found, data["total"][key], abs_tol=0.01), (part, key)
        times = data["proofs_over_time"]
        assert [point["proofs"] for point in times] == list(range(1, len(times) + 1))


def test_the_page_has_a_table_of_its_own() -> None:
    class Rows(HTMLParser):
        found = 0

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found += tag == "tr"

    graph = ProofGraph.of(demo_events())
    parser = Rows()
    parser.feed(ledger_html(graph))
    assert parser.found == len(rows(graph)) + 1
