"""The driver's requests and replies: one JSON object a line, both ways (docs/protocol.md).

The Lean side is `lean_project/Driver`. Each request carries an unguessable `id`, echoed by its
reply: a line on stdout that is no JSON object with the awaited id is noise, never a verdict.
Requests are stateless but for `goal.*`: header and statement travel with each one as text and
the driver keeps what it elaborated for them in a small cache.

Every reply has `ok`. `ok: false` means that the request itself could not be served (`error`
says why; `kind` is `header`, `statement`, `request` or `state`). A reply with `trap` comes from
the host: Lean ran out of stack or memory, its image was laid anew, nothing is known.

Operations (fields of the request -> fields of the reply):
ping       -> lean
statement  header, statement -> name, type, key, binders, target, head, constants
judge      header, statement, lemmas [{statement, body}], body, heartbeats
           -> verdict proved|rejected|inconclusive, kind, reason, line, column, axioms, uses,
              heartbeats, failing {line, column, goals [text]} or null
sketch     header, statement, body, heartbeats, prefix
           -> verdict, kind, reason, line, column, heartbeats,
              holes [{start, end, fill, statement, key, binders, target, head, constants}]
goal.start header, statement -> state, goals [text]
goal.step  state, tactic, heartbeats -> state, goals | verdict rejected, reason
goal.free  states -> freed
split      header, statement, text
           -> theorems [{name, statement, body, line, column, sorry, error}],
              target (an index or null), refused [{line, column, kind, why}],
              skipped [{line, column, kind, text}], error {line, column, text} or null
premises   from -> premises [[name, hypotheses, head, constants of the conclusion, all]], next,
              modules
signatures names -> texts
file       text, against {header, statement} or null, heartbeats
           -> theorems [{name, line, verdict, kind, reason, axioms, uses, statement, type}],
              messages
           The ordinary front end over a whole file; `against` asks of every theorem of that
           name whether it states exactly that.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

MAX_LINE = 64 * 1024 * 1024
"""Bytes of the longest line that either side accepts."""

ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: `json.dumps` makes an encoder for every call."""

Request = dict[str, Any]
Reply = dict[str, Any]


def tag(op: str, fields: dict[str, Any]) -> Request:
    """A request with a fresh id that a candidate cannot guess."""
    return {"id": secrets.token_hex(8), "op": op, **fields}


def encode(request: Request) -> bytes:
    return ENCODE(request).encode() + b"\n"


def decode(line: bytes, awaited: str) -> Reply | None:
    """The reply with the awaited id, or None if this line is noise."""
    if not line.startswith(b"{"):
        return None
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):  # the latter for what is nested too deeply
        return None
    if isinstance(reply, dict) and reply.get("id") == awaited and isinstance(reply.get("ok"), bool):
        return reply
    return None
