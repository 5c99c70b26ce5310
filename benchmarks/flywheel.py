"""Does the flywheel turn, and what of it turns it: the model, its rows, or the scripts' order?

    .venv-vllm/bin/python benchmarks/flywheel.py configs/loop.yaml --out runs/study --seeds 3

For each seed two loops (`prover loop`) with the same round 0, the portfolio alone, and the same
held-out problems: *selected* as the configuration has it, and *random*, which learns in every round
from as many rows, drawn at random from those that *selected* chose its own from, and makes and
searches no problems. With `--ordered` a third, *ordered*, which has no model and learns the order
of the portfolio's scripts alone, with rounds of its own. Two loops are under way at a time. Prints,
and writes to `flywheel.json`: what each round solves of the held-out problems with 1, 2, 4, ...
checks by Lean, its checks for each proof, and the difference to round 0 and, of the selected arm,
to the others, with an interval that holds 95 % of bootstrap samples over problems and seeds. With
`--transfer DIR`, miniF2F's folder, round 0 and the last round of *selected* and *ordered* are
measured on the valid problems that the embedded Lean can read too. Broken off, the same command
goes on, and its times are those of all its starts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starts import timed

from prover.cli_output import data, note
from prover.cli_signals import run
from prover.curves import reached
from prover.errors import InfrastructureError
from prover.looping import settings, table
from prover.looping.loop import claimed
from prover.looping.places import BENCHMARK, CONFIG, HELD_OUT, LINEAGE, Places, Round
from prover.looping.settings import BenchmarkConfig, LoopConfig
from prover.passk import bootstrap
from prover.store import read_events

SELECTED, RANDOM, ORDERED = "selected", "random", "ordered"


@dataclass(frozen=True)
class Outcome:
    """Of one held-out problem in one round of one loop."""

    solved: bool
    checks: int

    def within(self, most: int) -> bool:
        return self.solved and self.checks <= most


async def all_loops(
    config: LoopConfig, seeds: Sequence[int], others: Sequence[str], out: Path, jobs: int
) -> None:
    """The selected arm and the others of each seed, as many loops at a time as there are jobs.

    Raises InfrastructureError if one of them fails, when those beside it have been put away.
    """
    turns = asyncio.Semaphore(jobs)
    try:
        async with asyncio.TaskGroup() as group:
            for seed in seeds:
                own = config.model_copy(update={"seed": seed})
                group.create_task(all_arms(own, others, out, turns))
    except* InfrastructureError as failed:
        raise failed.exceptions[0] from None


async def all_arms(
    config: LoopConfig, others: Sequence[str], out: Path, turns: asyncio.Semaphore
) -> None:
    """The arm with a selection, then the others, which begin with what they have of it."""
    first = folder_of(out, config.seed, SELECTED)
    async with turns:
        await loop(claimed(config, first))
    for arm in others:
        folder = folder_of(out, config.seed, arm)
        async with turns:
            claimed(OTHERS[arm](config, first), folder)
            hand_over(first, folder, config.rounds if arm == RANDOM else 1)
            await loop(folder)


def at_random(config: LoopConfig, selected: Path) -> LoopConfig:
    """As many rows in each round as the arm with a selection has learnt from."""
    rounds = range(1, config.rounds + 1)
    learnt = [json.loads(Places(selected).round(n).chosen.read_text())["kept"] for n in rounds]
    train = config.train.model_copy(update={"select": ["random"], "rows": learnt})
    return config.model_copy(update={"train": train, "benchmark": None})


def without_model(config: LoopConfig, _: Path) -> LoopConfig:
    served = config.served.model_copy(update={"prover": ["portfolio"]})
    return config.model_copy(update={"served": served, "order": True})


OTHERS = {RANDOM: at_random, ORDERED: without_model}


async def loop(folder: Path) -> None:
    """To its end by a command of its own; what that says is in a log, its steps here too."""
    name, began = "/".join(folder.parts[-2:]), time.monotonic()
    command = ["-m", "prover.cli", "loop", str(folder / CONFIG), "--out", str(folder)]
    with folder.with_suffix(".log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, start_new_session=True,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout
        try:
            async for line in process.stdout:
                log.write(line)
                if line.startswith(b"== "):
                    note(f"{name}: {line.decode().strip('= ').strip()}")
        except BaseException:
            # Only here: to signal a process that has just ended takes its exit code from asyncio.
            with suppress(ProcessLookupError):
                process.terminate()  # it says how to go on, and puts its Lean and its model away
            raise
        finally:
            code = await process.wait()
    if code:
        raise InfrastructureError(
            f"{name} ended with {code}: {folder.with_suffix('.log')} says why"
        )
    note(f"{name}: done after {(time.monotonic() - began) / 60:.0f} min")


def folder_of(out: Path, seed: int, arm: str) -> Path:
    return out / f"seed-{seed}" / arm


def hand_over(source: Path, target: Path, rounds: int) -> None:
    """The first rounds of a loop; of those after round 0 only what its rows come from.

    Of what that was made from, the models are left out: here they would be others.
    """
    if (target / LINEAGE).exists():
        return
    for name in (HELD_OUT, BENCHMARK):
        if (source / name).exists():
            shutil.copy(source / name, target / name)
    for number in range(rounds):
        own = shutil.ignore_patterns(*OF_A_MODEL) if number else None
        name = f"round-{number}"
        shutil.copytree(source / name, target / name, dirs_exist_ok=True, ignore=own)
    lines = [
        json.dumps({**entry, "from": {k: v for k, v in entry["from"].items() if shared(k, rounds)}})
        for entry in Places(source).lineage()
        if shared(entry["file"], rounds)
    ]
    (target / LINEAGE).write_text("".join(f"{line}\n" for line in lines))


OF_A_MODEL = ("model", "chosen.json", "held-out", "benchmark")
"""What a round makes that says something of its model."""


def shared(file: str, rounds: int) -> bool:
    folder, _, name = file.partition("/")
    number = int(folder.removeprefix("round-")) if name else 0
    return number < rounds and not (number and name in OF_A_MODEL)


def rounds_of(out: Path, seeds: Sequence[int], arm: str, number: int) -> list[Round]:
    return [Places(folder_of(out, seed, arm)).round(number) for seed in seeds]


def measured(run: Path) -> dict[str, Outcome]:
    """Of the problems that Lean could read."""
    found = reached(read_events(run))
    return {each.problem: Outcome(each.verified, each.spent.attempts) for each in found}


Pairs = list[tuple[Outcome, Outcome]]


def pairs(ours: Sequence[dict[str, Outcome]], theirs: Sequence[dict[str, Outcome]]) -> list[Pairs]:
    """Of each seed and problem, here and there; each seed has problems of its own."""
    return [[(a[name], b[name])] for a, b in zip(ours, theirs, strict=True) for name in sorted(a)]


def by_problem(
    ours: Sequence[dict[str, Outcome]], theirs: Sequence[dict[str, Outcome]]
) -> list[Pairs]:
    """The same where all seeds have the same problems, which are drawn with all of their seeds."""
    return [[(a[n], b[n]) for a, b in zip(ours, theirs, strict=True)] for n in sorted(theirs[0])]


def compared(
    found: Sequence[Pairs], value: Callable[[Sequence[Outcome]], float]
) -> dict[str, float]:
    """A figure's difference with its bootstrap interval; problems are drawn with both sides."""
    at = [float(i) for i in range(len(found))]

    def difference(drawn: Sequence[float]) -> float:
        some = [pair for i in drawn for pair in found[int(i)]]
        return value([a for a, _ in some]) - value([b for _, b in some])

    made = bootstrap(at, difference)
    return {"value": made.value, "low": made.low, "high": made.high}


def share(most: int) -> Callable[[Sequence[Outcome]], float]:
    return lambda found: sum(each.within(most) for each in found) / len(found)


def checks_a_proof(found: Sequence[Outcome]) -> float:
    return sum(each.checks for each in found) / max(sum(each.solved for each in found), 1)


def transferred(
    config: LoopConfig, seeds: Sequence[int], others: Sequence[str], out: Path
) -> dict[str, Any]:
    """Of the last round of each arm that was measured on the benchmark, against round 0."""

    def measures(arm: str, number: int) -> list[dict[str, Outcome]]:
        return [measured(each.benchmark) for each in rounds_of(out, seeds, arm, number)]

    budgets, zero = budgets_of(config), measures(SELECTED, 0)
    rows = [summary("portfolio", 0, zero, budgets)]
    for arm in (SELECTED, *(other for other in others if other != RANDOM)):
        here = measures(arm, config.rounds)
        against = differences(by_problem(here, zero), budgets)
        rows.append({**summary(arm, config.rounds, here, budgets), "against round 0": against})
    return {"problems": len(zero[0]), "rounds": rows}


def budgets_of(config: LoopConfig) -> list[int]:
    return [k for k in table.BUDGETS if k <= config.checks]


def study(
    config: LoopConfig, seeds: Sequence[int], others: Sequence[str], out: Path
) -> dict[str, Any]:
    """What all rounds have come to, once they are done."""
    budgets = budgets_of(config)

    def measures(arm: str, number: int) -> list[dict[str, Outcome]]:
        return [measured(each.held_out) for each in rounds_of(out, seeds, arm, number)]

    def row(arm: str, number: int, than: dict[str, list[dict[str, Outcome]]]) -> dict[str, Any]:
        here = measures(arm, number)
        against = {
            f"against {name}": differences(pairs(here, other), budgets)
            for name, other in than.items()
        }
        return {**summary(arm, number, here, budgets), **against}

    zero = {"round 0": measures(SELECTED, 0)}
    rows = []
    for n in range(1, config.rounds + 1):
        beside = {arm: measures(arm, n) for arm in others}
        rows += [row(SELECTED, n, {**zero, **beside}), *(row(arm, n, zero) for arm in others)]
    first = summary("portfolio", 0, zero["round 0"], budgets)
    return {"seeds": list(seeds), "held_out": len(zero["round 0"][0]), "rounds": [first, *rows]}


def summary(
    arm: str, number: int, here: Sequence[dict[str, Outcome]], budgets: Sequence[int]
) -> dict[str, Any]:
    every = [each for seed in here for each in seed.values()]
    return {
        "arm": arm,
        "round": number,
        "solved": [sum(each.within(budgets[-1]) for each in seed.values()) for seed in here],
        "within": {k: sum(each.within(k) for each in every) for k in budgets},
        "checks a proof": round(checks_a_proof(every), 2),
    }


def differences(found: Sequence[Pairs], budgets: Sequence[int]) -> dict[str, Any]:
    shares = {f"share within {k}": compared(found, share(k)) for k in budgets}
    return {**shares, "checks a proof": compared(found, checks_a_proof)}


def lines(made: dict[str, Any]) -> list[str]:
    total, seeds = made["held_out"] * len(made["seeds"]), len(made["seeds"])
    text = [f"{total} held-out problems over {seeds} seeds", *told_rounds(made["rounds"])]
    if "transfer" in made:
        text += [f"{made['transfer']['problems']} problems of miniF2F that Lean can read"]
        text += told_rounds(made["transfer"]["rounds"])
    return text


def told_rounds(rows: Sequence[dict[str, Any]]) -> list[str]:
    text = []
    for row in rows:
        within = " ".join(f"<={k}: {n}" for k, n in row["within"].items())
        text.append(
            f"round {row['round']} {row['arm']:<9} solved {row['solved']} {within}; "
            f"{row['checks a proof']} checks a proof"
        )
        for other in (key for key in row if key.startswith("against")):
            text += [f"    {other}: {told(name, d)}" for name, d in row[other].items()]
    return text


def told(name: str, d: dict[str, float]) -> str:
    scale, unit = (1.0, "") if name == "checks a proof" else (100.0, " points")
    value, low, high = (scale * d[x] for x in ("value", "low", "high"))
    return f"{name} {value:+.1f}{unit} ({low:+.1f} to {high:+.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/flywheel-study"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ordered", action="store_true", help="a third loop, without a model")
    parser.add_argument("--jobs", type=int, default=2, help="loops at a time")
    parser.add_argument("--transfer", type=Path, metavar="DIR")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    config, seeds = settings.load(args.config, args.sets), range(args.seeds)
    if args.transfer:
        benchmark = BenchmarkConfig(source=str(args.transfer))
        config = config.model_copy(update={"benchmark": benchmark})
    others = [RANDOM, ORDERED] if args.ordered else [RANDOM]
    with timed(args.out / "times.json") as times:
        run(all_loops(config, seeds, others, args.out, args.jobs))
    made = study(config, seeds, others, args.out)
    if config.benchmark:
        made["transfer"] = transferred(config, seeds, others, args.out)
    made["seconds"] = times
    (args.out / "flywheel.json").write_text(json.dumps(made, indent=1) + "\n")
    for line in lines(made):
        data(line)
    data(f"{times['clock'] / 60:.0f} min by the clock, {times['cpu'] / 60:.0f} of the CPU")


if __name__ == "__main__":
    main()
