"""LeanProcess against a driver that misbehaves in every way we know of."""

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
from prover.lean import process as process_module
from prover.lean import protocol
from prover.lean.process import LeanProcess, ProcessSpec

DRIVER = str(Path(__file__).parents[1] / "fake_driver.py")
ME = psutil.Process()
OTHERS: set[int] = set()
"""Children that were there before the test: the Lean that other tests share."""


def children() -> list[psutil.Process]:
    return [c for c in ME.children(recursive=True) if c.pid not in OTHERS]


def spec(*start: str, ready_seconds: float = 10.0) -> ProcessSpec:
    return ProcessSpec((sys.executable, "-I", "-S", DRIVER, *start), {}, None, ready_seconds)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a process, a zombie or an open file behind."""
    OTHERS.clear()
    OTHERS.update(c.pid for c in ME.children(recursive=True))
    fds = ME.num_fds()
    yield
    assert children() == []
    assert ME.num_fds() == fds


def one(behave: str, seconds: float = 10.0, memory_mb: float = 1000, **fields: Any) -> Any:
    """The reply to one request, or its error, with the process checked afterwards."""

    async def main() -> Any:
        async with LeanProcess(spec(), memory_mb) as process:
            try:
                reply = await process.ask("judge", {"behave": behave, **fields}, seconds)
            except errors.ProverError as exc:
                assert not process.usable and not process.alive
                with pytest.raises(errors.WorkerCrash, match="gone before"):
                    await process.ask("ping", {}, 1)
                return exc
            assert process.usable
            return reply

    return asyncio.run(main())


def gone(pid: int) -> bool:
    """Reaped by now, or at most a zombie of somebody else."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.01)
    return False


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
def test_the_reply_is_the_line_with_the_awaited_id(behave: str, verdict: str) -> None:
    assert one(behave)["verdict"] == verdict


@pytest.mark.parametrize(
    ("behave", "error", "message"),
    [
        ("exit", errors.WorkerCrash, "exited with code 3"),
        ("die_talking", errors.WorkerCrash, "code 7: Stack overflow detected. Aborting."),
        ("segv", errors.WorkerCrash, "SIGSEGV"),
        ("eof", errors.WorkerCrash, "closed its output"),
        ("orphan_then_die", errors.WorkerCrash, "code 9"),
        ("flood", errors.WorkerProtocol, "too much"),
        ("flood_empty", errors.WorkerProtocol, "too much"),
        ("stderr_endless", errors.WorkerProtocol, "too much"),
        ("endless_line", errors.WorkerProtocol, "a line of more than"),
    ],
)
def test_a_fault_gets_its_error(behave: str, error: type[Exception], message: str) -> None:
    exc = one(behave)
    assert type(exc) is error and message in str(exc)


@pytest.mark.parametrize("behave", ["hang", "stop"])
def test_a_hang_ends_at_the_deadline(behave: str) -> None:
    began = time.monotonic()
    assert type(one(behave, seconds=0.3)) is errors.WorkerTimeout
    assert time.monotonic() - began < 2


def test_memory_over_the_ceiling_ends_the_request() -> None:
    exc = one("eat", memory_mb=100)
    assert type(exc) is errors.WorkerMemory and "100 MB" in str(exc)


def test_a_trap_is_a_reply() -> None:
    reply = one("trap")
    assert reply["ok"] is False and reply["trap"] == "stack overflow"


def test_200_kb_both_ways() -> None:
    text = "∀" * 70_000
    assert one("length", text=text)["length"] == 70_000
    assert len(one("big", bytes=200_000)["text"]) == 100_000
    assert len(one("big", bytes=8_000_000)["text"]) == 4_000_000


def test_megabytes_of_stderr_do_not_block() -> None:
    assert one("stderr_flood", bytes=8_000_000)["verdict"] == "proved"


def test_noise_is_counted_per_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "MAX_NOISE", 3_000_000)

    async def main() -> None:
        async with LeanProcess(spec(), 1000) as process:
            for _ in range(4):
                await process.ask("judge", {"behave": "stderr_flood", "bytes": 2_000_000}, 10)

    asyncio.run(main())


def test_the_deadline_covers_the_writing() -> None:
    async def main() -> None:
        async with LeanProcess(spec(), 1000) as process:
            os.kill(process.pid, signal.SIGSTOP)
            with pytest.raises(errors.WorkerTimeout):
                await process.ask("judge", {"text": "x" * 10_000_000}, 0.3)

    asyncio.run(main())


def test_a_request_that_cannot_be_sent_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_LINE", 1000)

    async def main() -> None:
        async with LeanProcess(spec(), 1000) as process:
            with pytest.raises(TypeError):
                await process.ask("judge", {"text": object()}, 5)
            with pytest.raises(UnicodeEncodeError):
                await process.ask("judge", {"text": "\ud800"}, 5)
            with pytest.raises(errors.WorkerProtocol, match="too many for one line"):
                await process.ask("judge", {"text": "x" * 1000}, 5)
            assert process.usable
            assert (await process.ask("judge", {"echo": 1}, 5))["echo"] == 1

    asyncio.run(main())


def test_one_request_at_a_time() -> None:
    async def main() -> None:
        async with LeanProcess(spec(), 1000) as process:
            first = asyncio.create_task(
                process.ask("judge", {"behave": "sleep", "seconds": 0.2}, 5)
            )
            await asyncio.sleep(0.05)
            with pytest.raises(RuntimeError, match="one request at a time"):
                await process.ask("ping", {}, 5)
            assert (await first)["verdict"] == "proved"

    asyncio.run(main())


def test_the_ready_line() -> None:
    async def main() -> None:
        async with LeanProcess(spec("slow", "0.2"), 1000) as slow:
            assert slow.hello == {"ready": True, "lean": "fake"}
        async with LeanProcess(spec("noisy"), 1000) as noisy:
            assert noisy.hello["lean"] == "fake"
            with pytest.raises(RuntimeError, match="started once"):
                await noisy.start()

    asyncio.run(main())


def test_a_busy_loop_does_not_miss_the_ready_line() -> None:
    """The line may come in the same step of the loop as the end of the spawning."""

    async def main() -> None:
        def block() -> None:
            time.sleep(0.1)
            nonlocal busy
            busy = loop.call_soon(block)

        loop = asyncio.get_running_loop()
        process = LeanProcess(spec(ready_seconds=3), 1000)
        busy = loop.call_soon(block)
        await process.start()
        busy.cancel()
        await process.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        (("slow", "5"), errors.WorkerTimeout, "no reply to start"),
        (("silent",), errors.WorkerTimeout, "no reply to start"),
        (("die",), errors.WorkerCrash, "code 1: no such library"),
    ],
)
def test_a_start_that_fails(start: tuple[str, ...], error: type[Exception], message: str) -> None:
    process = LeanProcess(spec(*start, ready_seconds=0.3), 1000)
    with pytest.raises(error, match=message):
        asyncio.run(process.start())
    assert process.stats.failed_starts == 1 and process.stats.started == 0


@pytest.mark.parametrize("program", ["/no/such/program", "/etc/passwd"])
def test_a_program_that_cannot_be_executed(program: str) -> None:
    with pytest.raises(errors.SetupError, match=program):
        asyncio.run(LeanProcess(ProcessSpec((program,), {}), 1000).start())


def test_only_the_given_environment_and_folder(tmp_path: Path) -> None:
    code = "import os,json;print(json.dumps({'ready':True,'e':dict(os.environ),'d':os.getcwd()}))"
    argv = (sys.executable, "-I", "-S", "-c", code)

    async def main() -> protocol.Reply:
        async with LeanProcess(ProcessSpec(argv, {"A": "1"}, str(tmp_path)), 1000) as process:
            return process.hello

    hello = asyncio.run(main())
    assert set(hello["e"]) <= {"A", "LC_CTYPE"} and hello["e"]["A"] == "1"
    assert hello["d"] == str(tmp_path)


def test_cancellation_in_mid_request_kills() -> None:
    async def main() -> None:
        async with LeanProcess(spec(), 1000) as process:
            asking = asyncio.create_task(process.ask("judge", {"behave": "hang"}, 60))
            await asyncio.sleep(0.05)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert not process.usable and process.stats.killed == 1

    asyncio.run(main())


def test_cancellation_of_the_start_leaves_nothing() -> None:
    async def main() -> None:
        rng = random.Random(1)
        for _ in range(30):
            process = LeanProcess(spec(), 1000)
            starting = asyncio.create_task(process.start())
            await asyncio.sleep(rng.uniform(0, 0.04))
            starting.cancel()
            await asyncio.wait({starting})
            await process.close()
            assert not children()

    asyncio.run(main())


def test_close_is_idempotent_and_ends_the_request_under_way() -> None:
    async def main() -> None:
        await LeanProcess(spec(), 1000).close()
        process = LeanProcess(spec(), 1000)
        await process.start()
        asking = asyncio.create_task(process.ask("judge", {"behave": "hang"}, 60))
        await asyncio.sleep(0.05)
        await asyncio.gather(process.close(), process.close())
        await process.close()
        with pytest.raises(errors.WorkerCrash, match="was closed"):
            await asking

    asyncio.run(main())


def test_a_process_that_dies_reaps_itself_without_close() -> None:
    async def main() -> int:
        process = LeanProcess(spec(), 1000)
        await process.start()
        with pytest.raises(errors.WorkerCrash):
            await process.ask("judge", {"behave": "exit"}, 5)
        await asyncio.sleep(0.05)
        return process.pid

    assert not psutil.pid_exists(asyncio.run(main()))


def test_a_reply_just_before_death_counts() -> None:
    async def main() -> None:
        async with LeanProcess(spec(), 1000) as process:
            assert (await process.ask("judge", {"behave": "reply_then_die"}, 5))["ok"]
            await asyncio.sleep(0.05)
            assert not process.usable

    asyncio.run(main())


def test_grandchildren_die_with_it() -> None:
    assert gone(one("spawn")["child"])


def test_grandchildren_die_when_it_crashes() -> None:
    async def main() -> int:
        async with LeanProcess(spec(), 1000) as process:
            child: int = (await process.ask("judge", {"behave": "spawn"}, 5))["child"]
            with pytest.raises(errors.WorkerCrash):
                await process.ask("judge", {"behave": "exit"}, 5)
            assert gone(child)
            return child

    asyncio.run(main())


def test_a_grandchild_that_left_the_group_does_not_hold_up_the_closing() -> None:
    began = time.monotonic()
    child = one("escape")["child"]
    assert time.monotonic() - began < 2
    os.kill(child, signal.SIGKILL)
    assert gone(child)


def test_memory_of_the_whole_group_counts() -> None:
    async def main() -> None:
        async with LeanProcess(spec(), 60) as process:
            await process.ask("judge", {"behave": "grow", "bytes": 20_000_000}, 5)
            assert 20 < process.resident_mb() < 60 and not process.oversized()
            for _ in range(4):
                await process.ask("judge", {"behave": "spawn"}, 5)
            await asyncio.sleep(process_module.SAMPLE_SECONDS)
            assert process.oversized()

    asyncio.run(main())
