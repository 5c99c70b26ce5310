"""Lanes of one process: what one does or suffers is its own, and what the process does is all's."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from prover import errors
from prover.lean import lanes as lanes_module
from prover.lean import pool as pool_module
from prover.lean.lanes import Lanes
from prover.lean.pool import Pool
from prover.lean.process import LeanProcess, ProcessSpec
from tests.lean.test_confinement import open_files
from tests.lean.test_host import DEEP, DEEP_BODY, STATEMENT

TESTS = Path(__file__).parents[1]
PYTHON = (sys.executable, "-I", "-S")
ME = psutil.Process()
OTHERS: set[int] = set()


def children(recursive: bool = True) -> list[psutil.Process]:
    return [c for c in ME.children(recursive) if c.pid not in OTHERS]


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test leaves a process, a zombie or an open file behind; retries come quickly."""
    monkeypatch.setattr(pool_module, "BACKOFF_SECONDS", (0.01, 0.01, 0.01))
    OTHERS.clear()
    OTHERS.update(c.pid for c in ME.children(recursive=True))
    fds = ME.num_fds()
    yield
    assert children() == []
    assert ME.num_fds() == fds


def spec(*start: str, ready_seconds: float = 10.0) -> ProcessSpec:
    alone = (*PYTHON, str(TESTS / "fake_driver.py"))
    shared = (*PYTHON, str(TESTS / "fake_lanes.py"), *start)
    return ProcessSpec(alone, {}, None, ready_seconds, shared)


def make(size: int, *start: str, memory_mb: float = 1000, spares: int = 0) -> Pool:
    return Pool(spec(*start), size, memory_mb, spares)


async def judge(pool: Pool, behave: str = "proved", limit: float = 10.0, **fields: Any) -> Any:
    """The reply, or the error."""
    try:
        return await pool.ask("judge", {"behave": behave, **fields}, limit)
    except errors.ProverError as exc:
        return exc


def fate(behave: str, limit: float = 10.0, memory_mb: float = 1000, **fields: Any) -> Any:
    """What became of one request while another lane's was under way, which it did not disturb."""

    async def main() -> Any:
        async with make(2, memory_mb=memory_mb) as pool:
            other = asyncio.create_task(judge(pool, "sleep", seconds=2))
            found = await judge(pool, behave, limit, **fields)
            assert not other.done()
            assert (await other)["verdict"] == "proved"
            assert (await judge(pool))["verdict"] == "proved"
            assert len(children(recursive=False)) == 1, "one process for both"
            return found

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("behave", "verdict"),
    [
        ("proved", "proved"),
        ("rejected", "rejected"),
        ("split_reply", "proved"),
        ("garbage", "proved"),
        ("wrong_id", "rejected"),
        ("forged", "rejected"),
    ],
)
def test_the_reply_is_the_lanes_line_with_the_awaited_id(behave: str, verdict: str) -> None:
    assert fate(behave)["verdict"] == verdict


@pytest.mark.parametrize(
    ("behave", "limit", "error", "message"),
    [
        ("exit", 9, errors.WorkerCrash, "its code was 3"),
        ("segv", 9, errors.WorkerCrash, "its code was -11"),
        ("flood", 9, errors.WorkerProtocol, "too much"),
        ("flood_empty", 9, errors.WorkerProtocol, "too much"),
        ("hang", 0.3, errors.WorkerTimeout, "no reply to judge"),
        ("stop", 0.3, errors.WorkerTimeout, "no reply to judge"),
    ],
)
def test_a_fault_of_one_lane_leaves_the_other_alone(
    behave: str, limit: float, error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prover.lean.process.MAX_NOISE", 3_000_000)
    exc = fate(behave, limit)
    assert type(exc) is error and message in str(exc)


def test_200_kb_both_ways() -> None:
    assert fate("length", text="∀" * 70_000)["length"] == 70_000
    assert len(fate("big", bytes=8_000_000)["text"]) == 4_000_000


def test_a_lane_says_how_large_it_is() -> None:
    exc = fate("hang", 9, 500, size=600_000_000)
    assert type(exc) is errors.WorkerMemory and "600 MB of 500 MB" in str(exc)


def test_a_lane_found_too_large_after_its_reply_is_replaced() -> None:
    async def main() -> None:
        async with make(1, memory_mb=500) as pool:
            first = await judge(pool, size=600_000_000)
            assert (await judge(pool))["pid"] != first["pid"]
            assert pool.stats.over_memory == 1 and pool.stats.started == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        ("all_die", "shared by all lanes exited with code 5: Fatal process out of memory"),
        ("all_close", "shared by all lanes closed its output"),
        ("all_flood", "too much besides its replies"),
        ("all_flood_stderr", "too much besides its replies"),
        ("all_flood_gone", "too much besides its replies"),
    ],
)
def test_the_end_of_the_process_is_the_end_of_every_lane(
    behave: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "MAX_NOISE", 3_000_000)

    async def main() -> None:
        async with make(3) as pool:
            asked = [judge(pool, "hang"), judge(pool, "hang"), judge(pool, behave)]
            for exc in await asyncio.gather(*asked):
                assert type(exc) is errors.WorkerCrash and message in str(exc)
            again = await asyncio.gather(*(judge(pool) for _ in range(3)))
            assert all(reply["verdict"] == "proved" for reply in again)
            assert pool.stats.crashes == 3 and len(children(recursive=False)) == 1

    asyncio.run(main())


@pytest.mark.parametrize("start", ["", "deaf"])
def test_a_process_that_does_not_end_a_lane_is_killed(
    start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "REAP_SECONDS", 0.2)

    async def main() -> None:
        async with make(2, *filter(None, [start])) as pool:
            await asyncio.gather(*(judge(pool, "sleep", seconds=0.5) for _ in range(2)))
            other = asyncio.create_task(judge(pool, "hang"))
            exc = await judge(pool, "hang" if start else "all_stop", 0.5)
            assert type(exc) is errors.WorkerTimeout
            assert "did not end a lane" in str(await other)
            assert (await judge(pool))["verdict"] == "proved"

    asyncio.run(main())


def test_a_start_that_fails() -> None:
    async def start(*how: str) -> None:
        made = spec(*how, ready_seconds=0.5)
        shared = Lanes(made)
        try:
            await LeanProcess(made, 1000, None, shared).start()
        finally:
            await shared.close()

    with pytest.raises(errors.WorkerTimeout, match="no reply to start"):
        asyncio.run(start("silent"))
    with pytest.raises(errors.WorkerCrash, match="its code was 1"):
        asyncio.run(start("die"))


def test_a_program_that_cannot_be_executed() -> None:
    async def main() -> None:
        async with Pool(ProcessSpec((), {}, shared=("/no/such/program",)), 2, 1000) as pool:
            with pytest.raises(errors.InfrastructureError, match="/no/such/program"):
                await pool.ask("judge", {}, 5)

    asyncio.run(main())


def test_cancelled_starts_leave_nothing() -> None:
    async def main() -> None:
        rng = random.Random(1)
        shared = Lanes(spec())
        for number in range(40):
            process = LeanProcess(spec(), 1000, None, shared)
            starting = asyncio.create_task(process.start())
            await asyncio.sleep(rng.uniform(0, 0.06))
            starting.cancel()
            await asyncio.wait({starting})
            await process.close()
            if number % 10 == 9:
                await shared.close()
                assert not children()
            elif running := await shared.process():
                assert not running.lanes

    asyncio.run(main())


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.3])
def test_closing_the_pool_ends_everything(pause: float) -> None:
    async def main() -> None:
        pool = make(3, spares=1)
        asked = [asyncio.create_task(judge(pool, "hang")) for _ in range(5)]
        await asyncio.sleep(pause)
        await pool.close()
        assert not children()
        assert all(isinstance(exc, errors.ProverError) for exc in await asyncio.gather(*asked))

    asyncio.run(main())


def test_a_newcomer_has_a_process_of_its_own() -> None:
    async def main() -> None:
        async with make(1) as pool:
            await judge(pool)
            async with pool.newcomer() as worker:
                pid = (await worker.ask("judge", {}, 5))["pid"]
                assert psutil.Process(pid).ppid() == ME.pid

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.parametrize("spares", [0, 1])
def test_200_kills_leave_nothing_behind(spares: int) -> None:
    async def main() -> None:
        async with make(4, spares=spares) as pool:
            for _ in range(4):
                found = await asyncio.gather(*(judge(pool, "hang", 0.01) for _ in range(50)))
                assert all(type(exc) is errors.WorkerTimeout for exc in found)
            async with asyncio.timeout(10):
                while pool.starting:
                    await asyncio.sleep(0.01)
            (process,) = children(recursive=False)
            assert len(process.children()) == len(pool.processes) <= 4 + spares
            assert pool.stats.started == 200 + len(pool.processes)

    fds = ME.num_fds()
    asyncio.run(main())
    assert ME.num_fds() == fds


# The real Lean.

PIGEONS = [f"a{i} ≠ a{j}" for i in range(8) for j in range(i)]
ENDLESS = {
    "statement": f"theorem t ({' '.join(f'a{i}' for i in range(8))} : Int) : "
    + " → ".join([*PIGEONS, *(f"0 ≤ a{i} → a{i} < 7" for i in range(8)), "False"]),
    "body": "by omega",
    "heartbeats": 0,
}
"""Eight pigeons for seven holes by case distinctions, without a limit."""
GOOD = {"statement": STATEMENT, "body": "by omega", "heartbeats": 40000}
OVERFLOW = {"statement": DEEP, "body": DEEP_BODY, "heartbeats": 0}


def resident_mb(pool: Pool) -> float:
    (pid,) = {process.pid for process in pool.processes}
    return psutil.Process(pid).memory_info().rss / 1e6


async def proved(pool: Pool) -> bool:
    return bool((await pool.ask("judge", GOOD, 60))["verdict"] == "proved")


async def both(pool: Pool) -> None:
    """Both lanes hold and judge at the same time."""
    barrier = asyncio.Barrier(2)

    async def hold() -> None:
        async with pool.worker() as worker:
            await asyncio.wait_for(barrier.wait(), 60)
            assert (await worker.ask("judge", GOOD, 60))["verdict"] == "proved"

    await asyncio.gather(hold(), hold())


@pytest.mark.lean
@pytest.mark.slow
def test_endless_loops_of_the_real_lean_are_ended_and_their_memory_is_given_back(
    lean_spec: ProcessSpec,
) -> None:
    async def main() -> None:
        async with Pool(lean_spec, 2, 3000) as pool:
            await both(pool)
            before, process = resident_mb(pool), psutil.Process(next(iter(pool.processes)).pid)
            threads, fds = process.num_threads(), process.num_fds()
            for _ in range(8):
                hanging = asyncio.create_task(pool.ask("judge", ENDLESS, 1.5))
                while not hanging.done():
                    assert await proved(pool)
                with pytest.raises(errors.WorkerTimeout):
                    await hanging
            await both(pool)
            assert psutil.Process(next(iter(pool.processes)).pid) == process
            assert pool.stats.started == 10 and pool.stats.crashes == 0
            assert resident_mb(pool) < before + 150
            assert process.num_threads() == threads and process.num_fds() <= fds + 1

    asyncio.run(main())


@pytest.mark.lean
@pytest.mark.slow
def test_stack_overflows_of_the_real_lean_stay_in_their_lane(lean_spec: ProcessSpec) -> None:
    async def main() -> None:
        async with Pool(lean_spec, 2, 3000) as pool:
            await both(pool)
            for _ in range(5):
                deep = asyncio.create_task(pool.ask("judge", OVERFLOW, 60))
                while not deep.done():
                    assert await proved(pool)
                assert deep.result()["trap"] == "stack overflow"
            assert pool.stats.started == 2 and pool.stats.killed == 0

    asyncio.run(main())


@pytest.mark.lean
@pytest.mark.slow
def test_the_death_of_the_real_process_costs_its_requests_alone(lean_spec: ProcessSpec) -> None:
    async def main() -> None:
        async with Pool(lean_spec, 2, 3000) as pool:
            await both(pool)
            hanging = [asyncio.create_task(pool.ask("judge", ENDLESS, 60)) for _ in range(2)]
            await asyncio.sleep(0.5)
            os.kill(next(iter(pool.processes)).pid, signal.SIGKILL)
            for task in hanging:
                with pytest.raises(errors.WorkerCrash, match="SIGKILL"):
                    await task
            await both(pool)

    asyncio.run(main())


@pytest.mark.lean
@pytest.mark.slow
def test_the_real_process_sees_only_its_own_files_and_ends_with_its_parent(
    lean_spec: ProcessSpec,
) -> None:
    async def main() -> None:
        async with Pool(lean_spec, 2, 3000) as pool:
            await both(pool)
            process = psutil.Process(next(iter(pool.processes)).pid)
            proc = Path("/proc") / str(process.pid)
            environ = (proc / "environ").read_bytes()
            assert b"HOME" not in environ and b"PATH" not in environ
            folders = [
                arg.removeprefix("--allow-fs-read=") for arg in lean_spec.shared if "fs-read" in arg
            ]
            opened = [name for name in open_files(proc) if name.startswith("/")]
            own = [name for name in opened if not name.startswith("/dev/")]
            assert own and all(name.startswith(tuple(folders)) for name in own)
            assert not any("fs-write" in arg or "child" in arg for arg in lean_spec.shared)
            hanging = asyncio.create_task(pool.ask("judge", ENDLESS, 60))
            await asyncio.sleep(0.5)
            (busy,) = {p._link._process for p in pool.processes}  # type: ignore[union-attr]
            assert busy is not None and busy.link._transport is not None
            began = time.monotonic()
            busy.link._transport.get_pipe_transport(0).close()  # type: ignore[union-attr]
            with pytest.raises(errors.WorkerCrash):
                await hanging
            assert time.monotonic() - began < 5

    asyncio.run(main())
