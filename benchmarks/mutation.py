"""Does tier 1 say what Lean's front end says? Mutated proofs are judged by both.

    .venv/bin/python benchmarks/mutation.py [--number 4000] [--seed 1] [--out FILE.json]

The sources are our own proofs of our own problems. Each mutant is judged by `Verifier.judge`, and
the file made of it is read by the front end's command loop. A disagreement is a mutant that one
side proves and the other rejects. What either side leaves open (heartbeats, a trap, a timeout) is
counted apart. A proof that tier 1 refuses for what its text contains, while the front end has
nothing against it, counts as agreement only if the file shows the forbidden word.

A mutant of the statement alone that still proves is also held against the original problem: the
file may pass for it only if Lean elaborates both statements to the same one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from mutants import FORBIDDEN, MUTATORS, Mutant, Proof, choose, tokens

from prover import assembly
from prover.config import LeanConfig
from prover.errors import WorkerError
from prover.lean import source, toolchain
from prover.lean.pool import Pool
from prover.lean.protocol import Reply
from prover.lean.verifier import Verifier
from prover.session import process_spec
from prover.types import Candidate, Goal, Lemma, Limits, Verdict

PROOFS = Path(__file__).parents[1] / "tests" / "data" / "proofs"
LIMITS = Limits(10_000, 20.0)


@dataclass(frozen=True)
class Answer:
    """What one side says: proved, rejected or inconclusive, and why."""

    status: str
    kind: str = ""
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Compared:
    mutant: Mutant
    ours: Answer
    lean: Answer
    agreement: str
    """`proved`, `rejected`, `open`, `gate` or `DISAGREE`."""
    against: str = ""
    """For a proved mutant of a statement: `same`, `other`, or `DISAGREE` and what is wrong."""


def read_proofs(folder: Path, sets: Iterable[str] = ()) -> list[Proof]:
    """SET/NAME.lean: a header and one theorem with its proof."""
    wanted = set(sets)
    files = [f for f in sorted(folder.glob("*/*.lean")) if not wanted or f.parent.name in wanted]
    return [read_proof(file.read_text()) for file in files]


def read_proof(text: str) -> Proof:
    header, _, name, statement = source.split_problem(text)
    last = source.theorems(text)[-1]
    _, body = source.split_declaration(text[last.start("keyword") :])
    return Proof(name, header, statement, body)


def file_of(proof: Proof) -> str:
    return assembly.render(proof.header, [Lemma(proof.statement, proof.body)])


async def tier_one(verifier: Verifier, proof: Proof, limits: Limits) -> Answer:
    goal = Goal(proof.name, proof.name, proof.statement, proof.header)
    verdict: Verdict = await verifier.judge(goal, Candidate(proof.body, "mutant"), limits)
    return Answer(verdict.status, verdict.kind, verdict.reason, verdict.seconds)


async def front_end(
    verifier: Verifier, proof: Proof, limits: Limits, against: Proof | None = None
) -> tuple[Answer, dict[str, Any]]:
    """The reference: the whole file through Lean's command loop, errors and axioms counted.

    Not in a fresh Lean, which would take ten times as long.
    """
    trusted = against and {"header": against.header.strip(), "statement": against.statement}
    fields = {"text": file_of(proof), "against": trusted, "heartbeats": limits.heartbeats}
    start = time.monotonic()
    try:
        reply = await verifier.pool.ask("file", fields, limits.seconds)
    except WorkerError as exc:
        return Answer("inconclusive", exc.kind, str(exc)), {}
    return replace(read_front_end(reply), seconds=time.monotonic() - start), reply


def read_front_end(reply: dict[str, Any]) -> Answer:
    if "trap" in reply:
        return Answer("inconclusive", "crash", reply["trap"])
    if not reply["ok"]:
        return Answer("rejected", reply["kind"], reply["error"])
    rows = reply["theorems"]
    if any(row["verdict"] == "inconclusive" for row in rows):
        return Answer("inconclusive", "heartbeats")
    errors = [m["text"] for m in reply["messages"] if m["severity"] == "error"]
    if errors:
        return Answer("rejected", "elaboration", errors[0])
    if reply["refused"]:
        return Answer("rejected", "gate", reply["refused"])
    bad = [row for row in rows if row["verdict"] != "proved"]
    if bad:
        return Answer("rejected", bad[0]["kind"], bad[0]["reason"])
    return Answer("proved") if rows else Answer("rejected", "statement", "no theorem in the file")


async def compare(verifier: Verifier, mutant: Mutant, limits: Limits = LIMITS) -> Compared:
    ours = await tier_one(verifier, mutant.proof, limits)
    lean, _ = await front_end(verifier, mutant.proof, limits)
    agreement = agreed(ours, lean, mutant.proof)
    held = mutant.of_statement and lean.status == "proved"
    against = await hold_against(verifier, mutant, limits) if held else ""
    return Compared(mutant, ours, lean, agreement, against)


def agreed(ours: Answer, lean: Answer, proof: Proof) -> str:
    if "inconclusive" in (ours.status, lean.status):
        return "open"
    if ours.kind == "gate" and (lean.status == "proved" or lean.kind == "gate"):
        words = {t.text for t in tokens(proof.statement) + tokens(proof.body)}
        return "gate" if words & set(FORBIDDEN) else "DISAGREE"
    return ours.status if ours.status == lean.status else "DISAGREE"


async def hold_against(verifier: Verifier, mutant: Mutant, limits: Limits) -> str:
    """Is the mutated file taken for the original problem exactly if it states the same?"""
    _, reply = await front_end(verifier, mutant.proof, limits, against=mutant.source)
    if "theorems" not in reply:
        return "open"
    named = [t for t in reply["theorems"] if t["name"] == reply["target"]]
    taken = bool(named) and all(t["verdict"] == "proved" for t in reply["theorems"])
    try:
        first, second = [
            await verifier.pool.ask("statement", fields_of(proof), limits.seconds)
            for proof in (mutant.source, mutant.proof)
        ]
    except WorkerError:
        return "open"
    alike = all(first.get(key) == second.get(key) for key in ("name", "key"))
    ours, theirs = printed(first), printed(second)
    # A variable renamed to `Nat` prints like the type; that mutator cannot change anything else.
    renamed = mutant.mutator == "rename a variable"
    if taken and not (alike and (renamed or same_but_for_names(ours, theirs))):
        return "DISAGREE: taken for another"
    if not taken and alike and ours == theirs:
        return "DISAGREE: not taken though it prints the same"
    return ("same" if ours == theirs else "same but for names") if taken else "other"


def printed(reply: Reply) -> str:
    """What Lean prints of a statement that it has elaborated; empty if it has not."""
    binders = [f"({b['name']} : {b['type']})" for b in reply.get("binders", ())]
    return " ".join([*binders, reply.get("target", "")])


def same_but_for_names(one: str, other: str) -> bool:
    """Is there a one-to-one renaming that makes the one printed type the other?"""
    pairs = [(a.text, b.text) for a, b in zip(tokens(one), tokens(other), strict=False)]
    lefts, rights = {a for a, _ in pairs}, {b for _, b in pairs}
    whole = len(tokens(one)) == len(tokens(other)) == len(pairs)
    return whole and len(set(pairs)) == len(lefts) == len(rights)


def fields_of(proof: Proof) -> dict[str, str]:
    return {"header": proof.header, "statement": proof.statement}


async def compare_all(
    verifier: Verifier,
    chosen: list[Mutant],
    workers: int,
    report: Callable[[Compared], None] = lambda row: None,
) -> list[Compared]:
    """Every mutant compared, in their order, `workers` at a time; each is reported as it comes."""
    todo = iter(enumerate(chosen))
    done: dict[int, Compared] = {}

    async def work() -> None:
        for i, mutant in todo:
            done[i] = await compare(verifier, mutant)
            report(done[i])

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work())
    return [done[i] for i in sorted(done)]


def disagreements(rows: Iterable[Compared]) -> list[Compared]:
    return [r for r in rows if r.agreement == "DISAGREE" or r.against.startswith("DISAGREE")]


COLUMNS = ("proved", "rejected", "gate", "open", "DISAGREE")


def table(rows: list[Compared]) -> str:
    """Mutants by mutator and outcome, in Markdown."""
    lines = ["| mutator | mutants | " + " | ".join(COLUMNS) + " |", "|---" * 7 + "|"]
    for name in [*MUTATORS, "all"]:
        own = [r for r in rows if name in ("all", r.mutant.mutator)]
        counts = Counter(r.agreement for r in own)
        cells = [name, len(own), *(counts[column] for column in COLUMNS)]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    held = Counter(r.against for r in rows if r.against)
    lines += ["", f"proved mutants of a statement, held against the original: {dict(held)}"]
    return "\n".join(lines)


def record(row: Compared) -> dict[str, Any]:
    """What a reader needs to run it again."""
    return {
        "mutator": row.mutant.mutator,
        "file": file_of(row.mutant.proof),
        "original": row.mutant.source.statement,
        "ours": asdict(row.ours),
        "lean": asdict(row.lean),
        "agreement": row.agreement,
        "against": row.against,
    }


async def study(
    chosen: list[Mutant], workers: int, report: Callable[[Compared], None]
) -> list[Compared]:
    installation = toolchain.ensure()
    async with Pool(process_spec(installation), workers, LeanConfig().memory_mb) as pool:
        return await compare_all(Verifier(pool, installation.facts()), chosen, workers, report)


def reporter(out: TextIO | None) -> Callable[[Compared], None]:
    """Writes each row to `out`, each disagreement and every hundredth count to stderr."""
    count = 0

    def report(row: Compared) -> None:
        nonlocal count
        count += 1
        if out is not None:
            out.write(json.dumps(record(row), ensure_ascii=False) + "\n")
        if disagreements([row]):
            print(json.dumps(record(row), indent=2, ensure_ascii=False), file=sys.stderr)
        if count % 100 == 0:
            print(f"{count} mutants", file=sys.stderr, flush=True)

    return report


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--number", type=int, default=4000, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="Lean processes")
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets of proofs")
    parser.add_argument("--out", type=Path, help="write every mutant with its verdicts here")
    return parser.parse_args()


def main() -> None:
    given, start = options(), time.monotonic()
    proofs = read_proofs(PROOFS, given.sets)
    chosen = choose(proofs, given.number, given.seed)
    with given.out.open("w") if given.out else nullcontext() as out:
        rows = asyncio.run(study(chosen, given.workers, reporter(out)))
    print(table(rows))
    wrong, seconds = len(disagreements(rows)), time.monotonic() - start
    where = f"{len(rows)} mutants of {len(proofs)} proofs, seed {given.seed}, {seconds:.0f} s"
    print(f"{wrong} disagreements in {where}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
