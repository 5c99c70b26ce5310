"""Attempts: the bound, results one by one, and nobody left running or unheard."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from prover.tasks import Attempts, Done


class Work:
    """Attempts that count who runs and who ended how."""

    def __init__(self) -> None:
        self.running = self.peak = self.finished = self.cancelled = 0

    async def __call__(self, value: int = 0, seconds: float = 0.0) -> int:
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            await asyncio.sleep(seconds)
            self.finished += 1
            return value
        except asyncio.CancelledError:
            await asyncio.sleep(0.001)  # cleaning up takes time
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    async def fail(self, error: BaseException, seconds: float = 0.0) -> int:
        await asyncio.sleep(seconds)
        raise error


def test_results_one_by_one_within_the_bound() -> None:
    async def main() -> None:
        work, seen = Work(), []
        async with Attempts[int](3) as attempts:
            for n in range(20):
                await attempts.start(work(n, 0.001 * (n % 4)), key=n % 2)
                assert len(attempts) <= 3
            async for done in attempts:
                assert done.key == done.value % 2
                seen.append(done.value)
            assert await attempts.next_done() is None
        assert sorted(seen) == list(range(20)) and work.peak == 3

    asyncio.run(main())


def test_a_result_comes_before_slower_ones_end() -> None:
    async def main() -> None:
        work = Work()
        async with Attempts[int](2) as attempts:
            await attempts.start(work(1, 60), key="slow")
            await attempts.start(work(2), key="quick")
            assert await attempts.next_done() == Done("quick", 2)
            assert await attempts.cancel("slow") == 1
            assert await attempts.next_done() is None

    asyncio.run(main())


def test_leaving_waits_for_the_children() -> None:
    async def main() -> None:
        work = Work()
        async with Attempts[int](2) as attempts:
            tasks = [await attempts.start(work(n, 0.01)) for n in range(4)]
        assert [task.result() for task in tasks] == [0, 1, 2, 3] and work.running == 0

    asyncio.run(main())


def test_an_exception_in_the_block_cancels_the_children() -> None:
    async def main() -> None:
        work = Work()
        with pytest.raises(KeyError, match="mine"):
            async with Attempts[int](2) as attempts:
                await attempts.start(work(1, 60))
                await attempts.start(work(2, 60))  # cancelled before its first step
                raise KeyError("mine")
        assert work.running == 0 and work.finished == 0

    asyncio.run(main())


@pytest.mark.parametrize("started", [1, 2, 5])
def test_a_cancellation_around_the_block_cancels_the_children(started: int) -> None:
    """Also while `start` waits for a slot (5) and while leaving waits (1, 2)."""

    async def main() -> None:
        work = Work()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                async with Attempts[int](2) as attempts:
                    for n in range(started):
                        await attempts.start(work(n, 60))
        assert work.running == 0 and work.cancelled == min(started, 2)

    asyncio.run(main())


@pytest.mark.parametrize("how", ["start", "waiting", "next_done", "leaving"])
def test_a_failure_surfaces_at_the_next_step(how: str) -> None:
    async def main() -> None:
        work = Work()
        with pytest.raises(ZeroDivisionError, match="bug"):
            async with Attempts[int](2) as attempts:
                await attempts.start(work.fail(ZeroDivisionError("bug"), 0.01))
                if how in ("start", "waiting"):
                    await attempts.start(work(1, 60))
                    await asyncio.sleep(0.03 if how == "start" else 0)
                    await attempts.start(work(2))
                elif how == "next_done":
                    await attempts.start(work(1, 60))
                    await attempts.next_done()
                else:
                    await attempts.start(work(1, 60))
        assert work.running == work.finished == 0 and work.cancelled == 1

    asyncio.run(main())


def test_further_failures_are_notes() -> None:
    async def main() -> None:
        work = Work()
        with pytest.raises(ValueError, match="first") as info:
            async with Attempts[int](2) as attempts:
                await attempts.start(work.fail(ValueError("first")))
                await attempts.start(work.fail(ValueError("second")))
        assert "second" in str(info.value.__notes__)
        with pytest.raises(KeyError) as other:
            async with Attempts[int](2) as attempts:
                await attempts.start(work.fail(ValueError("first")))
                await asyncio.sleep(0.01)
                raise KeyError
        assert "first" in str(other.value.__notes__)

    asyncio.run(main())


def test_cancel_ends_one_goal_and_spares_the_others() -> None:
    async def main() -> None:
        work = Work()
        async with Attempts[int](4) as attempts:
            for n in range(4):
                await attempts.start(work(n, 60 if n % 2 else 0.02), key=n % 2)
            await asyncio.sleep(0)
            assert await attempts.cancel(1) == 2 and work.cancelled == 2
            assert await attempts.cancel("unknown") == 0
            assert {done.value async for done in attempts} == {0, 2}

    asyncio.run(main())


def test_an_attempt_may_cancel_its_siblings() -> None:
    async def main() -> None:
        work = Work()
        async with Attempts[int](3) as attempts:

            async def winner() -> int:
                return await attempts.cancel("goal")

            await attempts.start(work(1, 60), key="goal")
            await attempts.start(winner(), key="goal")
            assert await attempts.next_done() == Done("goal", 1)

    asyncio.run(main())


def test_a_task_cancelled_before_its_first_step_frees_its_slot() -> None:
    async def main() -> None:
        work = Work()
        async with Attempts[int](1) as attempts:
            for n in range(5):
                await attempts.start(work(n, 60), key=n)
                await attempts.cancel(n)
            await attempts.start(work(7))
            assert await attempts.next_done() == Done(None, 7)

    asyncio.run(main())


def test_starting_after_the_block_is_refused_and_closes_the_coroutine() -> None:
    async def main() -> None:
        work = Work()
        async with Attempts[int](1) as attempts:
            await attempts.start(work(1, 0.02))
            late = asyncio.create_task(attempts.start(work(2)))
            await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="has been left"):
            await late
        with pytest.raises(RuntimeError, match="has been left"):
            await attempts.start(work(3))
        assert work.finished == 1

    asyncio.run(main())


@pytest.mark.parametrize("seed", range(30))
def test_cancellation_at_random_moments(seed: int) -> None:
    """Whatever is cancelled when: the block ends, nothing runs on, no slot is lost."""
    rng = random.Random(seed)
    work = Work()

    async def producer(attempts: Attempts[int]) -> None:
        for n in range(30):
            await attempts.start(work(n, rng.choice([0, 0, 0.001, 0.01])), key=rng.randrange(3))
            if rng.random() < 0.3:
                await attempts.cancel(rng.randrange(3))
            if rng.random() < 0.3:
                await attempts.next_done()

    async def block(then: Callable[[], None]) -> None:
        async with Attempts[int](3) as attempts:
            await producer(attempts)
        then()

    async def main() -> None:
        ended: list[bool] = []
        task = asyncio.create_task(block(lambda: ended.append(True)))
        await asyncio.sleep(rng.uniform(0, 0.05))
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait({task})
        assert task.cancelled() or ended
        assert work.running == 0 and work.peak <= 3
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
