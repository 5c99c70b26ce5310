"""Check a folder of proofs again from their certificates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover.certificate import (
    SUFFIX,
    Certificate,
    certificate,
    changed,
    differences,
    not_repeated,
    read,
)
from prover.errors import UserError
from prover.lean.verifier import CERTIFY, Verifier
from prover.store import file_name
from prover.types import Problem

Outcome = Literal["same", "different", "inconclusive"]


@dataclass(frozen=True)
class Rechecked:
    """What became of one proof."""

    name: str
    outcome: Outcome
    said: str
    """The verdict found now, or what differs."""
    seconds: float = 0.0


def find(folder: Path) -> list[Path]:
    """The certificates in a folder of proofs, or in the `proofs` of a run's folder.

    A proof without a certificate counts as one that cannot be read. Raises UserError if there is
    no such folder or it holds neither.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; name a folder of proofs and certificates")
    for place in (folder, folder / "proofs"):
        proofs = {path.name.removesuffix(".lean") for path in place.glob("*.lean")}
        names = proofs | {path.name.removesuffix(SUFFIX) for path in place.glob(f"*{SUFFIX}")}
        if names:
            return [place / f"{name}{SUFFIX}" for name in sorted(names)]
    raise UserError(f"{folder} holds no certificates (NAME{SUFFIX}), and its proofs/ does not")


Trusted = Mapping[str, Problem]
"""Problems by name, from where the one who checks has them."""


async def recheck(
    verifier: Verifier, found: Sequence[Path], size: int, trusted: Trusted | None = None
) -> AsyncIterator[Rechecked]:
    """Each proof's outcome in the order of `found`, `size` of them under way at a time.

    A certificate holds its problem itself; with `trusted` it must be the one of that name there.
    Left early, it cancels what is under way.
    """
    gate = asyncio.Semaphore(size)

    async def one(path: Path) -> Rechecked:
        async with gate:
            return await recheck_one(verifier, path, trusted)

    async with aclosing(in_turn([asyncio.create_task(one(path)) for path in found])) as rows:
        async for row in rows:
            yield row


async def in_turn(tasks: Sequence[asyncio.Task[Rechecked]]) -> AsyncGenerator[Rechecked, None]:
    """Each task's outcome in order. Left early, it cancels what is under way."""
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def recheck_one(verifier: Verifier, path: Path, trusted: Trusted | None) -> Rechecked:
    """A certificate that cannot be read, or whose proof is gone or changed, is a difference."""
    name = path.name.removesuffix(SUFFIX)
    try:
        then = read(path)
        text = read_proof(path.with_name(f"{name}.lean"))
    except UserError as exc:
        return Rechecked(name, "different", str(exc))
    if why := changed(then, text):
        return Rechecked(name, "different", why)
    if trusted is not None and not same_problem(then, trusted.get(then.problem)):
        return Rechecked(name, "different", "its problem is not the one that you have")
    problem = Problem(then.problem, then.statement, then.header)
    certified = await verifier.certify(problem, text)
    now = certificate(problem, text, certified, verifier.facts, CERTIFY)
    return outcome(name, then, now, certified.verdict.seconds)


def same_problem(then: Certificate, known: Problem | None) -> bool:
    return known is not None and (then.header, then.statement) == (known.header, known.statement)


def outcome(name: str, then: Certificate, now: Certificate, seconds: float) -> Rechecked:
    if now.verdict == "inconclusive" and then.verdict != "inconclusive":
        return Rechecked(name, "inconclusive", f"{now.kind}: {now.reason}", seconds)
    if found := differences(then, now):
        return Rechecked(name, "different", "; ".join(found), seconds)
    if file_name(then.problem) != name:
        said = f"it is the certificate of {then.problem}, under another name"
        return Rechecked(name, "different", said, seconds)
    said = "; ".join([now.verdict, *not_repeated(then, now)])
    return Rechecked(name, "same", said, seconds)


def read_proof(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as exc:
        raise UserError(f"its proof {path} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"its proof {path} is not UTF-8 text") from exc
