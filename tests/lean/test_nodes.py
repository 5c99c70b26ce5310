"""Which machines serve: enough of them, those that are lost replaced, none asked for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_remote import FakeHost

from prover.errors import InfrastructureError, SetupError
from prover.lean import nodes as module
from prover.lean.nodes import Keeper, Node, missing
from prover.lean.remote import RemotePool


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, seconds in (("LOOK_SECONDS", 0.01), ("REST_SECONDS", 0.03), ("HOPE_SECONDS", 1.0)):
        monkeypatch.setattr(module, name, seconds)
    yield


CPUS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 9))


@given(CPUS, CPUS, st.integers(1, 30))
def test_as_many_as_asked_for_and_no_node_twice(
    cpus: dict[str, int], taken: dict[str, int], size: int
) -> None:
    wanted = missing({key: Node(key, n) for key, n in cpus.items()}, taken, size)
    assert not wanted.keys() & taken.keys()
    assert all(0 < seats <= cpus[key] for key, seats in wanted.items())
    free = sum(n for key, n in cpus.items() if key not in taken)
    assert sum(wanted.values()) == max(0, min(free, size - sum(taken.values())))


class Machines:
    """Those there are; how starts on them go is told by name."""

    def __init__(self, **cpus: int) -> None:
        self.cpus = cpus
        self.hosts: list[FakeHost] = []
        self.fails: dict[str, Exception] = {}
        self.starts: list[str] = []
        self.said: list[str] = []

    async def look(self) -> dict[str, Node]:
        return {key: Node(key, cpus) for key, cpus in self.cpus.items()}

    async def start(self, key: str, node: Node, seats: int) -> FakeHost:
        self.starts.append(key)
        await asyncio.sleep(0)
        if key in self.fails:
            raise self.fails[key]
        self.hosts.append(FakeHost(key, seats))
        return self.hosts[-1]

    def keeper(self, pool: RemotePool) -> Keeper:
        return Keeper(pool, self.look, self.start, self.said.append)


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def test_only_as_many_as_it_takes() -> None:
    async def main() -> None:
        machines, pool = Machines(a=2, b=4, c=1), RemotePool(5)
        async with machines.keeper(pool).keeping():
            await until(lambda: pool.seats == 5)
            await asyncio.sleep(0.05)
            assert {host.name: host.seats for host in machines.hosts} == {"b": 4, "a": 1}
        assert all(host.lost.done() for host in machines.hosts)

    asyncio.run(main())


def test_a_lost_machine_is_replaced_and_one_that_comes_is_used() -> None:
    async def main() -> None:
        machines, pool = Machines(a=1, b=1), RemotePool(2)
        async with machines.keeper(pool).keeping():
            await until(lambda: pool.seats == 2)
            del machines.cpus["a"]
            next(host for host in machines.hosts if host.name == "a").lost.set_result("it burnt")
            await until(lambda: any("lost (1 of 2): it burnt" in x for x in machines.said))
            assert (await pool.ask("judge", {}, 5))["host"] == "b"
            machines.cpus["c"] = 1
            await until(lambda: pool.seats == 2)

    asyncio.run(main())


def test_a_machine_that_lost_its_workers_gets_new_ones_after_a_rest() -> None:
    async def main() -> None:
        machines, pool = Machines(a=1), RemotePool(1)
        async with machines.keeper(pool).keeping():
            machines.hosts[0].lost.set_result("out of memory")
            await until(lambda: pool.seats == 0)
            assert (await pool.ask("judge", {}, 5))["ok"]
            assert machines.starts == ["a", "a"]

    asyncio.run(main())


def test_a_machine_without_room_is_tried_again() -> None:
    async def main() -> None:
        machines, pool = Machines(a=1, b=1), RemotePool(2)
        machines.fails["b"] = InfrastructureError("there is no CPU free on it")
        async with machines.keeper(pool).keeping():
            await until(lambda: machines.starts.count("b") > 2)
            assert pool.seats == 1 and (await pool.ask("judge", {}, 5))["host"] == "a"
            del machines.fails["b"]
            await until(lambda: pool.seats == 2)

    asyncio.run(main())


@pytest.mark.parametrize("cause", [SetupError, InfrastructureError])
def test_when_none_can_serve_the_opening_says_why(cause: type[Exception]) -> None:
    async def main() -> None:
        machines, pool = Machines(a=1), RemotePool(1)
        machines.fails["a"] = cause("it has another Lean")
        with pytest.raises(InfrastructureError, match="in the cluster: a: it has another Lean"):
            async with machines.keeper(pool).keeping():
                pass
        assert cause is InfrastructureError or machines.starts == ["a"]
        assert machines.said == ["a has no Lean workers: it has another Lean"]

    asyncio.run(main())


def test_when_all_are_lost_for_long_those_who_ask_are_told() -> None:
    async def main() -> None:
        machines, pool = Machines(a=1), RemotePool(1)
        async with machines.keeper(pool).keeping():
            machines.cpus.clear()
            machines.hosts[0].lost.set_result("the power failed")
            with pytest.raises(InfrastructureError, match="no Lean worker is to be had"):
                async with asyncio.timeout(5):
                    while True:
                        await pool.ask("judge", {}, 5)
                        await asyncio.sleep(0)

    asyncio.run(main())


def test_a_defect_is_told_to_everyone() -> None:
    async def main() -> None:
        machines, pool = Machines(a=1), RemotePool(1)
        machines.fails["a"] = ZeroDivisionError("a defect")
        with pytest.raises(InfrastructureError, match="the cluster is lost: a defect"):
            async with machines.keeper(pool).keeping():
                pass

    asyncio.run(main())
