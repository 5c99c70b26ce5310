"""A `vllm serve` that is a fake but a real process: `fake_vllm.py serve MODEL --port N ...`.

It speaks the few HTTP paths that starting, watching and adapters need, and like vLLM it has a
worker process of its own. FAKE in its environment, words separated by blanks, says how it behaves:
slow=SECONDS, dies, hushed (never healthy), stubborn (ignores SIGTERM, its worker has left the
process group), floods, refuses (adapters), fragile (ends when its worker does, as vLLM does).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAKE = dict(word.partition("=")[::2] for word in os.environ.get("FAKE", "").split())
WORK = "import time; time.sleep(600)"
IGNORE = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def arguments() -> Namespace:
    parser = ArgumentParser()
    parser.add_argument("serve")
    parser.add_argument("model")
    parser.add_argument("--port", type=int)
    parser.add_argument("--served-model-name", nargs="+")
    parser.add_argument("--lora-modules", nargs="*", default=[])
    return parser.parse_known_args()[0]


class Handler(BaseHTTPRequestHandler):
    names: list[str] = []

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(503 if "hushed" in FAKE else 200, {})
        else:
            self.answer(200, {"object": "list", "data": [model(name) for name in self.names]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if key := os.environ.get("VLLM_API_KEY"):
            if self.headers["Authorization"] != f"Bearer {key}":
                return self.answer(401, {"error": "Unauthorized"})
        if self.path == "/v1/load_lora_adapter":
            if "refuses" in FAKE:
                return self.answer(500, {"error": {"message": "no room for adapters"}})
            self.names.append(body["lora_name"])
            return self.answer(200, {})
        if self.path == "/v1/unload_lora_adapter":
            self.names.remove(body["lora_name"])
            return self.answer(200, {})
        if body["model"] not in self.names:
            return self.answer(404, {"error": {"message": f"no model {body['model']}"}})
        if body.get("prompt") == "die":
            print("RuntimeError: CPU Generator does not use offset", flush=True)
            os._exit(1)
        self.answer(200, reply(body["model"], chat="messages" in body))

    def answer(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "fake"}


def reply(name: str, chat: bool) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": None}
    choice |= {"message": {"role": "assistant", "content": "rfl"}} if chat else {"text": "rfl"}
    return {
        "id": "1", "created": 0, "model": name, "choices": [choice],
        "object": "chat.completion" if chat else "text_completion",
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }  # fmt: skip


def main() -> None:
    args = arguments()
    print(f"(APIServer pid={os.getpid()}) INFO 11-21 15:00:00 [api.py:1] loading {args.model}")
    sys.stdout.flush()
    time.sleep(float(FAKE.get("slow", 0)))
    if "dies" in FAKE:
        print("Traceback (most recent call last):\n  File x\nValueError: no such weights")
        print("RuntimeError: Engine core initialization failed. See root cause above.", flush=True)
        sys.exit(1)
    stubborn = "stubborn" in FAKE
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    worker = subprocess.Popen(
        [sys.executable, "-c", f"{IGNORE}; {WORK}" if stubborn else WORK],
        start_new_session=stubborn,
    )
    if "fragile" in FAKE:
        threading.Thread(target=lambda: (worker.wait(), os._exit(1)), daemon=True).start()
    if "floods" in FAKE:
        threading.Thread(target=flood, daemon=True).start()
    Handler.names = args.served_model_name + [m.partition("=")[0] for m in args.lora_modules]
    ThreadingHTTPServer(("127.0.0.1", args.port), Handler).serve_forever()


def flood() -> None:
    """80 MB, which is more than a log may have."""
    line = b"x" * 80 + b"\n"
    for _ in range(1_000):
        os.write(1, line * 1_000)


if __name__ == "__main__":
    main()
