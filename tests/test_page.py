"""The page in a real browser: unfolding, filters, a run that goes on, and no complaint of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser, Page, find
from run_events import PROVED, Writer, demo_events, write_run

from prover.report_page import write_report
from prover.store import EVENTS, encode
from prover.web_server import Server, Site

PROGRAM = find()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine")

HELPERS = """
window.all = (selector) => [...document.querySelectorAll(selector)];
window.names = () => all("#list > details > summary > .name").map((name) => name.textContent);
window.chip = (text) => all(".chip").find((chip) => chip.textContent.startsWith(text)).click();
window.unfold = (selector) => document.querySelector(selector + " > summary").click();
window.type = (text) => {
  const box = document.getElementById("search");
  box.value = text;
  box.dispatchEvent(new Event("input"));
};
0
"""
BOLD = "<b>bold</b>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert PROGRAM is not None
    with Browser(PROGRAM) as made:
        yield made


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = Writer()
    run.root("odd'name", f": {BOLD} < 1", BOLD)
    events = demo_events()
    folder = tmp_path_factory.mktemp("report")
    write_run(folder, [*events[:-1], *run.events, events[-1]])
    return write_report(folder)


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    """The report, opened as a file; at the end nothing may have gone wrong in it."""
    made = browser.page()
    yield opened(made, report.as_uri())
    assert made.complaints() == []


def opened(page: Page, url: str) -> Page:
    page.open(url)
    page.value(HELPERS)
    return page


def test_a_problem_unfolds_to_its_goals_attempts_and_proofs(page: Page) -> None:
    assert page.value("all('details.goal').length") == 0  # nothing is drawn before it is asked for
    page.value("unfold('#sum_odd_is_square')")
    page.until("all('#sum_odd_is_square details.goal').length === 3")
    assert page.value("all('#sum_odd_is_square svg.pg').length") == 1
    assert page.value(
        "all('#sum_odd_is_square details.sketch.route .lean-tactic')[0].textContent"
    ) == ("induction")
    assert page.value("all('#sum_odd_is_square .lean-sorry').length") >= 2
    page.value("unfold('#sum_odd_is_square details.goal .part')")
    page.until("all('#sum_odd_is_square .row').length === 9")
    first = "all('#sum_odd_is_square .row')[0]"
    assert page.value(f"{first}.textContent").count("unsolved goals") == 1
    page.value(f"{first}.querySelector('summary').click()")
    page.until(f"{first}.querySelector('.lean-tactic')?.textContent === 'rfl'")


def test_failures_are_filtered_by_kind_and_problems_by_verdict(page: Page) -> None:
    assert page.value("names().length") == 7
    page.value("chip('memory')")
    assert page.value("names()") == ["goldbach_small", "slow_one"]
    page.value("unfold('#goldbach_small')")
    page.until("all('#goldbach_small .row').length === 1")
    assert "memory" in page.value("all('#goldbach_small .row')[0].textContent")
    page.value("chip('inconclusive')")
    assert page.value("names()") == ["slow_one"]
    assert page.value("document.getElementById('count').textContent") == "1 of 7 problems shown"
    page.value("chip('memory'); chip('inconclusive'); chip('unsolved goals')")
    assert page.value("names()") == ["lt_irrefl_of_le", "sum_odd_is_square", "goldbach_small"]


def test_text_is_looked_for_in_statements_attempts_and_messages(page: Page) -> None:
    page.value("type('ackermann')")
    assert page.value("names()") == ["slow_one"]
    page.value("type('model:tiny')")
    assert page.value("names()") == ["sum_odd_is_square"]
    page.value("type('gave up: crash')")
    assert page.value("names()") == ["odd_one_out"]
    page.value("type('nothing like it')")
    assert page.value("names()") == []


def test_keys_alone_will_do(page: Page) -> None:
    page.key("/", 191, "/")
    assert page.value("document.activeElement.id") == "search"
    for _ in range(20):
        if page.value("document.activeElement.parentElement.id") == "lt_irrefl_of_le":
            break
        page.key("Tab", 9)
    page.key("Enter", 13, "\r")
    page.until("document.getElementById('lt_irrefl_of_le').open")
    page.until("all('#lt_irrefl_of_le details.goal').length === 1")


def test_text_stays_text(page: Page) -> None:
    page.value("document.getElementById(`odd'name`).querySelector('summary').click()")
    page.value("type('bold')")
    assert BOLD in page.value("document.getElementById('list').textContent")
    assert page.value("all('#list b').filter((b) => b.textContent === 'bold').length") == 0


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("theorem a : 2 ≤ b := by", "keyword symbol number symbol symbol keyword"),
        ("-- by /- omega\nsimp /- a /- b -/ c -/ sorry", "comment tactic comment sorry"),
        ('"by \\" -- x" h.1 x\' simp_all', "string tactic"),
        ("/- never closed by omega", "comment"),
        ("exact ⟨h₁, fun x => rfl⟩", "tactic symbol keyword symbol tactic symbol"),
    ],
)
def test_lean_is_coloured_and_nothing_of_it_lost(page: Page, text: str, looks: str) -> None:
    tokens = page.value(f"leanTokens({json.dumps(text)})")
    assert "".join(piece for piece, _ in tokens) == text
    assert [look for _, look in tokens if look] == looks.split()


def test_plots_are_drawn_and_an_address_unfolds(browser: Browser, report: Path) -> None:
    page = opened(browser.page(), f"{report.as_uri()}#odd_one_out")
    assert page.value("document.getElementById('odd_one_out').open")
    assert page.value("all('#plots figure').length") == 4
    ends = "all('#plots .curve').map((curve) => curve.getAttribute('d').split('V').length - 1)"
    assert page.value(ends) == [2, 2]  # two proofs, over both kinds of time
    assert page.complaints() == []


def test_dark_is_dark(page: Page) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    page.dark(False)
    assert page.value(shade) == "rgb(255, 255, 255)"
    page.dark()
    assert page.value(shade) == "rgb(21, 25, 30)"


def test_without_scripts_there_is_a_table(browser: Browser, report: Path) -> None:
    page = browser.page()
    page.scripts(False)
    page.open(report.as_uri())
    root = page.send("DOM.getDocument")["root"]["nodeId"]
    found = page.send("DOM.querySelectorAll", nodeId=root, selector="#problems tr")
    assert len(found["nodeIds"]) == 8


def test_a_run_that_goes_on_is_followed(browser: Browser, tmp_path: Path) -> None:
    run = Writer()
    run.start()
    goal = run.root("p", ": True ∧ True")
    first = len(run.events)
    left, _ = run.sketch(goal, 0, "structural:and", "by\n  exact ⟨sorry, sorry⟩", [": T", ": T"])
    run.attempt(left, "portfolio:trivial", PROVED)
    run.root("q", ": True")
    write_run(tmp_path, run.events[:first])
    with Server(Site(tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            page = opened(browser.page(), server.url)
            page.value("unfold('#p')")
            page.until("document.getElementById('state').textContent === '○ waiting for news'")
            with (tmp_path / EVENTS).open("ab") as file:
                file.writelines(encode(event) for event in run.events[first:])
            page.until("document.getElementById('state').textContent === '● live'")
            assert page.value("names()") == ["p", "q"]
            assert page.value("document.getElementById('p').open")
            assert page.value("all('#p details.sketch').length") == 1
            assert page.value("all('#latest .tick').length") == 2
            assert page.complaints() == []
        finally:
            server.shutdown()
            thread.join()
    page.until("document.getElementById('state').textContent.startsWith('the server')")
