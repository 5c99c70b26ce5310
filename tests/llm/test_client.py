"""The client against a server that fails in ways which a real one cannot be made to."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from prover.config import ModelConfig
from prover.errors import ModelError, ModelRefused, UserError
from prover.llm import client as clients
from prover.llm.client import OpenAIClient
from prover.llm.messages import Call, Message, Reply, Request, Sampling, Usage
from prover.llm.tools import CHECK

CHAT = Request("m", (Message("user", "hello"),), sampling=Sampling(n=2, stop=("END",), seed=7))
RAW = Request("m", prompt="theorem", sampling=Sampling(n=2))
COMPLETION = {
    "id": "x", "object": "text_completion", "created": 1, "model": "served",
    "choices": [
        {"index": i, "text": f" t{i}", "finish_reason": "length",
         "logprobs": {"token_logprobs": [None, -1.0, -3.0], "tokens": ["a"] * 3}}
        for i in range(2)
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11},
}  # fmt: skip
ANSWER = {
    "id": "x", "object": "chat.completion", "created": 1, "model": "served",
    "choices": [
        {"index": 0, "finish_reason": "stop",
         "message": {"role": "assistant", "content": "omega", "reasoning_content": "hm"},
         "logprobs": {"content": [{"token": "a", "logprob": -0.5, "top_logprobs": []}]}}
    ],
}  # fmt: skip


class Server:
    """Answers with what `says` returns: a status and a body; remembers what it was asked."""

    def __init__(self) -> None:
        self.says: Callable[[dict[str, Any]], tuple[int, Any]] = lambda body: (200, COMPLETION)
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        self.under_way = self.most = self.broken = 0
        self.seconds = 0.0
        self.lock = threading.Lock()
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                here.serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self.lock:
            self.asked.append((handler.path, body, handler.headers["Authorization"] or ""))
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        time.sleep(self.seconds)
        status, answer = self.says(body)
        text = json.dumps(answer).encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)
            handler.wfile.flush()
        except OSError:
            self.broken += 1
        with self.lock:
            self.under_way -= 1

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def few_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "RETRIES", 1)


def config(**values: Any) -> ModelConfig:
    return ModelConfig(
        **{"family": "chat-prover", "model": "served", "urls": ["http://x"], **values}
    )


def ask(
    urls: list[str], *requests: Request, revive: clients.Revive | None = None, **values: Any
) -> list[Reply]:
    async def main() -> list[Reply]:
        revivers = {"m": revive} if revive else {}
        async with OpenAIClient({"m": config(**values)}, {"m": urls}, revivers) as client:
            return await asyncio.gather(*(client.sample(request) for request in requests))

    return asyncio.run(main())


def test_raw_completions(server: Server) -> None:
    (reply,) = ask([server.url], RAW)
    assert [s.text for s in reply.samples] == [" t0", " t1"]
    first = reply.samples[0]
    assert (first.finish, first.tokens, first.logprob) == ("length", 3, -2.0)
    usage = reply.usage
    assert (usage.requests, usage.samples) == (1, 2)
    assert (usage.prompt_tokens, usage.completion_tokens) == (5, 6) and usage.seconds > 0
    path, body, _ = server.asked[0]
    assert path == "/v1/completions" and body["prompt"] == "theorem" and body["model"] == "served"
    assert body["n"] == 2 and body["logprobs"] == 0 and "seed" not in body


def test_chats(server: Server) -> None:
    server.says = lambda body: (200, ANSWER)
    (reply,) = ask([server.url], CHAT, extra={"min_p": 0.1})
    assert reply.samples[0].text == "<think>hm</think>omega"
    assert reply.samples[0].logprob == -0.5
    assert reply.usage.prompt_tokens == 0, "a server may not say"
    path, body, _ = server.asked[0]
    assert path == "/v1/chat/completions"
    assert body["messages"] == [{"role": "user", "content": "hello"}]
    assert (body["stop"], body["seed"], body["min_p"]) == (["END"], 7, 0.1)
    assert body["logprobs"] is True and "continue_final_message" not in body


def test_an_unfinished_turn_is_gone_on_with(server: Server) -> None:
    server.says = lambda body: (200, ANSWER)
    messages = (*CHAT.messages, Message("assistant", "by"))
    ask([server.url], Request("m", messages, go_on=True), logprobs=False)
    body = server.asked[0][1]
    assert body["continue_final_message"] is True and body["add_generation_prompt"] is False
    assert "logprobs" not in body


def test_tools_and_their_answers(server: Server) -> None:
    called = {"id": "c1", "type": "function", "function": {"name": "check_lean", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [called]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    server.says = lambda body: (200, {**ANSWER, "choices": [choice]})
    turns = (
        Message("assistant", "", (Call("c0", "check_lean", "{}"),)),
        Message("tool", "no", call="c0"),
    )
    (reply,) = ask([server.url], Request("m", (*CHAT.messages, *turns), tools=(CHECK,)))
    assert (
        reply.samples[0].calls == (Call("c1", "check_lean", "{}"),) and reply.samples[0].text == ""
    )
    body = server.asked[0][1]
    assert body["tools"][0]["function"]["name"] == "check_lean"
    assert body["messages"][1]["tool_calls"][0]["id"] == "c0"
    assert body["messages"][2] == {"role": "tool", "content": "no", "tool_call_id": "c0"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_asked_again(server: Server, status: int) -> None:
    answers = iter([(status, {"error": {"message": "busy"}}), (200, COMPLETION)])
    server.says = lambda body: next(answers)
    assert len(ask([server.url], RAW)[0].samples) == 2
    assert len(server.asked) == 2


def test_a_refused_request_says_why_and_is_not_asked_again(server: Server) -> None:
    server.says = lambda body: (400, {"error": {"message": "the prompt is too long"}})
    with pytest.raises(ModelRefused, match="too long"):
        ask([server.url], RAW)
    assert len(server.asked) == 1


def test_a_model_that_refuses_everything_is_at_fault_itself(server: Server) -> None:
    server.says = lambda body: (400, {"error": {"message": "no logprobs here"}})

    async def main() -> list[BaseException]:
        async with OpenAIClient({"m": config()}, {"m": [server.url]}) as client:
            return [await failure(client) for _ in range(clients.IN_VAIN)]

    *first, last = asyncio.run(main())
    assert all(isinstance(exc, ModelRefused) for exc in first)
    assert not isinstance(last, ModelRefused) and "no logprobs here" in str(last)


async def failure(client: OpenAIClient) -> BaseException:
    with pytest.raises(ModelError) as caught:
        await client.sample(RAW)
    return caught.value


def test_once_it_has_answered_refusals_are_the_requests_fault(server: Server) -> None:
    async def main() -> list[BaseException]:
        async with OpenAIClient({"m": config()}, {"m": [server.url]}) as client:
            await client.sample(RAW)
            server.says = lambda body: (400, {"error": {"message": "too long"}})
            return [await failure(client) for _ in range(2 * clients.IN_VAIN)]

    assert all(isinstance(exc, ModelRefused) for exc in asyncio.run(main()))


def test_an_answer_that_takes_too_long_is_none(server: Server) -> None:
    """And is not asked for again: the server would work on two."""
    server.seconds = 0.6

    async def main() -> list[BaseException]:
        models = {"m": config(seconds=0.1, permits=20)}
        async with OpenAIClient(models, {"m": [server.url]}) as client:
            return [await failure(client) for _ in range(clients.IN_VAIN)]

    *first, last = asyncio.run(main())
    assert all("within 0.1 seconds" in str(exc) for exc in first)
    assert all(isinstance(exc, ModelRefused) for exc in first)
    assert not isinstance(last, ModelRefused), "by then it hangs"
    assert len(server.asked) == clients.IN_VAIN


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_model_that_cannot_be_asked(server: Server, status: int) -> None:
    server.says = lambda body: (status, {"error": {"message": "no"}})
    with pytest.raises(ModelError, match="prover models check") as caught:
        ask([server.url], RAW)
    assert not isinstance(caught.value, ModelRefused)


def test_a_dead_server_of_ours_is_revived_and_asked_anew(server: Server) -> None:
    server.says = lambda body: (500, {"error": {"message": "the engine is dead"}})
    revived = 0

    async def revive() -> None:
        nonlocal revived
        revived += 1
        await asyncio.sleep(2.5)  # longer than a request may take
        server.says = lambda body: (200, COMPLETION)

    assert len(ask([server.url], RAW, revive=revive, seconds=2.0)[0].samples) == 2
    assert revived == 1


def test_one_that_dies_each_time_is_given_up(server: Server) -> None:
    server.says = lambda body: (500, {"error": {"message": "the engine is dead"}})

    async def revive() -> None:
        pass

    with pytest.raises(ModelError, match="the engine is dead"):
        ask([server.url], RAW, revive=revive)
    assert len(server.asked) == (clients.REVIVALS + 1) * (clients.RETRIES + 1)


def test_nobody_there() -> None:
    with pytest.raises(ModelError, match="does not answer"):
        ask(["http://127.0.0.1:9/v1"], RAW)


def test_permits_bound_what_is_under_way(server: Server) -> None:
    server.seconds = 0.05
    ask([server.url], *[RAW] * 9, permits=3)
    assert server.most == 3 and len(server.asked) == 9


def test_endpoints_share_the_work(server: Server) -> None:
    other = Server()
    server.seconds = other.seconds = 0.05
    try:
        ask([server.url, other.url], *[RAW] * 8)
        assert len(server.asked) == len(other.asked) == 4
    finally:
        other.close()


def test_what_is_no_answer_of_the_protocol_is_said(server: Server) -> None:
    server.says = lambda body: (200, "<html>log in</html>")
    with pytest.raises(ModelError, match="not the OpenAI protocol"):
        ask([server.url], RAW)


def test_where_one_endpoint_is_down_the_others_answer(server: Server) -> None:
    async def main() -> None:
        urls = ["http://127.0.0.1:9/v1", server.url]
        async with OpenAIClient({"m": config()}, {"m": urls}) as client:
            for _ in range(3):
                assert len((await client.sample(RAW)).samples) == 2
            assert [e.down for e in client._endpoints["m"]] == [True, False]

    asyncio.run(main())
    assert len(server.asked) == 3


def test_a_cancelled_request_closes_its_connection(server: Server) -> None:
    server.seconds = 0.6
    server.says = lambda body: (200, {**COMPLETION, "padding": "x" * 5_000_000})

    async def main() -> None:
        async with OpenAIClient({"m": config()}, {"m": [server.url]}) as client:
            task = asyncio.ensure_future(client.sample(RAW))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.8)

    asyncio.run(main())
    assert server.broken == 1 and len(server.asked) == 1


def test_a_key_comes_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="MY_KEY"):
        ask([server.url], RAW, key_env="MY_KEY")
    monkeypatch.setenv("MY_KEY", "secret")
    ask([server.url], RAW, key_env="MY_KEY")
    assert server.asked[0][2] == "Bearer secret"


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3, 4, 0.5) + Usage(1, 1, 1, 1, 0.25) == Usage(2, 3, 4, 5, 0.75)
