"""What each piece of the search brings: campaigns with everything, and with one piece left out.

    .venv/bin/python benchmarks/ablation.py --source DIR --out runs/ablation --seeds 3

The problems are the statements of miniF2F's valid split that elaborate here (`--source` has a copy
of it), and our own that need a decomposition. Every arm gets the same Lean seconds for a problem;
a question that several of them ask is put to Lean once, and costs all of them the same (`tape.py`).
A seed draws the order of the problems, which decides what a campaign has learnt when it comes to
each. Prints a table, writes `ablation.json`. A campaign that is finished already (`--out`) is not
run again, so the study can be broken off and gone on with. `--before` names another checkout of the
project, an earlier version of it: its arm `first version` is one more arm here.

Columns: verified of all; Lean seconds and attempts for each verified proof; the share of Lean
seconds spent on goals that are no part of a verified proof; and how many more problems than `all`
an arm verifies, with an interval that holds 95 % of bootstrap samples over problems and seeds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from wheel import slug, written

from prover import problems
from prover.config import LeanConfig, ProblemsConfig
from prover.graph import ProofGraph
from prover.lean.verifier import Unsupported
from prover.passk import bootstrap
from prover.report_search import in_vain
from prover.session import fit, open_lean
from prover.store import read_events
from prover.types import Problem

OFF: dict[str, dict[str, Any]] = {
    "learned order": {"learns": False},
    "refutation": {"refute": False},
    "store": {"store": "none"},
    "conjectures": {"conjectures": False},
}
"""How each piece is switched off."""
ON: dict[str, dict[str, Any]] = {
    "worth": {"allocate": "worth"},
    "states": {"states": True},
    "premises": {"premises": 16},
    "repair": {"repair": True},
    "short first tries": {"limits": {"first": 0.25}},
}
"""How those are switched on that are off by default."""
BARE: dict[str, Any] = {
    **{key: value for off in OFF.values() for key, value in off.items()},
    "repair": False,
    "limits": {"first": 1.0},
}
"""Everything off: said of all pieces, since an earlier version has other defaults."""
ARMS: dict[str, dict[str, Any]] = {
    "all": {},
    "first version": BARE,
    **{f"without {name}": off for name, off in OFF.items()},
    **{f"with {name}": on for name, on in ON.items()},
}
BEFORE = "first version, earlier code"
LIMITS = {"heartbeats": 20_000, "seconds": 60.0}
"""The seconds are wall clock, and a backstop only."""
TAPE = Path(__file__).with_name("tape.py")


@dataclass(frozen=True)
class Outcome:
    """What a campaign came to."""

    verified: frozenset[str]
    attempts: int
    sketches: int
    seconds: float
    wasted: float
    """Lean seconds of goals that no proof of a problem rests on."""


def outcome(graph: ProofGraph) -> Outcome:
    totals = graph.totals()
    verified = [name for name in graph.problems if graph.problem_state(name) == "verified"]
    return Outcome(
        frozenset(verified), totals.attempts, totals.sketches, totals.seconds, in_vain(graph)
    )


async def supported(found: Sequence[Problem]) -> list[Problem]:
    """Those whose statements elaborate; Lean says so once, and not in every campaign."""
    lean = LeanConfig()
    fitted, _ = fit(found, lean)
    async with open_lean(lean, 2, lambda *_: None) as verifier:
        opened = [await verifier.open(problem) for problem in fitted]
    return [p for p, goal in zip(found, opened, strict=True) if not isinstance(goal, Unsupported)]


def suite(source: Path | None, out: Path, sets: Sequence[str]) -> list[Problem]:
    own = problems.load(ProblemsConfig(source="problems", sets=list(sets))) if sets else []
    if source is None:
        return own
    file = out / "valid.jsonl"
    if not file.exists():
        _, found = problems.load_benchmark("minif2f", source, "valid")
        written(asyncio.run(supported(found)), file)
    return [*problems.load(ProblemsConfig(source=str(file))), *own]


def run(found: Sequence[Problem], arm: str, seed: int, args: argparse.Namespace) -> Outcome:
    folder = args.out / f"seed-{seed}"
    source = folder / "problems.jsonl"
    if not source.exists():
        shuffled = list(found)
        random.Random(seed).shuffle(shuffled)
        written(shuffled, source)
    changed = dict(ARMS["first version" if arm == BEFORE else arm])
    limits = LIMITS | changed.pop("limits", {})
    search = {"seconds": args.seconds, "attempts": 100_000, "store": "run", **changed}
    config = {
        "name": arm, "problems": {"source": str(source)}, "lean": {"cache": False},
        "limits": limits, "search": search,
    }  # fmt: skip
    code = args.before if arm == BEFORE else TAPE.parent.parent
    return outcome(campaign(folder / slug(arm), config, code, args.out / "tape.sqlite"))


def campaign(folder: Path, config: dict[str, Any], code: Path, tape: Path) -> ProofGraph:
    """Run one with the code of a checkout, or go on with it; a finished one is read."""
    file = folder.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    if not (folder / "report.html").exists():
        words = [sys.executable, TAPE, file, "--out", folder, "--tape", tape]
        environment = os.environ | {"PYTHONPATH": str(code.resolve())}
        print("==", *words, file=sys.stderr, flush=True)
        subprocess.run([str(word) for word in words], check=True, env=environment)
    return ProofGraph.of(read_events(folder))


def difference(names: Sequence[str], ours: Sequence[Outcome], alls: Sequence[Outcome]) -> str:
    """Problems more than `all` a seed, with its bootstrap interval; the pairs are kept together."""
    pairs = [
        float((name in a.verified) - (name in b.verified))
        for a, b in zip(ours, alls, strict=True)
        for name in names
    ]
    found = bootstrap(pairs, lambda drawn: sum(drawn) / len(ours))
    return f"{found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f})"


HEADS = (
    "arm", "verified", "Lean s", "Lean s a proof", "attempts a proof", "spent in vain",
    "verified, against `all`",
)  # fmt: skip


def line(arm: str, ours: Sequence[Outcome], against: str) -> list[object]:
    proofs = sum(len(o.verified) for o in ours)
    seconds = sum(o.seconds for o in ours)
    return [
        arm,
        ", ".join(str(len(o.verified)) for o in ours),
        round(statistics.mean(o.seconds for o in ours)),
        round(seconds / max(proofs, 1), 1),
        round(sum(o.attempts + o.sketches for o in ours) / max(proofs, 1), 1),
        f"{sum(o.wasted for o in ours) / max(seconds, 0.001):.0%}",
        against,
    ]


def table(names: Sequence[str], results: dict[str, list[Outcome]]) -> str:
    rows = [
        line(arm, ours, difference(names, ours, results["all"]) if arm != "all" else "")
        for arm, ours in results.items()
    ]
    return "\n".join(
        f"| {' | '.join(map(str, row))} |" for row in [HEADS, ["---"] * len(HEADS), *rows]
    )


def parts(found: Iterable[Problem]) -> dict[str, list[str]]:
    """The names of the problems by where they come from."""
    groups: dict[str, list[str]] = {}
    for problem in found:
        own = problem.source.partition("/")[0] in ("decomposition", "several_steps", "one_tactic")
        groups.setdefault("ours" if own else "miniF2F valid", []).append(problem.name)
    return groups


def only(results: dict[str, list[Outcome]], names: Sequence[str]) -> dict[str, list[int]]:
    kept = frozenset(names)
    return {arm: [len(o.verified & kept) for o in ours] for arm, ours in results.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--source", type=Path, help="a copy of miniF2F; without, only our problems")
    parser.add_argument("--sets", nargs="*", default=["decomposition"], help="of our problems")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="Lean seconds a problem")
    parser.add_argument("--before", type=Path, help="a checkout of an earlier version")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found = suite(args.source, args.out, args.sets)
    arms = dict.fromkeys(["all", *([BEFORE] if args.before else []), *args.arms])
    results: dict[str, list[Outcome]] = {arm: [] for arm in arms}
    for seed in range(args.seeds):
        for arm in arms:
            results[arm].append(run(found, arm, seed, args))
    by_part = {part: only(results, names) for part, names in parts(found).items()}
    print(table([p.name for p in found], results))
    print(json.dumps(by_part, indent=1))
    shown = {
        arm: [vars(o) | {"verified": sorted(o.verified)} for o in ours]
        for arm, ours in results.items()
    }
    (args.out / "ablation.json").write_text(
        json.dumps({"problems": len(found), "by_part": by_part, "arms": shown}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
