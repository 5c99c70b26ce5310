"""The embedded Lean's host, with the real Lean: traps, resets, long lines, a closed file system."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import psutil
import pytest

from prover.lean import toolchain
from prover.lean.embedded.places import HOST, node

pytestmark = [pytest.mark.lean, pytest.mark.slow]

STATEMENT = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
DEEP = "theorem t : (List.range 4000).foldl (· + ·) 0 = 7998000"
DEEP_BODY = "by\n  set_option maxRecDepth 100000000 in\n  decide"


class Host:
    def __init__(self, installation: toolchain.Installation, flags: Sequence[str] = ()) -> None:
        argv, env = toolchain.serve_command(installation)
        argv[1:1] = flags
        self.process = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.ready = self.read()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout
        reply = json.loads(self.process.stdout.readline())
        assert isinstance(reply, dict)
        return reply

    def send(self, line: bytes) -> dict[str, Any]:
        assert self.process.stdin
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return self.read()

    def ask(self, **fields: Any) -> dict[str, Any]:
        request = {"id": "7", "heartbeats": 40000, **fields}
        return self.send(json.dumps(request, ensure_ascii=False).encode())

    def judge(self, body: str, statement: str = STATEMENT, **fields: Any) -> dict[str, Any]:
        return self.ask(op="judge", statement=statement, body=body, **fields)

    def rss(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def close(self) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(20)
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def host(installation: toolchain.Installation) -> Iterator[Host]:
    started = Host(installation)
    yield started
    assert started.close() == 0


def test_a_reply_says_what_it_cost_whatever_else_the_machine_does(host: Host) -> None:
    """The clock runs while others compute; the thread's own time does not."""
    cheap, dear = host.judge("by omega"), host.judge(DEEP_BODY, DEEP)
    assert 0 < cheap["cpu"] < dear["cpu"]


def test_ready_line(host: Host) -> None:
    assert host.ready["ready"] is True and "4.28" in host.ready["lean"]
    assert host.ready["instantiate_ms"] > 0 and host.ready["load_ms"] > 0


def test_compiled_code_is_taken_back(host: Host) -> None:
    assert host.ready["compiled"] is True


def test_compiled_code_of_another_engine_is_not(installation: toolchain.Installation) -> None:
    other = Host(installation, ["--no-wasm-loop-peeling"])
    assert other.ready["compiled"] is False
    assert other.judge("by omega")["verdict"] == "proved"
    assert other.close() == 0


def test_what_a_new_lean_is_warmed_with(host: Host) -> None:
    script = "console.log(JSON.stringify(require(process.argv[1]).requests()))"
    argv = [str(node()), "-e", script, str(HOST / "warm.cjs")]
    requests = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    for request in dict.fromkeys(requests):
        assert host.send(request.encode())["ok"], request


def test_a_proof_and_a_wrong_one(host: Host) -> None:
    assert host.judge("by omega")["verdict"] == "proved"
    assert host.judge("by simp_arith_nonsense")["verdict"] == "rejected"


def test_fresh(host: Host) -> None:
    for _ in range(3):
        assert host.judge("by omega", fresh=True)["verdict"] == "proved"


def test_many_stack_overflows(host: Host) -> None:
    for _ in range(25):
        reply = host.judge(DEEP_BODY, DEEP, heartbeats=0)
        assert reply["id"] == "7" and not reply["ok"] and reply["trap"] == "stack overflow"
    assert host.judge("by omega")["verdict"] == "proved"


def test_long_and_foreign_lines(host: Host) -> None:
    body = "by\n  -- " + "é𝔸" * 50_000 + "\n  omega"
    assert host.judge(body)["verdict"] == "proved"
    for line in (b"", b"nonsense", b"[1]", b'{"id": "\xff"}', b'{"id": 3'):
        assert host.send(line)["kind"] == "request"
    assert host.judge("by omega")["verdict"] == "proved"


def test_memory_stays_flat(host: Host) -> None:
    for _ in range(150):
        host.judge("by omega")
    before = host.rss()
    for _ in range(450):
        host.judge("by omega")
    assert host.rss() - before < 100 * 1024 * 1024
