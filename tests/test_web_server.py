"""What the local server gives out, and to whom."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from run_events import Writer, demo_events, write_run

from prover.errors import UserError
from prover.store import EVENTS, encode
from prover.web_server import Server, Site, is_ours


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with Server(Site(folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(server: Server, path: str, method: str = "GET", host: str = "") -> tuple[int, str, str]:
    """Status, headers as text, body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    try:
        connection.putrequest(method, path, skip_host=bool(host))
        if host:
            connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, str(answer.headers), answer.read().decode()
    finally:
        connection.close()


def news(site: Site, since: int, run: str = "") -> dict[str, object]:
    found = site.answer(f"/data.json?since={since}" + (f"&run={run}" if run else ""))
    assert found.status == 200
    return dict(json.loads(found.body))


def test_a_run_is_shown_and_only_read_from(tmp_path: Path) -> None:
    write_run(tmp_path / "run", demo_events())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with serving(tmp_path / "run") as server:
        assert server.url.startswith("http://127.0.0.1:")
        status, headers, body = ask(server, "/")
        assert status == 200 and "nosniff" in headers and "sum_odd_is_square" in body
        assert "connect-src 'self'" in body
        assert ask(server, "/proofs/lt_irrefl_of_le.lean")[2].rstrip().endswith("omega")
        assert ask(server, "/proofs/lt_irrefl_of_le.cert.json")[0] == 200
        assert ask(server, "/graph/sum_odd_is_square.svg")[2].startswith("<svg")
        assert ask(server, "/", "POST")[0] == ask(server, "/", "HEAD")[0] == 405
        assert ask(server, "/", host="evil.example")[0] == 403
        assert ask(server, "/", host="localhost:1")[0] == 200
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


@pytest.mark.parametrize(
    "path",
    ["/config.yaml", "/events.jsonl", "/../run/config.yaml", "/%2e%2e/%2e%2e/etc/passwd",
     "/proofs/../config.yaml", "/proofs/none.lean", "//etc/passwd", "/graph/x.svg", "//["],
)  # fmt: skip
def test_nothing_else_is_given_out(tmp_path: Path, path: str) -> None:
    write_run(tmp_path, demo_events())
    assert Site(tmp_path).answer(path).status == 404


def test_news_follow_the_run(tmp_path: Path) -> None:
    events = demo_events()
    write_run(tmp_path, events[:10])
    site = Site(tmp_path)
    first = news(site, 0)
    assert first["events"] == 10 and first["finished"] is False
    with (tmp_path / EVENTS).open("ab") as file:
        file.writelines(encode(event) for event in events[10:])
    later = news(site, 10)
    assert later["events"] == len(events) and later["finished"] is True
    assert "lt_irrefl_of_le" not in dict(later["problems"])  # type: ignore[call-overload]
    assert "problems verified" in str(later["sections"])


def test_a_page_of_a_run_that_is_gone_is_told_so(tmp_path: Path) -> None:
    write_run(tmp_path, demo_events())
    site = Site(tmp_path)
    token = f"{tmp_path.name}.0"
    assert news(site, 3, token)["events"]
    run = Writer()
    run.start()
    (tmp_path / EVENTS).write_bytes(encode(run.events[0]))
    assert site.answer(f"/data.json?since=3&run={token}").status == 409
    assert site.answer("/data.json?since=99").status == 409
    assert site.answer("/data.json?since=-1").status == 400


def test_a_folder_of_runs_has_a_list(tmp_path: Path) -> None:
    for name in ("first run", "b<"):
        write_run(tmp_path / name, demo_events())
    site = Site(tmp_path)
    listed = site.answer("/").body
    assert 'href="first%20run/"' in listed and "b&lt;" in listed
    assert '<td class="num ok">2<td class=num>6<td>finished' in listed
    assert site.answer("/first%20run").headers["Location"] == "/first%20run/"
    assert "sum_odd_is_square" in site.answer("/first%20run/").body
    assert site.answer("/b%3C/data.json").status == 200
    assert site.answer("/none/").status == 404


def test_a_broken_run_is_said_to_be_so(tmp_path: Path) -> None:
    write_run(tmp_path, demo_events())
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(b"nonsense\n")
    with serving(tmp_path) as server:
        status, _, body = ask(server, "/")
    assert status == 500 and "is no event" in body
    with pytest.raises(UserError, match="no folder"):
        Site(tmp_path / "none")


def test_the_command_serves_until_ctrl_c(tmp_path: Path) -> None:
    write_run(tmp_path, demo_events())
    # A shell's background jobs ignore SIGINT, and the tests may be run in one.
    heeds = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    main = f"{heeds}from prover.cli import main; main()"
    words = [sys.executable, "-c", main, "serve", str(tmp_path)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            url = child.stdout.readline().strip()
            with urllib.request.urlopen(url, timeout=10) as answer:
                assert "sum_odd_is_square" in answer.read().decode()
            child.send_signal(signal.SIGINT)
            assert child.wait(timeout=10) == 0
        finally:
            child.kill()


@pytest.mark.parametrize(
    ("host", "asked", "ours"),
    [("127.0.0.1", "127.0.0.1:8000", True), ("127.0.0.1", "localhost", True),
     ("::1", "[::1]:80", True), ("127.0.0.1", "a.example:80", False), ("127.0.0.1", "", False),
     ("127.0.0.1", "[", False), ("localhost", "localhost:9", True), ("0.0.0.0", "a.example", True)],
)  # fmt: skip
def test_who_may_ask(host: str, asked: str, ours: bool) -> None:
    assert is_ours(host, asked) is ours
