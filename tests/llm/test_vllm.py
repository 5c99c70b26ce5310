"""The command line of `vllm serve`, and what is read off its log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.config import ModelConfig, ServeConfig
from prover.errors import UserError
from prover.llm import vllm
from prover.llm.adapters import Adapter
from prover.llm.vllm import Plan, arguments, environment, last_fault, last_message

LORA = Adapter(Path("/a/lora"), 20, dora=False)
DORA = Adapter(Path("/a/dora"), 8, dora=True)
PLAIN = Plan("weights", ("m",), {})

LOG = """\
(APIServer pid=31220) INFO 11-21 15:53:19 [utils.py:91]  █▄█▀ █     model   weights
(EngineCore pid=31323) INFO 11-21 15:53:40 [core.py:112] Initializing a V1 LLM engine
(EngineCore pid=31323) WARNING 11-21 15:53:41 [utils.py:7] Found ulimit of 20000
\rLoading shards:   0% Completed | 0/2\rLoading shards:  50% Completed | 1/2
(EngineCore pid=31323) ERROR 11-21 15:54:02 [core.py:9]     wrapper = lookup(value)
(EngineCore pid=31323) ERROR 11-21 15:54:02 [core.py:9] torch.OutOfMemoryError: CUDA out of memory.
(APIServer pid=31220) RuntimeError: Engine core initialization failed. See root cause above.
"""


def serve(**keys: Any) -> ServeConfig:
    return ServeConfig.model_validate({"model": "weights", **keys})


def model(name: str = "", **keys: Any) -> ModelConfig:
    return ModelConfig(family="x", model=name, serve=serve(**keys))


def after(argv: list[str], option: str) -> str:
    return argv[argv.index(option) + 1]


def test_the_least_that_is_said() -> None:
    assert arguments(serve(), PLAIN, 8000) == [
        "serve", "weights", "--host", "127.0.0.1", "--port", "8000", "--served-model-name", "m",
        "--tensor-parallel-size", "1", "--enable-prefix-caching",
    ]  # fmt: skip


def test_what_the_configuration_says_comes_through() -> None:
    config = serve(
        tensor_parallel=4, max_model_len=8192, prefix_caching=False, args=["--dtype", "float32"]
    )
    argv = arguments(config, PLAIN, 1)
    assert after(argv, "--tensor-parallel-size") == "4"
    assert after(argv, "--max-model-len") == "8192"
    assert "--no-enable-prefix-caching" in argv and "--enable-prefix-caching" not in argv
    assert argv[-2:] == ["--dtype", "float32"]


def test_adapters_get_the_room_that_they_need() -> None:
    plan = Plan("weights", ("m",), {"a": LORA, "b": Adapter(Path("/b"), 1, dora=False)})
    argv = arguments(serve(), plan, 1)
    assert after(argv, "--max-lora-rank") == "32"
    assert after(argv, "--max-loras") == "2"
    assert argv[argv.index("--lora-modules") + 1 :] == ["a=/a/lora", "b=/b"]
    assert "--enable-lora" in argv


def test_own_lora_arguments_win() -> None:
    plan = Plan("weights", ("m",), {"a": LORA})
    argv = arguments(serve(args=["--enable-lora", "--max-lora-rank=64"]), plan, 1)
    assert argv.count("--enable-lora") == 1
    assert "--max-lora-rank" not in argv and "--max-lora-rank=64" in argv


@given(st.integers(1, 512))
def test_every_rank_fits(rank: int) -> None:
    argv = arguments(serve(), Plan("w", ("m",), {"a": Adapter(Path("/a"), rank, False)}), 1)
    assert rank <= int(after(argv, "--max-lora-rank")) in vllm.RANKS


def test_an_adapter_may_be_what_is_asked_for() -> None:
    assert vllm.plan("p", model("l"), {"l": LORA}).names == ("weights",)
    assert vllm.plan("p", model("base"), {"l": LORA}).names == ("base",)
    assert vllm.plan("p", model(), {}).names == ("weights",)


def test_a_dora_adapter_is_merged_and_takes_the_base_models_place() -> None:
    plan = vllm.plan("p", model("d"), {"d": DORA})
    assert (plan.names, dict(plan.adapters), plan.merge) == (("d",), {}, DORA)


@pytest.mark.parametrize(
    ("name", "found"), [("m", {"d": DORA}), ("d", {"d": DORA, "l": LORA}), ("", {"d": DORA})]
)
def test_a_dora_adapter_stands_alone(name: str, found: dict[str, Adapter]) -> None:
    with pytest.raises(UserError, match=r"models\.p: the adapter 'd' is a DoRA one"):
        vllm.plan("p", model(name), found)


def test_the_environment_keeps_quiet_and_the_configuration_wins() -> None:
    env = environment({"PATH": "x", "DO_NOT_TRACK": "0"}, serve(env={"A": "1"}), True, "k")
    assert (env["PATH"], env["A"], env["DO_NOT_TRACK"]) == ("x", "1", "1")
    assert (env["HF_HUB_OFFLINE"], env["VLLM_API_KEY"]) == ("1", "k")
    assert "HF_HUB_OFFLINE" not in environment({}, serve(), False)
    assert environment({}, serve(env={"DO_NOT_TRACK": "0"}), False)["DO_NOT_TRACK"] == "0"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [("", "", True), ("0", "", True), ("0", "1", False), ("0,1", "1", True), ("0", "1, 2", False)],
)
def test_which_servers_may_share_a_gpu(one: str, other: str, shared: bool) -> None:
    first, second = (serve(env={"CUDA_VISIBLE_DEVICES": v} if v else {}) for v in (one, other))
    assert vllm.share(first, second) is shared


def test_the_cause_is_told_and_not_its_consequence() -> None:
    assert last_fault(LOG) == "torch.OutOfMemoryError: CUDA out of memory."
    assert last_fault("usage: vllm\nvllm serve: error: unrecognized arguments: --x\n") == (
        "vllm serve: error: unrecognized arguments: --x"
    )
    pydantic = "pydantic_core.ValidationError: 1 validation error for X\n  Value error, too long\n"
    assert last_fault(pydantic) == "Value error, too long"
    assert last_fault("it said this\n\n") == "it said this"
    assert last_fault("") == ""


def test_what_it_does_is_its_last_message() -> None:
    lines = LOG.splitlines(keepends=True)
    assert last_message("".join(lines[:3])) == "Initializing a V1 LLM engine"
    assert last_message("\n".join(LOG.split("\n")[:4])) == "Loading shards:  50% Completed | 1/2"
    assert last_message("importing\n") == "importing"
    assert last_message("") == ""


@given(st.text())
def test_any_log_can_be_read(log: str) -> None:
    assert len(last_message(log)) <= vllm.MOST
    assert len(last_fault(log)) <= vllm.MOST
