"""Real trainings of rows that count unequally, and of tokens that do not count: seconds each."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import shlex
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from run_events import demo_events, write_run

from prover import cli
from prover.digest import sha256
from prover.llm.prompts import Asked, tiny_row
from prover.selecting import choosing
from prover.selecting.facts import Known
from prover.selecting.likelihood import likelihoods
from prover.training import loop, rows, scratch, train, weighted
from prover.training.rows import Row, Split
from prover.training.settings import PACKAGES, Settings

for name in PACKAGES:
    pytest.importorskip(name, reason=f"{name} is not installed: pip install '.[train]'")

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the libraries' own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

SETTINGS = Settings(steps=20, batch=4, context=256)


def said(*_: object) -> None:
    pass


def row(number: int, body: str) -> Row:
    statement = f"theorem p{number} (x y : Nat) (h : x < y) : x + {number} < y + {number}"
    prompt, completion = tiny_row(rows.family(), Asked(f"p{number}", statement), body)
    name, key = f"p{number}", sha256(statement)
    return Row(prompt, completion, name, name, key, "x", "", statement, body)


EVERY = tuple(row(n, "by\n  omega" if n % 2 else "by\n  intro h\n  grind") for n in range(12))
"""Two answers to what a model can hardly tell apart."""


def losses(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "base"
    train.start(Split(EVERY, (), 0), SETTINGS, folder, said)
    return folder


def weighing(weights: Sequence[float]) -> Split:
    found = zip(EVERY, weights, strict=True)
    return Split(tuple(dataclasses.replace(r, weight=w) for r, w in found), (), 0)


def test_weights_decide_what_is_learnt(base: Path, tmp_path: Path) -> None:
    """Odd rows count four times as much in one model, even ones in the other."""
    heard = {}
    for kind in (0, 1):
        found = weighing([1.6 if n % 2 == kind else 0.4 for n in range(12)])
        folder = tmp_path / str(kind)
        train.start(found, Settings(steps=40, batch=4, context=256), folder, said)
        likely = likelihoods(str(folder), [row(99, r.body) for r in EVERY[:2]])
        even, odd = (sum(each.logprobs) for each in likely if each)
        heard[kind] = odd - even
    assert heard[1] - heard[0] > 1  # nats, of the log odds between the two answers


def test_the_loss_of_weights_of_one_is_that_without(base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base).eval()
    tokenizer = AutoTokenizer.from_pretrained(base)
    encoded = loop.encoded(weighing([2.0] * 6 + [0.5] * 6).train, tokenizer, 256)
    ids = torch.tensor([encoded[1]["input_ids"], encoded[3]["input_ids"]])
    masks = torch.tensor([encoded[1]["completion_mask"], encoded[3]["completion_mask"]])
    labels = ids.masked_fill(masks == 0, weighted.IGNORED)
    with torch.no_grad():
        out = model(input_ids=ids, labels=labels)
        one = weighted.weighed_loss(out.logits, labels, torch.ones(2), None)
        first = weighted.weighed_loss(out.logits, labels, torch.tensor([1.0, 0.0]), None)
        second = weighted.weighed_loss(out.logits, labels, torch.tensor([0.0, 1.0]), None)
    assert torch.allclose(one, out.loss, rtol=1e-6)
    assert torch.allclose(first + 3 * second, weighted.weighed_loss(
        out.logits, labels, torch.tensor([1.0, 3.0]), None))  # fmt: skip
    assert "weight" not in loop.encoded(weighing([1.0] * 12).train, tokenizer, 256)[0]


def test_the_weighted_trainer_with_equal_weights_learns_the_same(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows weigh 1 + 2^-40, which is 1 in the loss's precision."""
    folder = tmp_path / "model"
    train.start(weighing([1 + 2.0**-40] * 12), SETTINGS, folder, said)
    pairs = zip(losses(folder), losses(base), strict=True)
    for mine, other in pairs:
        assert mine["step"] == other["step"]
        assert mine.get("loss", 0) == pytest.approx(other.get("loss", 0), abs=2e-3)


def test_a_masked_token_is_not_learnt(base: Path, tmp_path: Path) -> None:
    """The first word of every second answer: the model learns the others' there."""
    masked = tuple(
        dataclasses.replace(r, masked=((0, len("omega")),)) if n % 2 else r
        for n, r in enumerate(EVERY)
    )
    folder = tmp_path / "model"
    train.start(Split(masked, (), 0), Settings(steps=40, batch=4, context=256), folder, said)
    (blind,) = likelihoods(str(folder), [EVERY[1]])
    (seeing,) = likelihoods(str(base), [EVERY[1]])
    assert blind and seeing and blind.logprobs[0] < seeing.logprobs[0] - 1


def test_masks_are_characters_and_any_tokenizer_reads_them() -> None:
    tokenizer = scratch.make_tokenizer([r.prompt + r.completion for r in EVERY], 256)
    one = EVERY[0]
    start = one.completion.index("grind")
    end = len(one.completion)
    masked = dataclasses.replace(one, masked=((start, start + 5), (end, end + 1)))
    (found,) = loop.encoded([masked], tokenizer, 256)
    counted = [i for i, m in zip(found["input_ids"], found["completion_mask"], strict=True) if m]
    assert tokenizer.decode(counted) == one.completion.replace("grind", "")
    whole = dataclasses.replace(one, masked=((0, end + 1),))
    assert loop.encoded([whole], tokenizer, 256) == []


class Killed(Exception):
    pass


def test_a_weighted_training_goes_on_to_the_bit(tmp_path: Path) -> None:
    """Three steps an epoch; it stops in the first epoch, after one, and in the middle of one."""
    found = weighing([0.25 + n / 8 for n in range(12)])
    kept_back = dataclasses.replace(found.train[0], held_out=True)
    found = Split(found.train[1:], (kept_back,), 0)
    until = [0]

    def stop(said: str, done: float, of: float) -> None:
        if done == until[0]:
            raise Killed

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    record = train.start(found, SETTINGS, whole, said, {"methods": ["flow"]})
    for until[0], begun in ((3, 2), (7, 6), (9, 8)):
        with pytest.raises(Killed):
            if begun == 2:
                train.start(found, SETTINGS, parts, stop, {"methods": ["flow"]})
            else:
                train.resume(parts, stop)
        left = loop.last_checkpoint(parts / "checkpoints")
        assert left and Path(left).name == f"checkpoint-{begun}"
    again = train.resume(parts, said)
    assert again["selection"] == record["selection"] == {"methods": ["flow"]}
    assert again["rows_sha256"] == sha256((parts / "rows.jsonl").read_text())
    assert losses(parts) == losses(whole)
    weights = [(place / "model.safetensors").read_bytes() for place in (whole, parts)]
    assert weights[0] == weights[1]


def test_a_model_chooses_weighs_and_masks(base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    (one, *_) = found = list(likelihoods(str(base), EVERY))
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base).eval()
    (tokens,) = loop.encoded(EVERY[:1], tokenizer, 256)
    labels = [
        i if m else weighted.IGNORED
        for i, m in zip(tokens["input_ids"], tokens["completion_mask"], strict=True)
    ]
    with torch.no_grad():
        loss = model(torch.tensor([tokens["input_ids"]]), labels=torch.tensor([labels])).loss
    assert one and -one.mean == pytest.approx(float(loss), rel=1e-5)
    assert all(found)

    second = [dataclasses.replace(r, body="by\n  rfl", completion="rfl\n:::") for r in EVERY]
    known = Known(base=str(base))
    middle = math.exp(-statistics.median(x for each in found if each for x in each.logprobs))
    names = ["grape", "flow", f"stm:{middle}"]
    kept = choosing.chosen(names, [*EVERY, *second], known, None, 0)
    assert {r.body for r in kept.rows} == {r.body for r in EVERY}  # what the base has learnt
    assert len({r.weight for r in kept.rows}) > 1 and any(r.masked for r in kept.rows)
    assert math.isclose(sum(r.weight for r in kept.rows), len(kept.rows))
    settings = Settings(str(base), steps=3, batch=4, context=256)
    record = train.start(Split(kept.rows, (), 0), settings, tmp_path / "m", said, kept.record)
    assert record["selection"]["methods"] == names
    assert record["selection"]["kept_sha256"] == choosing.digest(kept.rows)


def test_the_documented_choice_by_a_model_runs(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "selection.md").read_text()
    (command,) = re.findall(r"^    prover (train .* --base .*)$", text, re.MULTILINE)
    write_run(tmp_path / "runs" / "quick", demo_events())
    shutil.copytree(base, tmp_path / "models" / "tiny")
    monkeypatch.chdir(tmp_path)
    words = ["prover", *shlex.split(command.replace(",stm", ",stm:1e6")), "--steps", "2"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    assert left.value.code == 0, said.err
    record = json.loads((tmp_path / "models" / "chosen" / "training.json").read_text())
    assert record["selection"]["methods"] == ["grape", "flow", "stm:1e6"]
    assert record["selection"]["model"] == "models/tiny"
