"""A real Ray cluster, its nodes processes of this machine; one serves all the tests here."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import cluster_client
import psutil
import pytest
import yaml

from prover import problems
from prover.campaign import run_campaign
from prover.config import parse
from prover.errors import InfrastructureError, SetupError, WorkerCrash, WorkerTimeout
from prover.graph import ProofGraph
from prover.lean import cluster as module
from prover.lean import nodes
from prover.lean.cluster import halves, open_cluster, require
from prover.lean.embedded.places import no_progress
from prover.lean.remote import RemotePool
from prover.lean.toolchain import Installation
from prover.session import fit, open_lean
from prover.store import RunStore
from prover.types import Event

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
pytestmark = [
    pytest.mark.slow,
    # Ray 2.60 says what a later one will do without GPUs.
    pytest.mark.filterwarnings("ignore:Tip. In future versions of Ray:FutureWarning"),
]
ROOT = Path(__file__).parents[2]
QUICK = {"health_check_period_ms": 300, "health_check_failure_threshold": 2}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes of one CPU each."""
    from ray.cluster_utils import Cluster

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    paths = [str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))  # for the actors
    head = {"num_cpus": 1, "include_dashboard": False, "_system_config": QUICK}
    made = Cluster(initialize_head=True, head_node_args=head)
    made.add_node(num_cpus=1)
    yield made
    monkeypatch.undo()
    made.shutdown()
    left = [c for c in psutil.Process().children(recursive=True) if c.pid not in before]
    assert psutil.wait_procs(left, timeout=20)[1] == []


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(nodes, "REST_SECONDS", 0.2)
    monkeypatch.setattr(module, "PING_SECONDS", 0.2)


def opened(cluster: Any, workers: int = 0, lean: str = "this", said: Any = print) -> Any:
    opening = functools.partial(cluster_client.fakes, "this")
    return open_cluster(cluster.address, workers, opening, lean, said)


def run(work: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(120):
            await work

    asyncio.run(limited())


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def both(pool: RemotePool) -> list[int]:
    """The processes that answer when two ask at once."""
    asked = (pool.ask("judge", {"behave": "sleep", "seconds": 0.3}, 20) for _ in range(2))
    return [int(reply["pid"]) for reply in await asyncio.gather(*asked)]


def test_requests_and_their_faults(cluster: Any) -> None:
    async def main() -> None:
        async with opened(cluster) as pool:
            assert pool.size == 2
            await until(lambda: pool.seats == 2)
            assert len(set(await both(pool))) == 2
            replies = await asyncio.gather(*(pool.ask("judge", {"echo": n}, 10) for n in range(40)))
            assert [reply["echo"] for reply in replies] == list(range(40))
            with pytest.raises(WorkerTimeout, match="within 0.3 s"):
                await pool.ask("judge", {"behave": "hang"}, 0.3)
            with pytest.raises(WorkerCrash, match="exited with code"):
                await pool.ask("judge", {"behave": "exit"}, 10)
            with pytest.raises(UnicodeEncodeError):
                await pool.ask("judge", {"echo": "\ud800"}, 10)
            async with pool.newcomer() as worker:
                assert (await worker.ask("judge", {"echo": "new"}, 10))["echo"] == "new"
            await cancelled(pool)
            assert len(await both(pool)) == 2

    run(main())


async def cancelled(pool: RemotePool) -> None:
    """What is cancelled here does not go on there."""
    pids = set(await both(pool))
    asking = asyncio.ensure_future(pool.ask("judge", {"behave": "hang"}, 60))
    await asyncio.sleep(0.5)
    asking.cancel()
    await until(lambda: sum(map(psutil.pid_exists, pids)) == 1)


def test_workers_that_are_killed_come_again(cluster: Any) -> None:
    async def main() -> None:
        said = list[str]()
        async with opened(cluster, said=said.append) as pool:
            await until(lambda: pool.seats == 2)
            hanging = [
                asyncio.ensure_future(pool.ask("judge", {"behave": "hang"}, 60)) for _ in range(2)
            ]
            await asyncio.sleep(0.5)
            for host in list(pool._free):
                cluster_client.kill(await host._actor.ping.remote())
            for asking in hanging:
                with pytest.raises(WorkerCrash, match="was lost with the request"):
                    await asking
            await until(lambda: pool.seats == 2)
            assert len(set(await both(pool))) == 2
        assert sum("are lost" in line for line in said) == 2

    run(main())


def test_a_node_is_lost_and_another_comes(cluster: Any) -> None:
    async def main() -> None:
        async with opened(cluster, workers=3) as pool:
            await until(lambda: pool.seats == 2)  # of three: there is no room for more
            extra = cluster.add_node(num_cpus=1)
            await until(lambda: pool.seats == 3)
            hanging = {
                asyncio.ensure_future(pool.ask("judge", {"behave": "hang"}, 60)) for _ in range(3)
            }
            await asyncio.sleep(0.5)
            await asyncio.to_thread(cluster.remove_node, extra, allow_graceful=False)
            ended, others = await asyncio.wait(hanging, return_when=asyncio.FIRST_COMPLETED)
            assert [type(asking.exception()) for asking in ended] == [WorkerCrash]
            for asking in others:
                asking.cancel()
            await until(lambda: pool.seats == 2)
            assert len(set(await both(pool))) == 2

    run(main())


def test_a_node_with_another_lean_is_refused(cluster: Any) -> None:
    async def main() -> None:
        with pytest.raises(InfrastructureError, match=r"another Lean \(this\) than this machine"):
            async with opened(cluster, lean="that"):
                pass

    run(main())


@pytest.mark.lean
def test_a_campaign_on_a_node_that_dies_loses_nothing(
    cluster: Any, installation: Installation, tmp_path: Path
) -> None:
    values = yaml.safe_load((ROOT / "configs" / "quick.yaml").read_text())
    values["problems"]["source"] = str(ROOT / "problems")
    values["problems"]["limit"] = 2
    values["search"]["store"] = "none"
    values["lean"] = {"cluster": cluster.address, "cache": False, "spares": 0, "workers": 1}
    config = parse(values, "the test")
    found, imports = fit(problems.load(config.problems), config.lean)
    extra = cluster.add_node(num_cpus=2)  # the largest, so the worker begins there

    async def main() -> None:
        gone = threading.Thread(target=cluster.remove_node, args=(extra, False))

        def watch(event: Event, graph: ProofGraph) -> None:
            if event.type == "attempt" and gone.ident is None:
                gone.start()

        said = list[str]()
        async with open_lean(config.lean, 0, no_progress, imports, tell=said.append) as verifier:
            with RunStore.create(tmp_path / "run", config) as store:
                graph = await run_campaign(config, found, store, verifier, watch)
        gone.join()
        assert {graph.problem_state(p.name) for p in found} == {"verified"}
        assert any("are lost (0 of 1)" in line for line in said), said

    run(main())


def test_no_cluster_is_one_sentence() -> None:
    async def main() -> None:
        with pytest.raises(SetupError, match="no Ray at 127.0.0.1:1 .*`ray start --head`"):
            opening = functools.partial(cluster_client.fakes, "this")
            async with open_cluster("127.0.0.1:1", 1, opening, "this", print):
                pass

    began = time.monotonic()
    run(main())
    assert time.monotonic() - began < 20


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(SetupError, match=r"pip install 'subgoal-prover\[ray\]'"):
        require()


def test_halves() -> None:
    assert list(halves(12)) == [12, 6, 3, 1]
