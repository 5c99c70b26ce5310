"""Several workers in one process: a thread each, which share the program and its compiled code.

The protocol is in host/lanes.cjs. A lane has the same face as `Link`, so that a LeanProcess need
not know which of the two it has.

Invariants:
- a lane's number is never used again, so nothing that a killed lane still said reaches another;
- killing a lane is asking for its end; a process that does not confirm it in time is killed;
- when the process ends, every lane has ended;
- what a lane says is charged to its request, all other output to the process.
"""

from __future__ import annotations

import asyncio
import itertools
import re

from prover.errors import WorkerCrash
from prover.lean.link import LINE_COST, MAX_NOISE, REAP_SECONDS, Link, Owner, ProcessSpec, finish

FORGIVEN = 64 * 1024
"""Bytes of the noise of all lanes together that each request takes off again: twice what the host
lets Lean print for one."""

LINE = re.compile(rb"([=-]?)(\d{1,9}) ")


class Lanes:
    """The process that the lanes of one pool share, started with the first and again if it dies."""

    def __init__(self, spec: ProcessSpec) -> None:
        self._spec = spec
        self._process: Shared | None = None
        self._lock = asyncio.Lock()

    async def process(self) -> Shared:
        """One that runs; raises SetupError if it cannot be executed."""
        async with self._lock:
            if self._process is None or not self._process.link.open:
                await self._close()
                self._process = Shared()
                spec = self._spec
                await self._process.link.spawn(spec.shared, spec.env, spec.cwd)
            return self._process

    async def close(self) -> None:
        """Kill and reap the process, and with it every lane."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        if self._process is not None:
            await self._process.link.close()
            self._process.on_end()


class Shared:
    """One such process: says which lane each of its lines is for."""

    def __init__(self) -> None:
        self.link = Link(self)
        self.lanes: dict[int, Lane] = {}
        self._numbers = itertools.count(1)
        self._noise = 0
        self._fault = ""

    def begin(self, lane: Lane) -> int:
        number = next(self._numbers)
        self.lanes[number] = lane
        self.link.write(b"+%d\n" % number)
        return number

    def forgive(self) -> None:
        """A request begins."""
        self._noise = max(0, self._noise - FORGIVEN)

    def break_(self, why: str) -> None:
        """Kill the process; its lanes get to know why."""
        self._fault = self._fault or why
        self.link.kill()

    def on_line(self, line: bytes) -> None:
        match = LINE.match(line)
        lane = self.lanes.get(int(match[2])) if match else None
        if match is None or lane is None:
            self.on_noise(len(line) + LINE_COST)
        elif match[1] == b"=":
            lane.on_size(line[match.end() :])
        elif match[1] == b"-":
            self._ended(lane, line[match.end() :].decode(errors="replace"))
        else:
            lane.owner.on_line(line[match.end() :])

    def on_noise(self, cost: int) -> None:
        self._noise += cost
        if self._noise > MAX_NOISE:
            self.break_("wrote too much besides its replies")

    def on_overlong(self) -> None:
        self.break_("wrote a line that is too long")

    def on_end(self) -> None:
        self.link.kill()
        for lane in list(self.lanes.values()):
            self._ended(lane, f"shared by all lanes {self._fault or self.link.how_it_ended()}")

    def _ended(self, lane: Lane, why: str) -> None:
        del self.lanes[lane.number]
        lane.on_end(why)


class Lane:
    """One thread of a shared process, for one LeanProcess."""

    def __init__(self, owner: Owner, lanes: Lanes) -> None:
        self.owner = owner
        self.number = 0
        self._lanes = lanes
        self._process: Shared | None = None
        self._size = 0
        self._killed = False
        self._why = ""
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        """Of the process, which is not the lane's alone; 0 before the start."""
        return self._process.link.pid if self._process else 0

    @property
    def open(self) -> bool:
        running = self._process is not None and self._process.link.open
        return running and not self._killed and not self._ended.done()

    async def spawn(self) -> None:
        """Raises SetupError if the process cannot be executed, WorkerCrash if killed meanwhile."""
        process = await self._lanes.process()
        if self._killed:
            raise WorkerCrash("the Lean process was killed at its start")
        self._process = process
        self.number = process.begin(self)

    async def send(self, line: bytes) -> None:
        if line and self._process is not None:
            self._process.forgive()
            await self._process.link.send(b"%d %b" % (self.number, line))

    def kill(self) -> None:
        if self._killed:
            return
        self._killed = True
        process = self._process
        if process is not None and not self._ended.done():
            process.link.write(b"-%d\n" % self.number)
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(
                REAP_SECONDS, process.break_, "did not end a lane when told to"
            )

    async def close(self) -> None:
        """Returns when the thread is gone, with the process if need be."""
        self.kill()
        if self._process is not None:
            await asyncio.wait({self._ended}, timeout=3 * REAP_SECONDS)

    def resident(self) -> int:
        """Bytes of its linear memory; what it shares with the others is not counted."""
        return self._size

    def how_it_ended(self) -> str:
        """For people."""
        return self._why or "was killed"

    def on_size(self, digits: bytes) -> None:
        if digits.isdigit():
            self._size = int(digits)

    def on_end(self, why: str) -> None:
        self._why = why
        if self._alarm is not None:
            self._alarm.cancel()
        finish(self._ended)
        self.owner.on_end()
