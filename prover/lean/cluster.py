"""Lean workers on a Ray cluster: an actor for each node holds a pool of them, and is asked.

The driver keeps all state of a run; an actor knows nothing but its Lean. Ray says which nodes there
are, starts the actors and tells when one is lost; nodes.py and remote.py do the rest.
Ray's documents: "Actors", "Scheduling" (node affinity), "Fault tolerance: actors".
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from prover.errors import (
    InfrastructureError,
    SetupError,
    WorkerCrash,
    WorkerMemory,
    WorkerProtocol,
    WorkerTimeout,
)
from prover.lean.nodes import Keeper, Node, Tell
from prover.lean.pool import Pool
from prover.lean.protocol import Reply
from prover.lean.remote import RemotePool

REACH_SECONDS = 10.0
"""How long a cluster's address may take to accept a connection."""
ROOM_SECONDS = 30.0
"""An actor that has not begun by then asks for more CPUs than its node has free."""
PING_SECONDS = 5.0
"""How often an actor is asked for a sign of life."""
SILENCE_SECONDS = 60.0
"""How long the sign may take; Ray itself notices a dead node after some 15 s."""
CLOSE_SECONDS = 10.0
"""How long an actor may take to end its Lean processes, before it is killed."""
STORE_BYTES = 80_000_000
"""Ray's object store on a local start, nearly its least: nothing that is asked here goes there."""

FAULTS = {c.__name__: c for c in (WorkerTimeout, WorkerMemory, WorkerCrash, WorkerProtocol)}

T = TypeVar("T")

Opening = Callable[[int], AbstractAsyncContextManager[tuple[Pool, str]]]
"""Runs on a node: so many workers, and which Lean they are. It is pickled, so made of module-level
functions; raises SetupError."""


def require() -> Any:
    """The package `ray`; raises SetupError without it."""
    try:
        import ray
    except ImportError as exc:
        raise SetupError("lean.cluster needs Ray: pip install 'subgoal-prover[ray]'") from exc
    return ray


@asynccontextmanager
async def open_cluster(
    address: str, workers: int, opening: Opening, lean: str, tell: Tell
) -> AsyncIterator[RemotePool]:
    """Workers on every node, `workers` in all; 0 is one for each CPU of the nodes there are.

    `address` is `local` (a Ray of our own on this machine), `auto` (the one that runs here) or
    HOST:PORT. A node whose Lean is not `lean` is not used. Raises SetupError, InfrastructureError.
    """
    package = require()
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        try:
            await reachable(address)
            await in_thread(lambda: connect(address, workers, folder))
            keep_signals()
            ray = Ray(opening, lean)
            cpus = sum(node.cpus for node in (await ray.nodes()).values())
            pool = RemotePool(workers or max(1, cpus))
            async with Keeper(pool, ray.nodes, ray.start, tell).keeping():
                yield pool
        finally:
            await in_thread(package.shutdown)


async def reachable(address: str) -> None:
    """Raises SetupError at once where Ray would try for minutes."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        async with asyncio.timeout(REACH_SECONDS):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, OverflowError) as exc:  # TimeoutError is an OSError
        raise absent(address, str(exc) or "no answer") from exc
    writer.close()


def keep_signals() -> None:
    """Ray's C++ has taken SIGTERM from Python; give it back to whoever had it there."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


def absent(address: str, why: str) -> SetupError:
    why = " ".join(why.split())[:300]
    return SetupError(f"lean.cluster: no Ray at {address} ({why}); `ray start --head` starts one")


def connect(address: str, workers: int, folder: str) -> None:
    """Raises SetupError with one sentence."""
    ray = require()
    # Ray's thread writes what it finds remarkable to our stdout, which is for results.
    ray._private.worker._worker_logs_enabled = False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == "local":
        options |= {"include_dashboard": False, "object_store_memory": STORE_BYTES}
        options |= {"num_cpus": workers or None, "_temp_dir": folder}
    try:
        ray.init(address=address, **options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as exc:
        raise absent(address, str(exc)) from exc


async def in_thread(act: Callable[[], T]) -> T:
    """Cancelled, it waits until the thread is done."""
    work = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        return await asyncio.shield(work)
    finally:
        await asyncio.wait({work})


@dataclass(frozen=True)
class Answer:
    """What came of a request, as a value: an exception would reach the driver as one of Ray's."""

    reply: Reply
    fault: str = ""
    """Its class; empty if there is a reply."""
    why: str = ""


class NodeWorkers:
    """The actor: a pool of Lean workers on its node."""

    def __init__(self, opening: Opening, seats: int) -> None:
        self._opening = opening
        self._seats = seats
        self._held = AsyncExitStack()
        self._pool: Pool | None = None

    async def open(self) -> Answer:
        """Finds Lean or sets it up, on a new node about a minute; says which one it is."""
        try:
            self._pool, lean = await self._held.enter_async_context(self._opening(self._seats))
        except InfrastructureError as exc:
            return Answer({}, type(exc).__name__, str(exc))
        return Answer({"lean": lean})

    async def ping(self) -> int:
        return os.getpid()

    async def ask(self, op: str, fields: bytes, seconds: float, fresh: bool) -> Answer:
        """Cancelled from afar, its process is killed as it would be here."""
        assert self._pool is not None
        try:
            asked = self._pool.newcomer() if fresh else self._pool.worker(seconds)
            async with asked as worker:
                return Answer(await worker.ask(op, json.loads(fields), seconds))
        except InfrastructureError as exc:
            return Answer({}, type(exc).__name__, str(exc))

    async def close(self) -> None:
        await self._held.aclose()


class RayHost:
    """A node's actor, as seen by the driver (remote.Host)."""

    def __init__(self, actor: Any, name: str, seats: int) -> None:
        self.name = name
        self.seats = seats
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._actor = actor
        self._ray = require()

    async def ask(self, op: str, fields: bytes, seconds: float, fresh: bool) -> Reply:
        asked = self._actor.ask.remote(op, fields, seconds, fresh)
        try:
            answer: Answer = await asked
        except asyncio.CancelledError:
            self._ray.cancel(asked)
            raise
        except self._ray.exceptions.RayError as exc:
            self._lose(reason(exc))
            raise WorkerCrash(f"{self.name} was lost with the request: {reason(exc)}") from None
        if not answer.fault:
            return answer.reply
        if answer.fault not in FAULTS:  # no Lean can be started there any more
            self._lose(answer.why)
        raise FAULTS.get(answer.fault, WorkerCrash)(answer.why)

    async def watch(self) -> str:
        while not self.lost.done():
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await self._actor.ping.remote()
            except TimeoutError:
                self._lose(f"no sign of life for {SILENCE_SECONDS:.0f} s")
            except self._ray.exceptions.RayError as exc:
                self._lose(reason(exc))
            else:
                await asyncio.wait({self.lost}, timeout=PING_SECONDS)
        return self.lost.result()

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._actor.close.remote()
        except (TimeoutError, self._ray.exceptions.RayError):
            pass  # it is killed now
        finally:
            self._ray.kill(self._actor)

    def _lose(self, why: str) -> None:
        if not self.lost.done():
            self.lost.set_result(why)


class Ray:
    """The cluster's nodes, and how actors begin on them."""

    def __init__(self, opening: Opening, lean: str) -> None:
        self._ray = require()
        self._opening = opening
        self._lean = lean

    async def nodes(self) -> Mapping[str, Node]:
        return {
            node["NodeID"]: Node(
                f"{node['NodeManagerAddress']} ({node['NodeID'][:6]})",
                int(node["Resources"].get("CPU", 0)),
            )
            for node in await in_thread(self._ray.nodes)
            if node["Alive"]
        }

    async def start(self, key: str, node: Node, seats: int) -> RayHost:
        for number in halves(seats):
            actor = self._actor(key, number)
            host = RayHost(actor, node.name, number)
            try:
                async with asyncio.timeout(ROOM_SECONDS):
                    await started(actor.ping.remote())
                await self._open(actor)
            except TimeoutError:
                self._ray.kill(actor)
            except BaseException:
                await host.close()
                raise
            else:
                return host
        raise InfrastructureError("there is no CPU free on it")

    def _actor(self, key: str, seats: int) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        where = NodeAffinitySchedulingStrategy(key, soft=False)
        made = self._ray.remote(NodeWorkers).options(num_cpus=seats, scheduling_strategy=where)
        return made.remote(self._opening, seats)

    async def _open(self, actor: Any) -> None:
        answer: Answer = await started(actor.open.remote())
        if answer.fault:
            raise InfrastructureError(answer.why)
        if answer.reply["lean"] != self._lean:
            raise SetupError(
                f"it has another Lean ({answer.reply['lean']}) than this machine ({self._lean});"
                " install the same subgoal-prover there"
            )


async def started(asked: Awaitable[T]) -> T:
    """An actor's first words. Raises InfrastructureError if it could not be made."""
    try:
        return await asked
    except require().exceptions.RayError as exc:
        raise InfrastructureError(reason(exc)) from None


def halves(number: int) -> Iterator[int]:
    """As many as possible: all, else half of them, down to one."""
    while number:
        yield number
        number //= 2


def reason(exc: BaseException) -> str:
    """The last line of what Ray says: the others are ids and traceback."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(exc).__name__
