"""The pool: fairness, replacement, cancellation, and faults that stay with their request."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from prover import errors
from prover.lean import pool as pool_module
from prover.lean import process as process_module
from prover.lean.pool import Pool
from prover.lean.process import LeanProcess, ProcessSpec

DRIVER = str(Path(__file__).parents[1] / "fake_driver.py")
ME = psutil.Process()
OTHERS: set[int] = set()
"""Children that were there before the test: the Lean that other tests share."""


def children(recursive: bool = True) -> list[psutil.Process]:
    return [c for c in ME.children(recursive) if c.pid not in OTHERS]


def make(
    size: int, *start: str, memory_mb: float = 1000, ready_seconds: float = 10.0, spares: int = 0
) -> Pool:
    argv = (sys.executable, "-I", "-S", DRIVER, *start)
    return Pool(ProcessSpec(argv, {}, None, ready_seconds), size, memory_mb, spares)


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


async def all_slots_work(pool: Pool) -> None:
    """Every slot can be held at the same time, and none beyond."""
    barrier = asyncio.Barrier(pool.size)

    async def hold() -> int:
        async with pool.worker() as worker:
            await asyncio.wait_for(barrier.wait(), 5)
            return int((await worker.ask("judge", {}, 5))["pid"])

    pids = await asyncio.gather(*(hold() for _ in range(pool.size)))
    assert len(set(pids)) == pool.size


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def test_processes_start_when_wanted_and_are_reused() -> None:
    async def main() -> None:
        async with make(3) as pool:
            await asyncio.sleep(0.05)
            assert pool.stats.started == 0
            for n in range(20):
                assert (await pool.ask("judge", {"echo": n}, 5))["echo"] == n
            assert pool.stats.started == 1 and pool.stats.requests == 20
            assert 0 < pool.stats.lean_seconds < 5
            await all_slots_work(pool)
            assert pool.stats.started == 3

    asyncio.run(main())


FAULTS: dict[str, type[Exception]] = {
    "exit": errors.WorkerCrash,
    "segv": errors.WorkerCrash,
    "eof": errors.WorkerCrash,
    "orphan_then_die": errors.WorkerCrash,
    "hang": errors.WorkerTimeout,
    "stop": errors.WorkerTimeout,
    "flood": errors.WorkerProtocol,
    "flood_empty": errors.WorkerProtocol,
    "stderr_endless": errors.WorkerProtocol,
    "endless_line": errors.WorkerProtocol,
    "eat": errors.WorkerMemory,
}
HARMLESS = ["garbage", "wrong_id", "forged", "split_reply", "stderr_flood", "rejected", "trap"]


def test_a_fault_stays_with_its_request() -> None:
    async def main() -> None:
        async with make(4, memory_mb=150) as pool:

            async def run(number: int, behave: str) -> None:
                seconds = 1.0 if FAULTS.get(behave) is errors.WorkerTimeout else 20.0
                fields = {"behave": behave, "echo": number, "bytes": 3_000_000}
                try:
                    reply = await pool.ask("judge", fields, seconds)
                except errors.WorkerError as exc:
                    assert type(exc) is FAULTS[behave], (behave, exc)
                else:
                    assert behave not in FAULTS
                    assert reply.get("echo") == number or behave == "split_reply"

            work = [*FAULTS, *FAULTS, *HARMLESS, *["proved"] * 60]
            random.Random(3).shuffle(work)
            await asyncio.gather(*(run(n, behave) for n, behave in enumerate(work)))
            stats = pool.stats
            assert stats.requests == len(work) and stats.killed == 2 * len(FAULTS)
            assert (stats.crashes, stats.timeouts) == (8, 4)
            assert (stats.protocol_errors, stats.over_memory) == (8, 2)
            await all_slots_work(pool)

    asyncio.run(main())


@pytest.mark.parametrize("size", [1, 3])
def test_waiters_are_served_in_order(size: int) -> None:
    async def main() -> None:
        served: list[int] = []

        async def wait(pool: Pool, number: int) -> None:
            async with pool.worker() as worker:
                served.append(number)
                behave = "exit" if number % 7 == 3 else "proved"
                try:
                    await worker.ask("judge", {"behave": behave}, 5)
                except errors.WorkerCrash:
                    assert behave == "exit"

        async with make(size) as pool:
            await asyncio.gather(*(wait(pool, n) for n in range(30)))
        assert served == list(range(30))

    asyncio.run(main())


def test_a_late_comer_does_not_overtake() -> None:
    async def main() -> None:
        order: list[str] = []

        async def greedy(pool: Pool) -> None:
            for _ in range(5):
                async with pool.worker():
                    order.append("greedy")

        async def patient(pool: Pool) -> None:
            async with pool.worker():
                order.append("patient")

        async with make(1) as pool:
            await asyncio.gather(greedy(pool), patient(pool))
        assert order[1] == "patient"

    asyncio.run(main())


def test_a_replacement_is_warm_before_the_next_waiter_comes() -> None:
    async def main() -> None:
        async with make(1) as pool:
            with pytest.raises(errors.WorkerCrash):
                await pool.ask("judge", {"behave": "exit"}, 5)
            await until(lambda: pool.stats.started == 2)
            assert (await pool.ask("judge", {}, 5))["ok"] and pool.stats.started == 2

    asyncio.run(main())


def test_a_process_that_died_idle_is_replaced() -> None:
    async def main() -> None:
        async with make(1) as pool:
            pid = (await pool.ask("judge", {}, 5))["pid"]
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.1)
            assert (await pool.ask("judge", {}, 5))["pid"] != pid

    asyncio.run(main())


def test_a_process_grown_too_big_is_retired_between_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process_module, "SAMPLE_SECONDS", 60)  # else it may be found out earlier

    async def main() -> None:
        async with make(1, memory_mb=60) as pool:
            first = await pool.ask("judge", {"behave": "grow", "bytes": 100_000_000}, 5)
            second = await pool.ask("judge", {}, 5)
            assert first["ok"] and first["pid"] != second["pid"]
            assert pool.stats.over_memory == 1 and pool.stats.killed == 0

    asyncio.run(main())


def test_a_start_that_fails_is_tried_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with make(1, "flaky", f"{tmp_path / 'count'},3") as pool:
            assert (await pool.ask("judge", {}, 5))["ok"]
            assert pool.stats.failed_starts == 3 and pool.stats.started == 1

    asyncio.run(main())


def test_when_nothing_starts_every_waiter_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with make(2, "flaky", f"{tmp_path / 'count'},8") as pool:
            asked = [pool.ask("judge", {}, 5) for _ in range(10)]
            async with asyncio.timeout(10):
                answers = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(answer) for answer in answers} == {errors.InfrastructureError}
            assert "exited with code 1" in str(answers[0])
            assert (await pool.ask("judge", {}, 5))["ok"]  # it works again: so does the pool
            await all_slots_work(pool)

    asyncio.run(main())


@pytest.mark.parametrize("start", ["silent", "die"])
def test_a_driver_that_never_starts(start: str) -> None:
    async def main() -> None:
        async with make(1, start, ready_seconds=0.1) as pool:
            for _ in range(2):
                with pytest.raises(errors.InfrastructureError, match="no Lean process"):
                    await pool.ask("judge", {}, 5)

    asyncio.run(main())


def test_a_failing_replacement_does_not_fail_those_whom_others_serve(tmp_path: Path) -> None:
    count = tmp_path / "count"

    async def main() -> None:
        async with make(2, "flaky", f"{count},0") as pool:
            await all_slots_work(pool)
            pool._spec = ProcessSpec(("/no/such/program",), {})  # the installation breaks
            with pytest.raises(errors.WorkerCrash):
                await pool.ask("judge", {"behave": "exit"}, 5)
            slow = {"behave": "sleep", "seconds": 0.1}
            replies = await asyncio.gather(*(pool.ask("judge", slow, 5) for _ in range(4)))
            assert len({reply["pid"] for reply in replies}) == 1

    asyncio.run(main())


def test_a_holder_that_fails_between_requests_gives_its_process_back() -> None:
    async def main() -> None:
        async with make(1) as pool:
            with pytest.raises(KeyError):
                async with pool.worker() as worker:
                    await worker.ask("judge", {}, 5)
                    raise KeyError
            assert (await pool.ask("judge", {}, 5))["pid"] == worker.pid

    asyncio.run(main())


def test_a_holder_that_leaves_a_request_behind_loses_its_process() -> None:
    async def main() -> None:
        async with make(1) as pool:
            async with pool.worker() as worker:
                asking = asyncio.create_task(worker.ask("judge", {"behave": "hang"}, 60))
                await asyncio.sleep(0.05)
            assert (await pool.ask("judge", {}, 5))["pid"] != worker.pid
            with pytest.raises(errors.WorkerCrash):
                await asking

    asyncio.run(main())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spares", [0, 1])
def test_cancellation_at_random_moments_loses_no_slot(seed: int, spares: int) -> None:
    async def main() -> None:
        rng = random.Random(seed)
        behaviours = ["proved", "proved", "hang", "exit", "sleep", "flood"]

        async def one(pool: Pool, number: int) -> None:
            fields = {"behave": rng.choice(behaviours), "seconds": 0.02, "echo": number}
            try:
                reply = await pool.ask("judge", fields, rng.uniform(0.01, 0.3))
                assert reply["echo"] == number
            except errors.WorkerError:
                assert fields["behave"] != "proved" or pool.stats.timeouts

        async with make(3, spares=spares) as pool:
            tasks = [asyncio.create_task(one(pool, n)) for n in range(60)]
            for task in rng.sample(tasks, 45):
                await asyncio.sleep(rng.choice([0, 0, 0.003, 0.03]))
                task.cancel()
            async with asyncio.timeout(20):
                results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(r is None or isinstance(r, asyncio.CancelledError) for r in results)
            await all_slots_work(pool)

    asyncio.run(main())


def test_cancelled_when_the_process_is_already_handed_over() -> None:
    async def main() -> None:
        async with make(1) as pool:
            async with pool.worker():
                waiting = asyncio.create_task(pool.ask("judge", {}, 5))
                await asyncio.sleep(0)
            waiting.cancel()  # between the hand-over and the waiter's next step
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await all_slots_work(pool)

    asyncio.run(main())


def test_closing_ends_requests_and_waiters_at_once() -> None:
    async def main() -> None:
        pool = make(2)
        await all_slots_work(pool)
        asked = [asyncio.create_task(pool.ask("judge", {"behave": "hang"}, 60)) for _ in range(5)]
        await asyncio.sleep(0.1)
        group = [p.pid for p in children(recursive=False)]
        began = time.monotonic()
        await pool.close()
        assert time.monotonic() - began < 2 and len(group) == 2
        assert not any(psutil.pid_exists(pid) for pid in group)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        kinds = [type(answer) for answer in answers]
        assert kinds == [errors.WorkerCrash] * 2 + [errors.InfrastructureError] * 3
        assert "closed" in str(answers[0])
        with pytest.raises(errors.InfrastructureError, match="closed"):
            await pool.ask("judge", {}, 5)
        await pool.close()

    asyncio.run(main())


@pytest.mark.parametrize("spares", [0, 1])
def test_closing_while_processes_start(spares: int) -> None:
    async def main() -> None:
        for pause in (0, 0.001, 0.005, 0.01, 0.02, 0.03, 0.05):
            pool = make(3, "slow", "0.01", spares=spares)
            pool._spares_wanted = True
            asked = [asyncio.create_task(pool.ask("judge", {}, 5)) for _ in range(4)]
            await asyncio.sleep(pause)
            await pool.close()
            assert not children()
            await asyncio.gather(*asked, return_exceptions=True)

    asyncio.run(main())


# Ready at once, never answers, and has a child: a start costs a millisecond.
MUTE = ("/bin/sh", "-c", """echo '{"ready":true}'; cat >/dev/null; :""")


@pytest.mark.parametrize("spares", [0, 1])
def test_300_forced_kills_leave_nothing_behind(spares: int) -> None:
    async def main() -> None:
        spec = ProcessSpec(MUTE, {"PATH": os.defpath}, None, 10)
        async with Pool(spec, 4, 1000, spares) as pool:

            async def doomed() -> None:
                with pytest.raises(errors.WorkerTimeout):
                    await pool.ask("judge", {}, 0.001)

            await asyncio.gather(*(doomed() for _ in range(8)))
            await until(lambda: not pool.starting)
            fds = ME.num_fds() - 3 * len(pool.processes)
            for _ in range(3):
                await asyncio.gather(*(doomed() for _ in range(100)))
                await until(lambda: not pool.starting)
                assert ME.num_fds() - 3 * len(pool.processes) <= fds
                assert 4 <= len(children(recursive=False)) == len(pool.processes) <= 4 + spares
                assert all(child.status() != psutil.STATUS_ZOMBIE for child in children(False))
            assert pool.stats.timeouts == pool.stats.killed == 308
            assert pool.stats.started == 308 + len(pool.processes)

    asyncio.run(main())


def test_a_defect_in_the_background_reaches_the_waiters(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: LeanProcess) -> None:
        raise ZeroDivisionError("a programming error")

    monkeypatch.setattr(LeanProcess, "start", broken)

    async def main() -> None:
        async with make(1) as pool:
            for _ in range(2):
                with pytest.raises(errors.InfrastructureError, match="programming error") as info:
                    await pool.ask("judge", {}, 5)
                assert isinstance(info.value.__cause__, ZeroDivisionError)

    asyncio.run(main())


def test_a_pool_has_a_size() -> None:
    with pytest.raises(ValueError, match="at least one"):
        make(0)


def test_a_newcomer_has_seen_nobody_and_goes() -> None:
    async def main() -> None:
        async with make(1) as pool:
            own = (await pool.ask("judge", {}, 5))["pid"]
            met = set()
            for _ in range(2):
                async with pool.newcomer() as worker:
                    met.add((await worker.ask("judge", {}, 5))["pid"])
            assert len(met) == 2 and own not in met
            assert (await pool.ask("judge", {}, 5))["pid"] == own
            assert not any(psutil.pid_exists(pid) for pid in met)

    asyncio.run(main())


def warmed(pool: Pool, **fields: Any) -> Pool:
    """The same pool, whose processes are first asked this when nobody waits for them."""
    pool._spec = replace(pool._spec, warm_up={"behave": "proved", **fields})
    return pool


async def lose(pool: Pool) -> None:
    """Somebody's process hangs until it is killed."""
    with pytest.raises(errors.WorkerTimeout):
        await pool.ask("judge", {"behave": "hang"}, 0.05)


async def lose_with_a_spare(pool: Pool) -> None:
    """The same, once there is a spare."""
    async with pool.worker() as worker:
        await until(lambda: len(pool._idle) == 1)
        worker.kill()


def test_a_spare_steps_in_at_once() -> None:
    async def main() -> None:
        async with warmed(make(1, "slow", "0.3", spares=1)) as pool:
            await lose(pool)
            for number in range(1, 4):
                await lose_with_a_spare(pool)
                started = pool.stats.started
                reply = await pool.ask("judge", {}, 5)
                assert pool.stats.started == started, "it was there already"
                assert reply["nth"] == 2, "and had been asked something"
                assert pool.stats.requests == 1 + number, "which does not count"

    asyncio.run(main())


def test_no_spare_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "SPARE_AFTER_SECONDS", 0.2)

    async def main() -> None:
        async with make(2, spares=1) as pool:
            for _ in range(30):
                await pool.ask("judge", {}, 5)
            async with pool.worker():  # held for long, but asked nothing
                await asyncio.sleep(0.3)
            assert pool.stats.started == 1
            await all_slots_work(pool)
            assert pool.stats.started == 2
            slow = [pool.ask("judge", {"behave": "sleep", "seconds": 0.4}, 5) for _ in range(2)]
            await asyncio.gather(*slow)
            await until(lambda: pool.stats.started == 3 and len(pool._idle) == 3)
            assert len({(await pool.ask("judge", {}, 5))["pid"] for _ in range(5)}) == 1

    asyncio.run(main())


def test_an_idle_process_is_spare_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "SPARE_AFTER_SECONDS", 1.0)

    async def main() -> None:
        async with make(2, spares=1) as pool:
            await all_slots_work(pool)
            await pool.ask("judge", {"behave": "sleep", "seconds": 1.5}, 15)
            assert pool.stats.started == 2 and pool.starting == 0

    asyncio.run(main())


@pytest.mark.parametrize("spares", [0, 1, 2])
def test_no_more_are_held_or_exist_than_were_asked_for(spares: int) -> None:
    async def main() -> None:
        rng = random.Random(spares)
        async with warmed(make(3, spares=spares)) as pool:

            async def one() -> None:
                async with pool.worker(rng.choice([0.1, 5.0])) as worker:
                    assert len(pool._busy) <= 3
                    assert len(children(recursive=False)) <= len(pool.processes) <= 3 + spares
                    fields = {"behave": rng.choice(["proved", "exit", "hang"])}
                    try:
                        await worker.ask("judge", fields, 0.1)
                    except errors.WorkerError:
                        assert fields["behave"] != "proved" or pool.stats.timeouts

            async with asyncio.timeout(60):
                await asyncio.gather(*(one() for _ in range(90)))
                await until(lambda: not pool.starting)
            await all_slots_work(pool)

    asyncio.run(main())


def test_a_spare_that_cannot_be_started_costs_nobody_anything() -> None:
    async def main() -> None:
        async with make(1, spares=1) as pool:
            pid = (await pool.ask("judge", {}, 5))["pid"]
            good, pool._spec = pool._spec, ProcessSpec(("/no/such/program",), {})
            pool._spares_wanted = True
            for _ in range(5):
                assert (await pool.ask("judge", {}, 5))["pid"] == pid
            await until(lambda: not pool._spares_wanted)  # all tries have failed
            failed = pool.stats.failed_starts
            assert failed == 4
            for _ in range(5):
                assert (await pool.ask("judge", {}, 5))["pid"] == pid
            assert pool.stats.failed_starts == failed, "it is not tried again without a reason"
            pool._spec = good
            await lose(pool)
            assert (await pool.ask("judge", {}, 5))["ok"]

    asyncio.run(main())


@pytest.mark.parametrize("behave", ["exit", "hang", "trap"])
def test_a_warm_up_that_fails_costs_nobody_anything(
    behave: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "WARM_UP_SECONDS", 0.05)

    async def main() -> None:
        async with warmed(make(2, spares=1), behave=behave) as pool:
            for _ in range(3):
                await lose(pool)
                replies = await asyncio.gather(*(pool.ask("judge", {}, 5) for _ in range(8)))
                assert all(reply["ok"] for reply in replies)
            assert pool.stats.killed == pool.stats.timeouts == 3, "warm-ups do not count"
            await all_slots_work(pool)

    asyncio.run(main())


def test_a_spare_that_died_is_found_out_when_it_is_wanted() -> None:
    async def main() -> None:
        async with make(1, spares=1) as pool:
            await lose(pool)
            async with pool.worker() as worker:
                await until(lambda: len(pool._idle) == 1)
                os.kill(pool._idle[0].pid, signal.SIGKILL)
                await until(lambda: not pool._idle[0].usable)
                worker.kill()
            assert (await pool.ask("judge", {}, 5))["ok"]
            await all_slots_work(pool)

    asyncio.run(main())


CHEAP, SLOW = 0.3, 0.9


def test_64_at_once_cheap_and_slow_and_some_that_hang() -> None:
    """Order is compared, no seconds: whoever came with a later deadline was served later."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        rng = random.Random(7)
        came: dict[int, tuple[float, float]] = {}
        served: list[tuple[int, float]] = []
        ends: dict[int, str] = {}

        async def one(pool: Pool, number: int) -> None:
            await asyncio.sleep(rng.choice([0, 0, 0.1, 0.5, 1.0]))
            seconds = SLOW if number % 4 == 0 else CHEAP
            behave = "hang" if number % 8 == 0 or number % 31 == 1 else "sleep"
            fields = {"behave": behave, "seconds": 0.04 if seconds == SLOW else 0.002}
            came[number] = (loop.time(), loop.time() + seconds)
            async with pool.worker(seconds) as worker:
                served.append((number, loop.time()))
                try:
                    await worker.ask("judge", fields, seconds)
                    ends[number] = "sleep"
                except errors.WorkerTimeout:
                    ends[number] = "hang" if behave == "hang" else "slow machine"

        async with warmed(make(2, spares=1)) as pool:
            async with asyncio.timeout(60):
                await asyncio.gather(*(one(pool, number) for number in range(64)))
            await all_slots_work(pool)
        assert len(ends) == 64 and list(ends.values()).count("hang") == 10
        for place, (number, when) in enumerate(served):
            for other, _ in served[place + 1 :]:  # who waited then waits for a later deadline
                assert came[other][0] > when - 0.001 or came[other][1] >= came[number][1] - 0.001

    asyncio.run(main())
