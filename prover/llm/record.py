"""What models were asked and what they answered: `samples.jsonl` of a run.

One line a request with its answers, appended before the answers count. Equal requests are answered
from it, so a resumed run pays for none twice, and a run can be replayed without any model: what
was cancelled then, when a goal had its proof, has no answer then or now.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from prover.errors import InfrastructureError, ModelRefused, UserError
from prover.llm.client import Client
from prover.llm.messages import Reply, Request, Usage
from prover.store import json_line

SAMPLES = "samples.jsonl"

Book = Callable[[Request, Reply, str], None]
"""Told of every request: its reply, and `asked`, `recorded`, `cancelled`, `missing` or `refused:
WHY`, of which the last three have no samples."""


class Record:
    """The file, with an index of where each request's line begins; answers stay on disk."""

    def __init__(self, path: Path, writable: bool = True) -> None:
        """Raises UserError if there is no file to read from, or a line in it is damaged."""
        self.path = path
        try:
            if writable:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b" if writable else "rb")
        except OSError as exc:
            raise UserError(f"cannot open the record {path}: {exc.strerror}") from exc
        self._places: dict[str, int] = {}
        try:
            self._read_places(writable)
        except BaseException:
            self._file.close()
            raise

    def _read_places(self, writable: bool) -> None:
        self._file.seek(0)
        place = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):  # torn: its request is asked again
                if writable:
                    self._file.truncate(place)
                break
            try:
                self._places[str(json.loads(line)["digest"])] = place
            except (ValueError, KeyError, TypeError) as exc:
                raise UserError(f"{self.path}:{number} is no record of an answer") from exc
            place += len(line)

    def __len__(self) -> int:
        return len(self._places)

    def place(self, request: Request) -> int | None:
        """Where its answer is recorded: earlier ones have smaller places."""
        return self._places.get(request.digest())

    def read(self, place: int) -> Reply:
        self._file.seek(place)
        return Reply.from_dict(json.loads(self._file.readline())["reply"])

    def add(self, request: Request, reply: Reply) -> None:
        digest = request.digest()
        line = json_line({"digest": digest, "request": asdict(request), "reply": asdict(reply)})
        try:
            place = self._file.seek(0, 2)
            self._file.write(line)
            self._file.flush()
        except OSError as exc:
            raise InfrastructureError(
                f"cannot write {self.path}: {exc.strerror}; make room and resume the run"
            ) from exc
        self._places[digest] = place

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


class Recorded:
    """A client that answers from a record what it holds, and adds to it what it does not."""

    def __init__(self, record: Record, client: Client | None, book: Book | None = None) -> None:
        """Without a client, what is not recorded has no answer."""
        self._record, self._client, self._book = record, client, book
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    async def sample(self, request: Request) -> Reply:
        """A refused request has no answers. Raises ModelError as its client does."""
        place = self._record.place(request)
        if place is not None:
            await self._turn(place)
            return self._booked(request, self._record.read(place), "recorded")
        if self._client is None:
            return self._booked(request, Reply(()), "missing")
        start = time.monotonic()
        try:
            reply, how = await self._client.sample(request), "asked"
            if isinstance(self._client, Recorded):  # another run's record
                how = "missing" if reply == Reply(()) else "recorded"
        except ModelRefused as exc:
            reply, how = Reply((), Usage(requests=1, refused=1)), f"refused: {exc}"
        except asyncio.CancelledError:  # what its answer would have cost nobody knows
            if not isinstance(self._client, Recorded):
                usage = Usage(requests=1, seconds=time.monotonic() - start)
                self._booked(request, Reply((), usage), "cancelled")
            raise
        if how != "missing":
            self._record.add(request, reply)
        return self._booked(request, reply, how)

    async def _turn(self, place: int) -> None:
        """What is asked at the same time is answered in the order in which it was recorded."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._release)  # behind all that are about to ask
        self._waiting.append((place, turn))
        await turn

    def _release(self) -> None:
        waiting, self._waiting = sorted(self._waiting, key=lambda each: each[0]), []
        for _, turn in waiting:
            if not turn.done():
                turn.set_result(None)

    def _booked(self, request: Request, reply: Reply, how: str) -> Reply:
        if self._book is not None:
            self._book(request, reply, how)
        return reply
