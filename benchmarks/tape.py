"""A campaign whose questions to Lean are put once and kept, with what each cost.

    .venv/bin/python benchmarks/tape.py CONFIG --out RUN --tape FILE

Campaigns that differ in how they search ask mostly the same. With one tape for all of them the same
question gets the same answer at the same Lean seconds, so that they are compared on what they ask
and not on how busy the machine was; and a study takes a fraction of the time. Finished files are
on it too. What ended by the wall clock is not kept, nor is what came from another build of Lean.
"""

from __future__ import annotations

import argparse
import functools
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

from prover import cli_run
from prover import config as configuration
from prover.digest import sha256
from prover.lean.protocol import Reply
from prover.lean.verifier import Verifier, Wanted, always
from prover.session import open_lean
from prover.types import Verdict

SCHEMA = "CREATE TABLE IF NOT EXISTS tape (key TEXT PRIMARY KEY, said TEXT NOT NULL) WITHOUT ROWID"


class Taped(Verifier):
    """Answers from the tape what is on it, and puts there what is not."""

    def __init__(self, verifier: Verifier, tape: sqlite3.Connection) -> None:
        super().__init__(verifier.pool, verifier.facts)
        self._tape = tape

    async def _ask(
        self, op: str, fields: dict[str, Any], seconds: float, wanted: Wanted = always
    ) -> tuple[Verdict, Reply | None]:
        key = sha256(
            json.dumps(
                [self.facts.lean, self.facts.driver_sha256, op, fields, seconds], sort_keys=True
            )
        )
        row = self._tape.execute("SELECT said FROM tape WHERE key = ?", (key,)).fetchone()
        if row is not None:
            verdict, reply = json.loads(row[0])
            return Verdict.from_dict(verdict), reply
        verdict, reply = await super()._ask(op, fields, seconds, wanted)
        if reply is not None:
            said = json.dumps([asdict(verdict), reply])
            self._tape.execute("INSERT OR REPLACE INTO tape VALUES (?, ?)", (key, said))
            self._tape.commit()
        return verdict, reply


@asynccontextmanager
async def open_taped(tape: sqlite3.Connection, *args: Any) -> AsyncIterator[Verifier]:
    async with open_lean(*args) as verifier:
        yield Taped(verifier, tape)


def run(config: Path, out: Path, tape: Path) -> int:
    with closing(sqlite3.connect(tape, timeout=60)) as base:
        base.execute(SCHEMA)
        with mock.patch.object(cli_run, "open_lean", functools.partial(open_taped, base)):
            found = configuration.load(config, [])
            return cli_run.run_config(config, out, []) if found else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tape", type=Path, required=True)
    args = parser.parse_args()
    raise SystemExit(run(args.config, args.out, args.tape))


if __name__ == "__main__":
    main()
