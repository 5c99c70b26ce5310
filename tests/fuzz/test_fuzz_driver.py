"""The real driver on requests of any kind: one reply for each, and its judgement unharmed."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prover.lean.process import ProcessSpec

pytestmark = [pytest.mark.lean, pytest.mark.slow]

SECONDS = 60.0
OPS = ["ping", "statement", "judge", "sketch", "goal.start", "goal.step", "goal.free", "file"]
TOKENS = st.sampled_from(
    "theorem t : := by sorry rfl exact fun => ( ) ⟨ ⟩ [ ] { } ∀ ∃ → ¬ = + 1 0 n Nat Prop True False"
    " let have at with | <;> · @ _ ?x .. ; , simp omega decide induction cases end namespace axiom"
    " #eval open in set_option private «a b» -- /- -/ \" ' ` `( $x notation macro def mutual"
    " instance where deriving termination_by \n \t".split(" ")
)
LEAN = st.lists(TOKENS, max_size=15).map(" ".join)
WEIRD = st.sampled_from(
    ["\x00", "\x00theorem t : True", "\u202e\ufeff", "é́", "\U0010ffff", "\r\n", "«", "a" * 300_000,
     "theorem " + "a." * 3000 + "b : True", "(" * 300, "\n" * 20_000, "9" * 20_000, "-" * 2000]
)  # fmt: skip
STATEMENTS = st.sampled_from(
    ["theorem t : True", "theorem t (n : Nat) : n = n", "theorem t : 1 = 2", "theorem True : 1 = 1",
     "theorem «a\" b» : True", "theorem t.{u} (α : Type u) (a : α) : a = a", "theorem t"]
)  # fmt: skip
TEXTS = LEAN | WEIRD | STATEMENTS | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.sampled_from([1, 400, 20_000, -1, 2**31, 2**64, 10**30, -(10**30), 0.5, 1e300, -0.0])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
LEMMAS = st.lists(
    st.fixed_dictionaries({"statement": STATEMENTS | TEXTS, "body": TEXTS}), max_size=2
)
ILL_TYPED = st.fixed_dictionaries(
    {"op": st.sampled_from(OPS) | st.sampled_from(["judge", "sketch", "file"]) | VALUES},
    optional={
        "header": st.sampled_from(["", "def f := 1", "namespace A", "end", "variable (n : Nat)"])
        | TEXTS | VALUES,
        "statement": STATEMENTS | TEXTS | VALUES,
        "body": st.sampled_from(["trivial", "by rfl", "by\n  sorry", "rfl"]) | TEXTS | VALUES,
        "text": st.builds("{} := {}".format, STATEMENTS, TEXTS) | TEXTS | VALUES,
        "against": st.fixed_dictionaries({"header": TEXTS, "statement": STATEMENTS}) | VALUES,
        "lemmas": LEMMAS | VALUES,
        "tactic": TEXTS | VALUES,
        "state": NUMBERS | VALUES,
        "states": st.lists(NUMBERS, max_size=3) | VALUES,
        "prefix": TEXTS | VALUES,
        "heartbeats": NUMBERS | VALUES,
        "extra": VALUES,
    },
)  # fmt: skip
TACTICS = LEAN.map("by {}".format) | st.builds(
    "by\n  {}\n  {}".format, st.sampled_from(["intro x", "simp", "skip", "constructor"]), LEAN
)
WELL_TYPED = st.fixed_dictionaries(
    {
        "op": st.sampled_from(OPS),
        "header": st.sampled_from(["", "def f := 1", "namespace A", "variable (n : Nat)"]) | LEAN,
        "statement": STATEMENTS | st.builds("theorem t : {}".format, LEAN),
        "body": TACTICS | TEXTS,
        "text": st.builds("{} := {}\n{}".format, STATEMENTS, TACTICS | TEXTS, LEAN),
        "tactic": LEAN | TEXTS,
        "prefix": st.sampled_from(["s_", "", "«", "a b"]),
        "state": st.integers(0, 3),
        "heartbeats": st.sampled_from([400, 20_000]),
    }
)
FIELDS = ILL_TYPED | WELL_TYPED
RAW = st.binary(max_size=40).map(lambda b: b.replace(b"\n", b" ")) | st.sampled_from(
    [b"", b"{}", b"[]", b"null", b"{", b'{"id":"x"', b'{"id":"\xff"}', b'{"id":5,"op":"ping"}',
     b'{"op":"ping","id":"\\ud800"}', b'{"id":"x","op":"judge","body":"\\udfff\\u0000"}',
     b'{"id":"x","id":"y","op":"ping"}', b'{"id":"x","op":"ping","heartbeats":1e999999}',
     b'{"id":"x","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'\xef\xbb\xbf{"op":"ping"}']
)  # fmt: skip
JUDGED = ("proved", "rejected", "inconclusive")


class Driver:
    """The driver's process and its lines, neither encoded nor matched by the code under test."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.process = subprocess.Popen(
            spec.argv, env=dict(spec.env), cwd=spec.cwd, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.lines: queue.Queue[bytes] = queue.Queue()
        self.asked = 0
        threading.Thread(target=self._read, daemon=True).start()
        assert json.loads(self.lines.get(timeout=SECONDS))["ready"] is True

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        buffered, rest = stdout, b""
        while chunk := buffered.read(1 << 20):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                self.lines.put(line)

    def replies(self, line: bytes) -> list[dict[str, Any]]:
        """All that comes before the reply to a ping sent right after the line."""
        self.asked += 1
        ping = f"ping-{self.asked}"
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(line + b"\n" + json.dumps({"id": ping, "op": "ping"}).encode() + b"\n")
        found: list[dict[str, Any]] = []
        until = time.monotonic() + SECONDS
        while not found or found[-1]["id"] != ping:
            found.append(json.loads(self.lines.get(timeout=max(0.1, until - time.monotonic()))))
        return found[:-1]

    def ask(self, **fields: Any) -> dict[str, Any]:
        self.asked += 1
        request = {"id": f"ask-{self.asked}", "heartbeats": 20_000, **fields}
        (reply,) = self.replies(json.dumps(request, ensure_ascii=False).encode())
        assert reply["id"] == request["id"]
        return reply

    def still_judges(self) -> None:
        lt = "theorem t (a b : Nat) (h : a < b) : a + 1 ≤ b"
        known = {
            (lt, "by omega"): "proved",
            (lt, "by simp"): "rejected",
            ("theorem t : 1 + 1 = 3", "by simp"): "rejected",
            ("theorem t : False", "t"): "rejected",
            ("theorem t (p q : Prop) (h : p ∧ q) : q ∧ p", "⟨h.2, h.1⟩"): "proved",
        }
        for (statement, body), verdict in known.items():
            reply = self.ask(op="judge", statement=statement, body=body)
            assert reply.get("verdict") == verdict, reply


@pytest.fixture(scope="module")
def driver(lean_spec: ProcessSpec) -> Iterator[Driver]:
    made = Driver(lean_spec)
    yield made
    made.process.kill()
    made.process.wait()
    for pipe in (made.process.stdin, made.process.stdout):
        assert pipe is not None
        pipe.close()


def well_formed(reply: dict[str, Any]) -> None:
    assert isinstance(reply["id"], str) and isinstance(reply["ok"], bool), reply
    if not reply["ok"]:
        assert "trap" in reply or (reply["kind"] and isinstance(reply["error"], str)), reply
    if "verdict" in reply:
        assert reply["verdict"] in JUDGED, reply
    for theorem in reply.get("theorems", ()):
        assert theorem["verdict"] in JUDGED and theorem["at"] >= 1, theorem


FUZZ = settings(suppress_health_check=list(HealthCheck))


@settings(FUZZ, max_examples=200)
@given(fields=FIELDS)
def test_every_request_gets_one_reply(driver: Driver, fields: dict[str, Any]) -> None:
    reply = driver.ask(**fields)
    well_formed(reply)
    proved = reply["ok"] and fields["op"] == "judge" and reply["verdict"] == "proved"
    assert not (proved and fields.get("statement") == "theorem t : 1 = 2"), reply


@settings(FUZZ, max_examples=60)
@given(line=RAW)
def test_any_line_gets_one_reply(driver: Driver, line: bytes) -> None:
    (reply,) = driver.replies(line)
    assert reply["ok"] is False or json.loads(line)["op"] == "ping"


def test_it_still_knows_true_from_false(driver: Driver) -> None:
    """After all of the above; nothing that was asked has changed what holds."""
    driver.still_judges()
