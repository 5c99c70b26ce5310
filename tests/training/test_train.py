"""Real trainings of a minute in all: the loss falls, a kill costs nothing, adapters survive."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from run_events import demo_events, write_run

from prover.cli_train import result
from prover.config import ModelConfig, load
from prover.digest import sha256
from prover.errors import UserError
from prover.graph_nodes import GoalNode
from prover.llm.prompts import Asked, tiny_row
from prover.training import loop, rows, scratch, train
from prover.training.rows import Row, Split
from prover.training.settings import METHODS, PACKAGES, Settings, require
from prover.types import Candidate, Goal, Verdict

for name in PACKAGES:
    pytest.importorskip(name, reason=f"{name} is not installed: pip install '.[train]'")

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the libraries' own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(steps=40, batch=4, context=256)
RATES = {"full": 3e-4, "lora": 3e-3, "dora": 3e-3}
CODE = """
import sys
from pathlib import Path
from prover.training import rows, train
from prover.training.settings import Settings
every = rows.parse(Path(sys.argv[1]).read_text(), "rows")
found = rows.split(every, ["p3", "p7"])
train.start(found, Settings(steps=40, batch=4, context=256), Path(sys.argv[2]), print)
"""


def said(*_: object) -> None:
    pass


def row(number: int) -> Row:
    """Two kinds of goals, each with a script of its own."""
    if number % 2:
        statement = f"theorem p{number} (x y : Nat) (h : x < y) : x + {number} < y + {number}"
        body = "by\n  omega"
    else:
        statement = f"theorem p{number} (p{number} q : Prop) : p{number} ∧ q → q ∧ p{number}"
        body = "by\n  intro h\n  grind"
    prompt, completion = tiny_row(rows.family(), Asked(f"p{number}", statement), body)
    name, key = f"p{number}", sha256(statement)
    return Row(prompt, completion, name, name, key, "portfolio:x", "", statement, body)


EVERY = [row(number) for number in range(16)]
FOUND = rows.split(EVERY, ["p3", "p7"])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "scratch"
    train.start(FOUND, SETTINGS, folder, said)
    return folder


def losses(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]


def read(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def logits(model: Any, tokenizer: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(**tokenizer(FOUND.train[0].prompt, return_tensors="pt")).logits


def test_the_loss_falls(trained: Path) -> None:
    record = json.loads((trained / "training.json").read_text())
    assert record["loss"]["last"] < 0.3 * record["loss"]["first"]
    assert record["held_out_loss"]["last"] < 0.5 * record["held_out_loss"]["first"]
    assert record["rows"] == {"train": 14, "held_out": 2} and record["too_long"] == 0
    assert record["finished"] and record["seconds"] > 0 and record["memory_mb"] > 100
    assert record["settings"]["seed"] == 0 and record["versions"]["trl"]
    each = [line for line in losses(trained) if "loss" in line]
    assert [line["step"] for line in each] == list(range(1, 41))
    last_pass = [line["loss"] for line in each[-loop.per_epoch(SETTINGS, 14) :]]
    assert record["loss"]["last"] == pytest.approx(sum(last_pass) / len(last_pass))
    assert (trained / "losses.png").read_bytes().startswith(b"\x89PNG")


def test_it_answers_as_it_was_taught_and_stops(trained: Path) -> None:
    model, tokenizer = read(trained)
    for learnt in (FOUND.train[0], FOUND.train[1]):
        given = tokenizer(learnt.prompt, return_tensors="pt")
        out = model.generate(**given, max_new_tokens=60, do_sample=False)[0]
        written = out[given["input_ids"].shape[1] :]
        assert tokenizer.decode(written, skip_special_tokens=True) == learnt.completion
        assert written[-1] == tokenizer.eos_token_id == model.generation_config.eos_token_id


def test_the_configuration_it_leaves_is_one(trained: Path) -> None:
    section = yaml.safe_load((trained / "model.yaml").read_text())
    model = ModelConfig.model_validate(section["models"]["tiny"])
    assert model.family == rows.FAMILY and model.served == str(trained.resolve())
    assert section["prover"] == ["tiny", "portfolio"]
    record = json.loads((trained / "training.json").read_text())
    *_, said = result(trained, record)
    words = shlex.split(said)
    sets = [word for before, word in zip(words, words[1:], strict=False) if before == "--set"]
    config = load(ROOT / "configs" / "demo.yaml", sets)
    assert config.models["tiny"] == model and config.prover == section["prover"]


def corrections(count: int) -> list[Row]:
    """Goals of the first kind again, where `simp` was rejected and Lean said why."""
    failures = [
        (Candidate("by\n  simp", "x"), Verdict("rejected", "`simp` made no progress")),
        (Candidate("by\n  grind", "x"), Verdict("rejected", "`grind` failed")),
    ]
    scripts = [Candidate("by\n  intro h\n  simp", "x"), Candidate("by\n  rfl", "x")]
    found = []
    for plain in (row(number) for number in range(1, 2 * count, 2)):
        node = GoalNode(Goal(plain.goal, plain.problem, plain.statement, key=plain.key))
        for failure, script in zip(failures, scripts, strict=True):
            found.append(rows.as_row(node, script, "", failure))
    return found


def test_it_corrects_by_what_lean_said(trained: Path, tmp_path: Path) -> None:
    """One goal has three answers: the first, and one for each of two failures."""
    folder = tmp_path / "model"
    found = Split((*FOUND.train, *corrections(6)), (), 0)
    train.start(found, Settings(steps=80, batch=4, context=256), folder, said)
    model, tokenizer = read(folder)
    one = row(1)
    answers = {greedy(model, tokenizer, r.prompt) for r in found.train if r.key == one.key}
    assert answers == {"omega\n:::", "intro h\nsimp\n:::", "rfl\n:::"}
    served = [yaml.safe_load((place / "model.yaml").read_text()) for place in (folder, trained)]
    efforts = [ModelConfig.model_validate(each["models"]["tiny"]).effort for each in served]
    assert [effort.corrections for effort in efforts] == [1, 0]  # one that learnt none makes none


def greedy(model: Any, tokenizer: Any, prompt: str) -> str:
    given = tokenizer(prompt, return_tensors="pt")
    out = model.generate(**given, max_new_tokens=60, do_sample=False)[0]
    written = out[given["input_ids"].shape[1] :]
    return str(tokenizer.decode(written, skip_special_tokens=True))


def test_every_row_comes_back_from_its_tokens() -> None:
    odd = ["∀ x ∈ s, ⟨x, h.1⟩ ≤ ℕ \t\n\n  · simp [«a b»] -- 🎉\u2028", "by\r\n  omega  ", " ."]
    texts = [row.prompt + row.completion for row in EVERY]
    tokenizer = scratch.make_tokenizer(texts, 256)
    for text in [*texts, *odd]:
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert len(tokenizer) <= scratch.VOCABULARY


def test_only_the_completion_and_its_end_count() -> None:
    tokenizer = scratch.make_tokenizer([row.prompt for row in EVERY], 256)
    (tokens,) = loop.encoded(EVERY[:1], tokenizer, 256)
    counted = [i for i, m in zip(*tokens.values(), strict=True) if m]
    assert tokenizer.decode(counted) == EVERY[0].completion + scratch.EOS
    assert loop.encoded(EVERY[:1], tokenizer, len(tokens["input_ids"]) - 1) == []


def killed(folder: Path, rows_file: Path) -> None:
    """A training that is killed once it has written its second checkpoint or gone on."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", CODE, str(rows_file), str(folder)],
        env=env, stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 240
        while not (folder / "checkpoints" / "checkpoint-8").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)


def test_a_killed_training_goes_on_as_if_nothing_had_been(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(rows.dump(EVERY))
    folder = tmp_path / "model"
    killed(folder, tmp_path / "rows.jsonl")
    newest = max(
        (folder / "checkpoints").glob("checkpoint-*"), key=lambda path: int(path.name[11:])
    )
    (newest / "trainer_state.json").unlink(missing_ok=True)  # as if killed while writing it
    left = loop.last_checkpoint(folder / "checkpoints")
    assert left and Path(left).name == "checkpoint-4" and not newest.exists()
    train.resume(folder, said)
    assert losses(folder) == losses(trained)
    weights = [(place / "model.safetensors").read_bytes() for place in (folder, trained)]
    assert weights[0] == weights[1]
    with pytest.raises(UserError, match="is finished"):
        train.resume(folder, said)


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    write_run(tmp_path / "run", demo_events())
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "from prover.cli import main; main()"
    words = ["train", "run", "--out", "model", "--holdout", "0"]
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        # Tests that run in the background are born deaf to Ctrl-C, and so would be their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        assert process.stderr
        for line in process.stderr:
            if re.match(r"step [1-9]", line):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert "go on with: prover train --resume --out model" in said
    assert "Traceback" not in said


def test_equal_seeds_give_equal_models_and_others_do_not() -> None:
    texts = [row.prompt for row in EVERY]
    first, second, other = (
        scratch.build(texts, 256, seed)[0].state_dict()["model.embed_tokens.weight"]
        for seed in (1, 1, 2)
    )
    assert (first == second).all() and not (first == other).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_base_is_tuned_and_saved_whole(trained: Path, tmp_path: Path, method: Any) -> None:
    import torch

    folder = tmp_path / "tuned"
    settings = Settings(str(trained), method, steps=15, batch=4, context=256, rate=RATES[method])
    record = train.start(Split(FOUND.held_out, (), 0), settings, folder, said)
    model, tokenizer = read(folder)
    base, _ = read(trained)
    assert not (folder / "adapter_config.json").exists()
    assert record["loss"]["last"] < record["loss"]["first"]
    if method == "full":
        assert record["trainable"] == record["parameters"]
        return
    assert record["trainable"] < 0.2 * record["parameters"]
    from peft import PeftModel

    before = logits(base, tokenizer)
    adapter = PeftModel.from_pretrained(base, folder / "adapter").eval()
    assert adapter.peft_config["default"].use_dora == (method == "dora")
    assert torch.allclose(logits(adapter, tokenizer), logits(model, tokenizer), atol=1e-4)
    assert not torch.allclose(before, logits(model, tokenizer), atol=1e-2)


def test_a_folder_with_something_in_it_is_left_alone(trained: Path, tmp_path: Path) -> None:
    shutil.copy(trained / "config.json", tmp_path)
    with pytest.raises(UserError, match="is not empty"):
        train.start(FOUND, SETTINGS, tmp_path, said)
    require()


def test_the_documented_commands_run(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "training.md").read_text()
    commands = re.findall(r"^    prover (train .*)$", text, re.MULTILINE)
    assert len(commands) == 3
    write_run(tmp_path / "runs" / "quick", demo_events())
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    for command in commands:
        more = [] if "--resume" in command else ["--steps", "3"]
        done = subprocess.run(
            [sys.executable, "-c", "from prover.cli import main; main()", *command.split(), *more],
            cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if "--resume" in command:
            assert done.stderr == "error: the training in models/tiny is finished\n"
        else:
            assert done.returncode == 0, done.stderr
            assert "next:   prover run configs/demo.yaml --set" in done.stdout
