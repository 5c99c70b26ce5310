"""A run, or a folder of runs, as a local web page that follows what is being written.

It only reads, answers GET alone, and gives out what it knows by name: pages, what is new to them,
pictures, and the files that a run's events name, if they lie within the run. On the machine's own
address it answers for that machine's names only, so that no page from elsewhere can read it by
giving its own name our address (DNS rebinding).
"""

from __future__ import annotations

import functools
import ipaddress
import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from prover.drawing import draw
from prover.errors import UserError, boundary
from prover.page_data import RunView, files
from prover.report_page import assets, inside, page, policy, proof_text, update
from prover.store import EVENTS, file_name
from prover.tail import Glance, Tail, glance, runs_in

HTML, JSON, TEXT, PICTURE = (
    "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8", "image/svg+xml"
)  # fmt: skip

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

LIST_SECONDS = 10
"""After so many the list of runs is loaded anew."""


@dataclass(frozen=True)
class Answer:
    status: int
    type: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class Watched:
    """One run and how far it has been read; one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._begin(0)

    def answer(self, name: str, query: str) -> Answer:
        """`name` is what of the address comes after the run."""
        with self._lock:
            self._read()
            if not name:
                text = page(self.view, self.path.name, self._proof, self.token)
                return Answer(200, HTML, text, {"X-Frame-Options": "DENY"})
            if name == "data.json":
                return self._news(query)
            return self._file(name)

    def _begin(self, number: int) -> None:
        self._number = number
        self._tail, self.view = Tail(self.path), RunView()
        self.token = f"{self.path.name}.{number}"

    def _read(self) -> None:
        events = self._tail.read()
        if events is None:  # the folder was emptied and holds another run
            self._begin(self._number + 1)
            events = self._tail.read() or []
        for event in events:
            self.view.apply(event)

    def _news(self, query: str) -> Answer:
        asked = parse_qs(query)
        since = asked.get("since", ["0"])[0]
        if not since.isdecimal():
            return refusal(400, "since wants a number of events")
        if asked.get("run", [self.token])[0] != self.token or int(since) > self.view.events:
            return refusal(409, "this is another run now")
        return Answer(200, JSON, json_text(update(self.view, self._proof, int(since))))

    def _proof(self, problem: str) -> str:
        return proof_text(self.path, self.view.graph, problem)

    def _file(self, name: str) -> Answer:
        graph = self.view.graph
        for problem in graph.problems:
            if name == f"graph/{file_name(problem)}.svg":
                headers = {"Content-Security-Policy": PICTURE_POLICY}
                return Answer(200, PICTURE, draw(graph, problem), headers)
            if name in [path for _, path in files(graph, problem)] and (
                found := inside(self.path, name)
            ):
                return Answer(200, TEXT, found.read_text(encoding="utf-8"))
        return refusal(404, "there is no such file in this run")


class Site:
    """What there is to see; answers an address."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError if there is no run in it."""
        self.folder = folder
        self.single = runs_in(folder) == [folder]
        self._watched: dict[str, Watched] = {}
        self._glances: dict[Path, tuple[tuple[int, int], Glance]] = {}
        self._lock = threading.Lock()

    def answer(self, address: str) -> Answer:
        raw, _, query = address.partition("?")
        path = unquote(raw).removeprefix("/")
        if self.single:
            return self._run("", self.folder).answer(path, query)
        name, slash, rest = path.partition("/")
        if not name:
            return self._list()
        found = {run.name: run for run in runs_in(self.folder)}
        if name not in found:
            return refusal(404, "there is no such run here")
        if not slash:
            return Answer(308, TEXT, "", {"Location": f"/{quote(name)}/"})
        return self._run(name, found[name]).answer(rest, query)

    def _run(self, name: str, path: Path) -> Watched:
        with self._lock:
            return self._watched.setdefault(name, Watched(path))

    def _list(self) -> Answer:
        with self._lock:
            told = [self._glance(run) for run in runs_in(self.folder)]
        return Answer(200, HTML, list_page(self.folder.resolve().name, told))

    def _glance(self, run: Path) -> Glance:
        about = (run / EVENTS).stat()
        state = about.st_size, about.st_mtime_ns
        if run not in self._glances or self._glances[run][0] != state:
            self._glances[run] = state, glance(run)
        return self._glances[run][1]


def list_page(title: str, runs: list[Glance]) -> str:
    style, script = assets()
    heads = "<th>Run<th class=num>Verified<th class=num>Problems<th>State"
    rows = "\n".join(
        f'<tr><td><a href="{quote(run.name)}/">{escape(run.name)}</a>'
        f'<td class="num ok">{run.verified}<td class=num>{run.problems}'
        f"<td>{'finished' if run.finished else 'not finished'}</tr>"
        for run in runs
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(style, script)}">'
        f'<meta http-equiv="refresh" content="{LIST_SECONDS}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>"
        f'<h1>{escape(title)}</h1><p class="sub">{len(runs)} runs, the newest first</p>'
        f'<div class="scroll"><table><tr>{heads}</tr>\n{rows}\n</table></div></body></html>\n'
    )


def json_text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def refusal(status: int, text: str) -> Answer:
    return Answer(status, TEXT, text + "\n")


class Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "prover", ""

    def __init__(self, site: Site, allowed: Callable[[str], bool], *args: Any) -> None:
        self._site, self._allowed = site, allowed
        super().__init__(*args)

    def do_GET(self) -> None:
        if not self._allowed(self.headers.get("Host", "")):
            self._send(refusal(403, "this server answers to the name of its machine only"))
            return
        try:
            answer = self._site.answer(self.path)
        except UserError as exc:
            answer = refusal(500, str(exc))
        self._send(answer)

    def _refuse(self) -> None:
        self._send(Answer(405, TEXT, "GET only\n", {"Allow": "GET"}))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode("utf-8", "replace")
        self.send_response(answer.status)
        headers = {
            "Content-Type": answer.type,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            **answer.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A page that looks every second and a half would fill the terminal."""


class Server(ThreadingHTTPServer):
    """Serves until it is shut down; `url` is where."""

    daemon_threads = True

    def __init__(self, site: Site, host: str = "127.0.0.1", port: int = 0) -> None:
        """Raises UserError if it cannot listen there."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        handler = functools.partial(Handler, site, functools.partial(is_ours, host))
        with boundary(UserError, f"cannot serve on {host}:{port}"):
            super().__init__((host, port), handler)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # the reader has closed the page
            super().handle_error(request, client_address)


def is_ours(host: str, asked: str) -> bool:
    """May a request with this `Host` header be answered by a server that listens on `host`?"""
    if not is_loopback(host):
        return True  # whoever lets others in knows by what names they come
    try:
        return is_loopback(urlsplit(f"//{asked}").hostname or "")
    except ValueError:
        return False


def is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
