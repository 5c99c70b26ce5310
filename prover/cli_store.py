"""`prover store`: what is in the user's proof store, in and out of it, and Lean's word on it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from prover.cli_output import DOWN, OK, WRONG, Display, data, data_json, display, note
from prover.cli_signals import run
from prover.config import LeanConfig
from prover.errors import UserError
from prover.lean.verifier import Verifier
from prover.proof_store import ProofStore, StoredProof, lean_of
from prover.session import open_lean, proofs_file
from prover.store import json_line, write_atomic
from prover.types import Candidate, Goal, Limits, Verdict

VERIFY = Limits(heartbeats=200_000, seconds=120.0)
"""More than any run gives an attempt: what is removed is wrong, and not merely slow."""


@contextmanager
def opened(place: Path | None) -> Iterator[ProofStore]:
    """The store there, an empty one for None. Raises InfrastructureError if it cannot be used."""
    with closing(ProofStore(place, note, strict=True)) as proofs:
        yield proofs


def stats(as_json: bool) -> int:
    place = proofs_file()
    with opened(place if place.exists() else None) as proofs:
        found, size = proofs.all(), proofs.size() if place.exists() else 0
    counts = {
        "proofs": len(found),
        "unchecked": sum(not proof.checked for proof in found),
        "hits": sum(proof.hits for proof in found),
        "failures": sum(proof.failures for proof in found),
        "bytes": size,
    }
    by_lean = Counter(proof.lean for proof in found)
    by_source = Counter(proof.source or "-" for proof in found)
    if as_json:
        data_json({"place": str(place), **counts, "by_lean": by_lean, "by_source": by_source})
        return OK
    data(f"{len(found)} proofs, {size / 1e6:.1f} MB: {place}")
    data(f"{counts['hits']} goals closed by them, {counts['failures']} failed attempts")
    if counts["unchecked"]:
        data(f"{counts['unchecked']} unchecked: prover store verify")
    for what, table in (("Lean", by_lean), ("source", by_source)):
        for name, count in table.most_common():
            data(f"{what:<7} {name:<32} {count}")
    return OK


def export(file: Path) -> int:
    with opened(proofs_file()) as proofs:
        found = proofs.all()
    write_atomic(file, "".join(json_line(proof.to_dict()).decode() for proof in found))
    data(f"{len(found)} proofs: {file}")
    return OK


def load(file: Path) -> int:
    """Nothing is added if a line is wrong. Raises UserError with its number."""
    found = list(read(file))
    with opened(proofs_file()) as proofs:
        new = sum(proofs.put(proof) for proof in found)
    data(f"{new} of {len(found)} proofs are new; Lean checks each at its first use")
    return OK


def read(file: Path) -> Iterator[StoredProof]:
    """What others say of checks, hits and failures counts for nothing here."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as exc:
        raise UserError(f"cannot read {file}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"{file} is not UTF-8 text") from exc
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            proof = StoredProof.from_dict(json.loads(line))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as exc:
            why = f"{type(exc).__name__}: {exc}"
            raise UserError(f"{file}:{number} is no stored proof ({why})") from exc
        yield replace(proof, checked=False, hits=0, failures=0, row="")


def verify(limit: int) -> int:
    with opened(proofs_file()) as proofs, display() as shown:
        return run(verify_all(proofs, limit, LeanConfig(), shown))


async def verify_all(proofs: ProofStore, limit: int, config: LeanConfig, shown: Display) -> int:
    """Judge them again, unchecked ones first, then the oldest; remove what is rejected."""
    counts: Counter[str] = Counter()
    async with open_lean(config, config.processes(), shown.setup) as verifier:
        everything, lean = proofs.all(), lean_of(verifier.facts)
        ours = sorted((p for p in everything if p.lean == lean), key=lambda p: p.checked)
        chosen = ours[: limit or len(ours)]
        async for proof, verdict in judged(verifier, chosen, config.processes()):
            counts[verdict.status] += 1
            shown.work(f"{counts.total()} of {len(chosen)}", counts.total(), len(chosen))
            settle(proofs, proof, verdict)
    others = len(everything) - len(ours)
    data(summary(counts, len(ours) - len(chosen), others))
    if counts["rejected"]:
        return WRONG
    return DOWN if counts["inconclusive"] else OK


def settle(proofs: ProofStore, proof: StoredProof, verdict: Verdict) -> None:
    if verdict.proved:
        proofs.mark_checked(proof.id)
    else:
        if verdict.status == "rejected":
            proofs.remove(proof.id)
        what = "removed" if verdict.status == "rejected" else "kept, as Lean could not say"
        data(f"{what}: {proof.problem}, by {proof.proved_by}: {verdict.kind}: {verdict.reason}")


def summary(counts: Counter[str], left: int, others: int) -> str:
    text = f"{counts['proved']} proofs hold, {counts['rejected']} removed"
    if counts["inconclusive"]:
        text += f", {counts['inconclusive']} inconclusive"
    text += f", {left} not looked at (--limit)" if left else ""
    return text + (f", {others} of another Lean not looked at" if others else "")


async def judged(
    verifier: Verifier, proofs: Sequence[StoredProof], size: int
) -> AsyncIterator[tuple[StoredProof, Verdict]]:
    """Each with Lean's word on it, in order, `size` of them under way at a time."""
    gate = asyncio.Semaphore(size)

    async def one(proof: StoredProof) -> Verdict:
        goal = Goal(proof.problem, proof.problem, proof.statement, proof.header)
        async with gate:
            candidate = Candidate(proof.body, proof.proved_by, proof.lemmas)
            return await verifier.judge(goal, candidate, VERIFY)

    tasks = [asyncio.create_task(one(proof)) for proof in proofs]
    try:
        for proof, task in zip(proofs, tasks, strict=True):
            yield proof, await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
