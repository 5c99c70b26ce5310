"""The driver's side of a cluster, with hosts that answer here: turns, seats, and lost hosts."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.errors import InfrastructureError, WorkerCrash, WorkerTimeout
from prover.lean.protocol import Reply
from prover.lean.remote import RemotePool
from prover.lean.verifier import Verifier
from prover.types import Candidate, Goal, LeanFacts, Limits


class FakeHost:
    """Answers after `fields["wait"]` turns of the loop; counts what is with it."""

    def __init__(self, name: str, seats: int) -> None:
        self.name, self.seats = name, seats
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.now, self.most, self.asked, self.cancelled = 0, 0, 0, 0
        self.fresh: list[bool] = []

    async def ask(self, op: str, fields: bytes, seconds: float, fresh: bool) -> Reply:
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        self.fresh.append(fresh)
        try:
            return await self.answer(json.loads(fields))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1

    async def answer(self, fields: dict[str, Any]) -> Reply:
        if fields.get("for_ever"):
            await asyncio.Event().wait()
        if fields.get("late"):
            raise WorkerTimeout("late")
        for _ in range(fields.get("wait", 1)):
            await asyncio.sleep(0)
        return {"ok": True, "host": self.name, "echo": fields.get("echo")}

    async def watch(self) -> str:
        return await self.lost

    async def close(self) -> None:
        pass


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_no_host_has_more_than_its_seats_and_all_are_used() -> None:
    async def main() -> None:
        pool = RemotePool(5)
        hosts = [FakeHost("a", 2), FakeHost("b", 3), FakeHost("c", 4)]
        for host in hosts:
            pool.add(host)
        asked = (pool.ask("judge", {"echo": n, "wait": 3}, 5) for n in range(60))
        replies = await asyncio.gather(*asked)
        assert [reply["echo"] for reply in replies] == list(range(60))
        assert all(host.most <= host.seats and host.asked for host in hosts)
        assert pool.seats == 9 and pool.stats.requests == 60 and pool.stats.started == 9

    asyncio.run(main())


def test_at_most_size_are_held() -> None:
    async def main() -> None:
        pool = RemotePool(3)
        host = FakeHost("a", 8)
        pool.add(host)
        await asyncio.gather(*(pool.ask("judge", {"wait": 4}, 5) for _ in range(12)))
        assert host.most == 3

    asyncio.run(main())


def test_waiters_are_served_in_order_when_a_host_comes() -> None:
    async def main() -> None:
        pool, order = RemotePool(1), list[int]()

        async def ask(number: int, seconds: float) -> None:
            async with pool.worker(seconds) as worker:
                order.append(number)
                await worker.ask("judge", {}, seconds)

        tasks = [asyncio.ensure_future(ask(n, 9 - n)) for n in range(3)]
        await turns()
        assert not order
        pool.add(FakeHost("a", 1))
        await asyncio.gather(*tasks)
        assert order == [2, 1, 0], "the shortest first, as in a pool of this machine"

    asyncio.run(main())


def test_a_lost_host_loses_no_request() -> None:
    async def main() -> None:
        pool = RemotePool(2)
        first, second = FakeHost("first", 1), FakeHost("second", 1)
        pool.add(first)
        asking = asyncio.ensure_future(pool.ask("judge", {"for_ever": True}, 5))
        await turns()
        pool.add(second)
        first.lost.set_result("its node died")
        with pytest.raises(WorkerCrash, match="first was lost with the request: its node died"):
            await asking
        pool.remove(first)
        await turns()
        assert first.cancelled == 1 and pool.stats.crashes == pool.stats.killed == 1
        assert (await pool.ask("judge", {}, 5))["host"] == "second" and pool.seats == 1

    asyncio.run(main())


GOAL = Goal.from_dict(
    {"id": "g", "problem": "p", "statement": "theorem g : 1 = 1", "header": "", "key": "k",
     "conclusion": "", "binders": [], "target": "1 = 1", "head": "Eq", "constants": []}
)  # fmt: skip


class Dying(FakeHost):
    async def answer(self, fields: dict[str, Any]) -> Reply:
        if not self.lost.done():
            self.lost.set_result("gone")
        return await super().answer({"for_ever": True})


def test_the_verifier_asks_again_elsewhere_and_never_rejects() -> None:
    facts = LeanFacts("lean", "embedded")

    class Proving(FakeHost):
        async def answer(self, fields: dict[str, Any]) -> Reply:
            return {"ok": True, "verdict": "proved", "kind": ""}

    async def judge(*hosts: FakeHost) -> str:
        pool = RemotePool(2)
        for host in hosts:
            pool.add(host)
        return (
            await Verifier(pool, facts).judge(GOAL, Candidate("by rfl", "test"), Limits())
        ).status

    async def main() -> None:
        assert await judge(Dying("a", 2), Proving("b", 1)) == "proved"
        assert await judge(Dying("a", 1), Dying("b", 1)) == "inconclusive"

    asyncio.run(main())


def test_a_cancelled_request_ends_over_there_too() -> None:
    async def main() -> None:
        pool, host = RemotePool(1), FakeHost("a", 1)
        pool.add(host)
        asking = asyncio.ensure_future(pool.ask("judge", {"for_ever": True}, 5))
        await turns()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await turns()
        assert host.cancelled == 1 and host.now == 0
        assert (await pool.ask("judge", {"echo": 1}, 5))["echo"] == 1

    asyncio.run(main())


def test_a_fault_is_the_request_s_own() -> None:
    async def main() -> None:
        pool, host = RemotePool(1), FakeHost("a", 1)
        pool.add(host)
        with pytest.raises(WorkerTimeout):
            await pool.ask("judge", {"late": True}, 5)
        with pytest.raises(UnicodeEncodeError):
            await pool.ask("judge", {"echo": "\ud800"}, 5)
        assert host.asked == 1 and pool.stats.timeouts == 1
        async with pool.newcomer() as worker:
            await worker.ask("file", {}, 5)
        assert host.fresh == [False, True]

    asyncio.run(main())


def test_those_who_wait_are_told() -> None:
    async def main() -> None:
        pool = RemotePool(1)
        waiting = asyncio.ensure_future(pool.ask("judge", {}, 5))
        await turns()
        pool.tell_waiters(InfrastructureError("nobody serves"))
        with pytest.raises(InfrastructureError, match="nobody serves"):
            await waiting
        pool.add(FakeHost("a", 1))
        assert (await pool.ask("judge", {}, 5))["ok"]
        pool.close(InfrastructureError("closed"))
        with pytest.raises(InfrastructureError, match="closed"):
            await pool.ask("judge", {}, 5)

    asyncio.run(main())


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_whatever_happens_everyone_ends_and_no_seat_is_lost(seed: int, size: int) -> None:
    """Requests, cancellations, and hosts that come and go, at random."""
    chance = random.Random(seed)

    async def one(pool: RemotePool) -> str:
        try:
            await pool.ask("judge", {"wait": chance.randrange(6)}, chance.choice([1, 5]))
        except WorkerCrash:
            return "crash"
        return "reply"

    async def main() -> None:
        pool, hosts, tasks = RemotePool(size), list[FakeHost](), list[asyncio.Task[str]]()
        for n in range(40):
            step = chance.randrange(5)
            if step < 2:
                tasks.append(asyncio.ensure_future(one(pool)))
            elif step == 2 and tasks:
                chance.choice(tasks).cancel()
            elif step == 3:
                hosts.append(FakeHost(str(n), chance.randint(1, 3)))
                pool.add(hosts[-1])
            elif hosts:
                lost = hosts.pop(chance.randrange(len(hosts)))
                lost.lost.set_result("gone")
                pool.remove(lost)
            await turns(chance.randrange(3))
        last = FakeHost("last", 9)
        pool.add(last)
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks, return_exceptions=True)
            both = asyncio.Barrier(size)

            async def hold() -> None:
                async with pool.worker():
                    await both.wait()

            await asyncio.gather(*(hold() for _ in range(size)))
        assert all(host.most <= host.seats for host in [*hosts, last])

    asyncio.run(main())
