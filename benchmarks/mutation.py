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
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mutants import FORBIDDEN, MUTATORS, Mutant, Proof, choose, tokens

from prover import assembly
from prover.config import LeanConfig
from prover.errors import WorkerError
from prover.lean import source, toolchain
from prover.lean.pool import Pool
from prover.lean.verifier import Verifier
from prover.session import process_spec
from prover.types import Candidate, Goal, Lemma, Limits, Verdict

PROOFS = Path(__file__).parents[1] / "tests" / "data" / "proofs"
LIMITS = Limits(20_000, 30.0)
WORKERS = 2


@dataclass(frozen=True)
class Answer:
    """What one side says: proved, rejected or inconclusive, and why."""

    status: str
    kind: str = ""
    reason: str = ""


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
    return Answer(verdict.status, verdict.kind, verdict.reason)


async def front_end(
    verifier: Verifier, proof: Proof, limits: Limits, against: Proof | None = None
) -> tuple[Answer, dict[str, Any]]:
    """The reference: the whole file through Lean's command loop, errors and axioms counted.

    Not in a fresh Lean, which would take ten times as long.
    """
    trusted = against and {"header": against.header.strip(), "statement": against.statement}
    fields = {"text": file_of(proof), "against": trusted, "heartbeats": limits.heartbeats}
    try:
        reply = await verifier.pool.ask("file", fields, limits.seconds)
    except WorkerError as exc:
        return Answer("inconclusive", exc.kind, str(exc)), {}
    return read_front_end(reply), reply


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
    named = [t for t in reply.get("theorems", ()) if t["name"] == reply["target"]]
    taken = bool(named) and all(t["verdict"] == "proved" for t in reply["theorems"])
    first, second = [
        await verifier.pool.ask("statement", fields_of(proof), limits.seconds)
        for proof in (mutant.source, mutant.proof)
    ]
    alike = [first.get(key) == second.get(key) for key in ("name", "key", "type")]
    if taken and not all(alike):
        # Bound names may differ in the printed type; then the keys decide, and a look.
        return "same but for names" if alike[0] and alike[1] else "DISAGREE: taken for another"
    if not taken and all(alike):
        return "DISAGREE: not taken though it prints the same"
    return "same" if taken else "other"


def fields_of(proof: Proof) -> dict[str, str]:
    return {"header": proof.header, "statement": proof.statement}


async def compare_all(
    verifier: Verifier, chosen: list[Mutant], workers: int, progress: bool = False
) -> list[Compared]:
    """Every mutant compared, in their order, `workers` at a time."""
    todo = iter(enumerate(chosen))
    done: dict[int, Compared] = {}

    async def work() -> None:
        for i, mutant in todo:
            done[i] = await compare(verifier, mutant)
            if progress and len(done) % 100 == 0:
                print(f"{len(done)} of {len(chosen)}", file=sys.stderr, flush=True)

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


async def study(proofs: list[Proof], number: int, seed: int, workers: int) -> list[Compared]:
    installation = toolchain.ensure()
    chosen = choose(proofs, number, seed)
    async with Pool(process_spec(installation), workers, LeanConfig().memory_mb) as pool:
        return await compare_all(Verifier(pool, installation.lean), chosen, workers, progress=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=4000, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=WORKERS, help="Lean processes")
    parser.add_argument("--sets", nargs="*", default=[], help="only these sets of proofs")
    parser.add_argument("--out", type=Path, help="write every mutant with its verdicts here")
    options = parser.parse_args()
    start = time.monotonic()
    proofs = read_proofs(PROOFS, options.sets)
    rows = asyncio.run(study(proofs, options.number, options.seed, options.workers))
    if options.out:
        text = "".join(json.dumps(record(r), ensure_ascii=False) + "\n" for r in rows)
        options.out.write_text(text)
    print(table(rows))
    wrong = disagreements(rows)
    for row in wrong:
        print(json.dumps(record(row), indent=2, ensure_ascii=False))
    print(f"{len(wrong)} disagreements in {len(rows)} mutants of {len(proofs)} proofs, "
          f"seed {options.seed}, {time.monotonic() - start:.0f} s")  # fmt: skip
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
