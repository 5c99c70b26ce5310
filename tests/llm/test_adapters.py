"""Adapters are read from their folders; merging happens in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from prover.errors import SetupError, UserError
from prover.llm import adapters
from prover.llm.adapters import Adapter


def write(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(text)
    return folder


def test_lora_and_dora_are_told_apart(tmp_path: Path) -> None:
    lora = write(tmp_path / "l", json.dumps({"r": 8}))
    dora = write(tmp_path / "d", json.dumps({"r": 16, "use_dora": True}))
    assert adapters.read("l", lora) == Adapter(lora, 8, dora=False)
    assert adapters.read("d", dora) == Adapter(dora, 16, dora=True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"r": "x"}', '{"r": null}'])
def test_what_is_no_adapter_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="the adapter 'a' in .* cannot be read"):
        adapters.read("a", write(tmp_path / "a", text))
    with pytest.raises(UserError, match="cannot be read"):
        adapters.read("a", tmp_path / "none")


def test_a_merged_model_is_never_an_older_adapters(tmp_path: Path) -> None:
    adapter = adapters.read("a", write(tmp_path / "a", '{"r": 1}'))
    before = adapters.identity("base", adapter)
    assert before != adapters.identity("other", adapter)
    (tmp_path / "a" / "adapter_model.safetensors").write_bytes(b"x")
    assert before != adapters.identity("base", adapter)


def test_what_is_merged_already_is_taken(tmp_path: Path) -> None:
    adapter = adapters.read("a", write(tmp_path / "a", '{"r": 1}'))
    there = tmp_path / "merged" / f"a-{adapters.identity('base', adapter)}"
    there.mkdir(parents=True)
    found = asyncio.run(adapters.merged("base", adapter, "a", tmp_path / "merged", "vllm"))
    assert found == there


@pytest.mark.parametrize(
    ("code", "said"), [("sys.exit(9)", r"needs peft: pip install '\.\[train\]'"), ("1/0", "divis")]
)
def test_a_merge_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    os.chmod(program, 0o755)
    monkeypatch.setattr(adapters, "python", lambda _: str(program))
    adapter = adapters.read("a", write(tmp_path / "a", '{"r": 1}'))
    with pytest.raises(SetupError, match=said):
        asyncio.run(adapters.merged("base", adapter, "a", tmp_path / "merged", "vllm"))
    assert not list((tmp_path / "merged").glob("a-*[0-9a-f]"))
