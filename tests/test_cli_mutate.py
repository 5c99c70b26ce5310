"""`prover mutate --config CONFIG --model NAME`: the model is asked over the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from prover.cli_mutate import proposer
from prover.cli_output import display
from prover.config import RunConfig
from prover.errors import UserError
from prover.mutating.forms import Seed
from tests.goals_by_hand import goal, var
from tests.llm.test_client import Server

SEED = Seed("p", goal("n = n", "Eq", var("n", "Nat")), "solved")
SAID = "```lean\ntheorem q (n : Nat) : n + 0 = n := by sorry\n```"


def config(url: str) -> RunConfig:
    model = {"family": "chat-prover", "model": "served", "urls": [url]}
    return RunConfig.model_validate(
        {"name": "demo", "problems": {"source": "problems"}, "models": {"m": model}}
    )


def ask(asked: tuple[RunConfig, str] | None, folder: Path) -> Sequence[str] | None:
    async def main() -> Sequence[str] | None:
        with display() as shown:
            async with proposer(asked, folder / "new.jsonl", shown) as propose:
                return await propose.propose(SEED) if propose else None

    return asyncio.run(main())


def test_a_configured_model_is_asked(tmp_path: Path) -> None:
    server = Server()
    message = {"role": "assistant", "content": SAID}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "served"}
    server.says = lambda body: (200, {**answer, "choices": [choice]})
    try:
        found = ask((config(server.url), "m"), tmp_path)
    finally:
        server.close()
    assert found == ["theorem q (n : Nat) : n + 0 = n"]
    ((path, body, _),) = server.asked
    assert path.endswith("/chat/completions") and "theorem p (n : Nat)" in str(body["messages"])


def test_without_one_nobody_is_asked(tmp_path: Path) -> None:
    assert ask(None, tmp_path) is None
    with pytest.raises(UserError, match="no model other; it has m"):
        ask((config("http://127.0.0.1:9/v1"), "other"), tmp_path)
