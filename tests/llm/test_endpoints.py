"""Looks at endpoints, asked over HTTP by the OpenAI client: those of the fake server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from prover.config import ModelConfig
from prover.llm import endpoints
from prover.llm.endpoints import Look
from prover.llm.serving import free_port, serving

FAKE = str(Path(__file__).with_name("fake_vllm.py"))


def served(port: int = 0, **keys: Any) -> ModelConfig:
    serve = {"model": "weights", "command": [sys.executable, FAKE], "port": port, **keys}
    return ModelConfig(family="x", model="m", serve=serve)  # type: ignore[arg-type]


def look(model: ModelConfig) -> Look:
    return asyncio.run(endpoints.look_at_all({"a": model}))[0]


def test_looks_at_a_running_server(tmp_path: Path) -> None:
    port = free_port()

    async def body() -> list[Look]:
        async with serving({"a": served(port)}, lambda *_: None, tmp_path) as servers:
            url = servers["a"].url
            models = {
                "served": served(port),
                "there": ModelConfig(family="x", model="m", urls=[url]),
                "any": ModelConfig(family="x", urls=[url]),
                "other": ModelConfig(family="x", model="other", urls=[url, url]),
            }
            return await endpoints.look_at_all(models)

    looks = asyncio.run(body())
    assert [look.name for look in looks] == ["served", "there", "any", "other", "other"]
    assert [look.ok for look in looks] == [True, True, True, False, False]
    assert all(look.tokens == 2 and 0 < look.seconds < 10 for look in looks[:3])
    assert looks[0].url == f"http://127.0.0.1:{port}/v1"
    assert "it serves no 'other' but m" in looks[3].said


def test_nobody_there() -> None:
    found = look(ModelConfig(family="x", urls=[f"http://127.0.0.1:{free_port()}/v1"]))
    assert not found.ok
    assert "Connection error" in found.said and "NOT usable" in found.described()


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    found = look(ModelConfig(family="x", urls=["http://127.0.0.1:1/v1"], key_env="NO_SUCH_KEY"))
    assert not found.ok and "NO_SUCH_KEY is not set" in found.said


def test_a_server_that_does_not_run_is_looked_at_on_the_disk(tmp_path: Path) -> None:
    good = look(served(free_port()))
    assert good.ok and "not running" in good.described() and sys.executable in good.said
    gone = look(served(command=["no-such-vllm"]))
    assert not gone.ok and "no program 'no-such-vllm'" in gone.said
    empty = look(served(model=str(tmp_path / "none")))
    assert not empty.ok and "there is no folder" in empty.said


@contextmanager
def answering(status: int, text: bytes) -> Iterator[str]:
    """An HTTP server that knows one answer."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "text"),
    [(500, b"broken"), (200, b"<html>"), (200, b"{}"), (404, b"{}"), (200, b'{"data": []}')],
)
def test_what_is_no_such_endpoint(status: int, text: bytes) -> None:
    with answering(status, text) as url:
        found = look(ModelConfig(family="x", urls=[url]))
    assert not found.ok and found.said
