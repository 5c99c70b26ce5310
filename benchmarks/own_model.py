"""What a small model of our own is worth: held-out goals it proves, beside the portfolio.

    .venv/bin/python benchmarks/own_model.py sweep runs/a runs/b --out sweep
    .venv/bin/python benchmarks/own_model.py vary sweep/rows.jsonl --copies 6 --out varied
    prover train varied/rows.jsonl --holdout 0.2 --seed 0 --out models/0
    .venv/bin/python benchmarks/own_model.py score models/0 models/1 --sweep sweep

`sweep` asks Lean for every script of the portfolio on every goal that the runs proved: which
scripts close which goals. `rows.jsonl` has a row for each that does, `sweep.jsonl` all of them in
the portfolio's order. `vary` adds copies in which definitions and variables have other names, as
far as Lean takes them, since a model that has seen each name in one place cannot copy. `number`
writes the rows with definitions called d1, d2, which need no copying. `score` lets each model write
one script greedily and eight by sampling for each of its held-out goals, and has Lean judge them
under the same limits; beside it stand the first script and the first eight of the portfolio: in the
order of its costs, and by how often each script closes those of the goals learnt from that it
applies to (`rates`). All held- out goals are such as
some script of the portfolio closes. Answers of the model and verdicts are kept in the model's
folder (`score.jsonl`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from prover.assembly import replace_name
from prover.cli_train import gather
from prover.config import LeanConfig, LimitsConfig
from prover.lean.verifier import Verifier
from prover.llm.prompts import Asked, tiny_row
from prover.provers import scripts_for
from prover.scripts import Script, body
from prover.session import kept_verdicts, open_lean
from prover.training import loop, rows
from prover.training.rows import Row
from prover.types import Candidate, Goal, Problem

LIMITS = LimitsConfig(heartbeats=10_000).limits()
"""Those of configs/demo.yaml."""
SAMPLES = 8
RENAMED = ", renamed"
"""What the `by` of a row with other names ends in."""
WORKERS = 2


async def opened(verifier: Verifier, row: Row) -> Goal:
    goal = await verifier.open(Problem(row.goal, row.statement, row.header))
    assert isinstance(goal, Goal), (row.goal, goal)
    return goal


# sweep


async def sweep(found: Sequence[Row]) -> list[dict[str, Any]]:
    """For each goal its scripts in the portfolio's order, and whether Lean takes them."""
    goals = list({row.goal: row for row in found}.values())
    gate = asyncio.Semaphore(WORKERS)
    lean = LeanConfig()
    with kept_verdicts(lean, print) as kept:
        async with open_lean(lean, WORKERS, lambda *_: None, (), kept) as verifier:

            async def one(row: Row) -> dict[str, Any]:
                async with gate:
                    goal = await opened(verifier, row)
                    tried = [(s, await proves(verifier, goal, s)) for s in ordered(goal)]
                print(row.goal, sum(won for _, won in tried), "of", len(tried), flush=True)
                return {"goal": row.goal, "scripts": [shown(goal, s, won) for s, won in tried]}

            return list(await asyncio.gather(*map(one, goals)))


def ordered(goal: Goal) -> list[Script]:
    return sorted(scripts_for(goal), key=lambda script: script.cost)


async def proves(verifier: Verifier, goal: Goal, script: Script) -> bool:
    candidate = Candidate(body(goal, script.text), f"portfolio:{script.name}")
    return (await verifier.judge(goal, candidate, LIMITS)).proved


def shown(goal: Goal, script: Script, won: bool) -> dict[str, Any]:
    return {
        "name": script.name, "cost": script.cost, "body": body(goal, script.text), "proved": won,
    }  # fmt: skip


def swept_rows(found: Iterable[Row], swept: Sequence[dict[str, Any]]) -> list[Row]:
    """The rows of the runs, and one for each other script that closes a goal of theirs."""
    scripts = {entry["goal"]: entry["scripts"] for entry in swept}
    added = []
    for row in found:
        added.append(row)
        asked = Asked("", row.statement, row.header)
        for script in scripts[row.goal]:
            if script["proved"]:
                _, completion = tiny_row(rows.family(), asked, script["body"])
                by = f"portfolio:{script['name']}"
                added.append(replace(row, completion=completion, by=by, body=script["body"]))
    return rows.unique(added)


def sweep_command(runs: Sequence[Path], out: Path) -> None:
    found = rows.unique(gather(runs, unverified=False))
    swept = asyncio.run(sweep(found))
    out.mkdir(parents=True, exist_ok=True)
    every = swept_rows(found, swept)
    (out / "sweep.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in swept))
    (out / "rows.jsonl").write_text(rows.dump(every))
    print(f"{len(found)} rows of the runs, {len(every)} with all scripts that close their goals")


# vary


NAMED = re.compile(r"^\s*(?:@\[[^\]]*\]\s*)?(?:def|abbrev|inductive|structure)\s+([\w']+)", re.M)
SYLLABLES = [c + v for c in "bdfghklmnprstvz" for v in "aeiou"]


def varied(row: Row, goal: Goal, scripts: Sequence[str], draw: random.Random) -> list[Row]:
    """The goal and its scripts with other names for what its header defines and what it binds."""
    defined = NAMED.findall(row.header)
    taken = {*defined, *(b.name for b in goal.binders)}
    text = row.header + row.statement
    fresh = {name: other(name, defined, taken, text, draw) for name in sorted(taken)}
    copies = [renamed(replace(row, body=script), defined, fresh) for script in scripts]
    return [replace(copy, by=f"{row.by}{RENAMED}") for copy in copies]


def renamed(row: Row, defined: Sequence[str], fresh: dict[str, str]) -> Row:
    """The row under fresh names; only definitions have theirs in the header too."""
    header, statement, body_ = row.header, row.statement, row.body
    for name, new in fresh.items():
        header = replace_name(header, name, new) if name in defined else header
        statement, body_ = (replace_name(part, name, new) for part in (statement, body_))
    prompt, completion = tiny_row(rows.family(), Asked("", statement, header), body_)
    return replace(
        row, prompt=prompt, completion=completion, header=header, statement=statement, body=body_
    )


def numbered(row: Row) -> Row:
    """The row with its definitions called `d1`, `d2`, its types `T1`, `T2`."""
    defined = list(dict.fromkeys(NAMED.findall(row.header)))
    fresh = {name: f"{'T' if name[0].isupper() else 'd'}{i}" for i, name in enumerate(defined, 1)}
    return renamed(row, defined, fresh)


def other(
    name: str, defined: Sequence[str], taken: set[str], text: str, draw: random.Random
) -> str:
    """A name that stands nowhere yet: of syllables for a definition, short for a variable."""
    while True:
        count = draw.choice([2, 2, 3, 4]) if name in defined else draw.choice([1, 1, 2])
        new = "".join(draw.choices(SYLLABLES, k=count))
        if name not in defined and draw.random() < 0.5:
            new = draw.choice("abcdefgijklmnpqrstuvwxyz") + draw.choice(["", "", "1", "2", "'"])
        if name[0] == "h" and name not in defined:
            new = "h" + draw.choice(["", "1", "2", "3", "a", "b", "pos", "eq", new[0]])
        if name[0].isupper():
            new = new.capitalize()
        if new not in taken and not re.search(rf"(?<![\w]){re.escape(new)}(?![\w'])", text):
            taken.add(new)
            return new


async def vary(found: Sequence[Row], copies: int, seed: int) -> list[Row]:
    """Renamed rows that Lean takes, `copies` of each goal with definitions, a third of others."""
    groups: dict[str, list[Row]] = {}
    for row in found:
        groups.setdefault(row.goal, []).append(row)
    gate = asyncio.Semaphore(WORKERS)
    asked = Counter[str]()
    lean = LeanConfig()
    with kept_verdicts(lean, print) as kept:
        async with open_lean(lean, WORKERS, lambda *_: None, (), kept) as verifier:

            async def one(group: Sequence[Row], copy: int) -> list[Row]:
                draw = random.Random(f"{seed}:{group[0].goal}:{copy}")
                scripts = [row.body for row in group if len(row.body) < 200]
                async with gate:
                    goal = await opened(verifier, group[0])
                    chosen = draw.sample(scripts, min(3, len(scripts)))
                    made = varied(group[0], goal, chosen, draw)
                    if not made:
                        return []
                    new = await verifier.open(
                        Problem(made[0].goal, made[0].statement, made[0].header)
                    )
                    if not isinstance(new, Goal):
                        asked["does not elaborate"] += len(made)
                        return []
                    said = [
                        await verifier.judge(new, Candidate(r.body, r.by), LIMITS) for r in made
                    ]
                    asked.update(verdict.status for verdict in said)
                    return [r for r, v in zip(made, said, strict=True) if v.proved]

            tasks = [
                one(group, copy)
                for group in groups.values()
                for copy in range(copies if NAMED.search(group[0].header) else copies // 3)
            ]
            made = [row for rows_ in await asyncio.gather(*tasks) for row in rows_]
    print(dict(asked), flush=True)
    return made


async def number(found: Sequence[Row]) -> list[Row]:
    """Rows with numbered definitions, as far as Lean takes them."""
    lean = LeanConfig()
    with kept_verdicts(lean, print) as kept:
        async with open_lean(lean, WORKERS, lambda *_: None, (), kept) as verifier:

            async def one(group: Sequence[Row]) -> list[Row]:
                first = group[0]
                goal = await verifier.open(Problem(first.goal, first.statement, first.header))
                if not isinstance(goal, Goal):
                    return []
                said = [await verifier.judge(goal, Candidate(r.body, r.by), LIMITS) for r in group]
                return [row for row, verdict in zip(group, said, strict=True) if verdict.proved]

            groups: dict[str, list[Row]] = {}
            for row in found:
                groups.setdefault(row.goal, []).append(numbered(row))
            return [r for made in await asyncio.gather(*map(one, groups.values())) for r in made]


def number_command(file: Path, out: Path) -> None:
    found = gather([file], unverified=False)
    made = asyncio.run(number(found))
    out.mkdir(parents=True, exist_ok=True)
    (out / "rows.jsonl").write_text(rows.dump(made))
    print(f"{len(found)} rows, {len(made)} with numbered definitions")


def vary_command(file: Path, copies: int, seed: int, out: Path) -> None:
    found = gather([file], unverified=False)
    made = asyncio.run(vary(found, copies, seed))
    out.mkdir(parents=True, exist_ok=True)
    (out / "rows.jsonl").write_text(rows.dump([*found, *made]))
    print(f"{len(found)} rows, {len(made)} more with other names")


# score


def answers(model_folder: Path, prompts: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each prompt's greedy script and the sampled ones."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    loop.use_cores()
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForCausalLM.from_pretrained(model_folder).eval()
    torch.manual_seed(0)

    def written(prompt: str, **how: Any) -> list[str]:
        given = tokenizer(prompt, return_tensors="pt")
        length = given["input_ids"].shape[1]
        with torch.no_grad():
            out = model.generate(**given, max_new_tokens=256, **how)
        texts = tokenizer.batch_decode(out[:, length:], skip_special_tokens=True)
        return [text.partition(rows.family().stop[0])[0].rstrip() for text in texts]

    return [
        (
            written(prompt, do_sample=False)[0],
            written(prompt, do_sample=True, temperature=1.0, top_k=0, num_return_sequences=SAMPLES),
        )
        for prompt in prompts
    ]


def as_body(script: str) -> str:
    return "by\n" + "\n".join("  " + line for line in script.split("\n"))


async def judged(asked: Sequence[tuple[Row, Sequence[str]]]) -> list[dict[str, bool]]:
    """For each goal which of its scripts Lean takes."""
    lean = LeanConfig()
    with kept_verdicts(lean, print) as kept:
        async with open_lean(lean, WORKERS, lambda *_: None, (), kept) as verifier:

            async def one(row: Row, scripts: Sequence[str]) -> dict[str, bool]:
                goal = await opened(verifier, row)
                found = {}
                for script in dict.fromkeys(scripts):
                    candidate = Candidate(as_body(script), "model:tiny")
                    found[script] = (await verifier.judge(goal, candidate, LIMITS)).proved
                return found

            return list(await asyncio.gather(*(one(row, scripts) for row, scripts in asked)))


def rates(swept: dict[str, list[dict[str, Any]]], goals: set[str]) -> dict[str, float]:
    """How often each script closes a goal of these that it applies to."""
    tried, won = Counter[str](), Counter[str]()
    for script in (s for goal in goals for s in swept[goal]):
        tried[script["name"]] += 1
        won[script["name"]] += script["proved"]
    return {name: won[name] / tried[name] for name in tried}


def score(model: Path, swept: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    every = rows.parse((model / "rows.jsonl").read_text(), str(model))
    kept = [row for row in every if row.held_out and not row.by.endswith(RENAMED)]
    goals = list({row.key: row for row in kept}.values())
    rate = rates(swept, {row.goal for row in every if not row.held_out})
    written = answers(model, [row.prompt for row in goals])
    asked = [(row, [first, *others]) for row, (first, others) in zip(goals, written, strict=True)]
    verdicts = asyncio.run(judged(asked))
    lines = []
    for row, (first, others), won in zip(goals, written, verdicts, strict=True):
        own = swept[row.goal]
        best = sorted(own, key=lambda s: -rate.get(s["name"], 0.0))
        line = {
            "goal": row.goal,
            "greedy": won[first],
            f"samples_{SAMPLES}": any(won[s] for s in others),
            "portfolio_1": own[0]["proved"],
            f"portfolio_{SAMPLES}": any(s["proved"] for s in own[:SAMPLES]),
            "rates_1": best[0]["proved"],
            f"rates_{SAMPLES}": any(s["proved"] for s in best[:SAMPLES]),
        }
        lines.append(line)
        answered = {**asdict(row), **line, "first": first, "others": others}
        with (model / "score.jsonl").open("a") as file:
            file.write(json.dumps(answered, ensure_ascii=False) + "\n")
    names = [name for name in lines[0] if name != "goal"]
    distinct = sum(len(set(others)) for _, others in written) / len(goals)
    counts = {name: sum(line[name] for line in lines) for name in names}
    return {"model": model.name, "goals": len(goals), **counts, "distinct": round(distinct, 1)}


def score_command(models: Sequence[Path], sweep_folder: Path) -> None:
    lines = (sweep_folder / "sweep.jsonl").read_text().splitlines()
    swept = {entry["goal"]: entry["scripts"] for entry in map(json.loads, lines)}
    for model in models:
        print(json.dumps(score(model, swept)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("sweep")
    one.add_argument("runs", nargs="+", type=Path)
    one.add_argument("--out", required=True, type=Path)
    two = commands.add_parser("score")
    two.add_argument("models", nargs="+", type=Path)
    two.add_argument("--sweep", required=True, type=Path)
    three = commands.add_parser("vary")
    three.add_argument("file", type=Path)
    three.add_argument("--copies", type=int, default=12)
    three.add_argument("--seed", type=int, default=0)
    three.add_argument("--out", required=True, type=Path)
    four = commands.add_parser("number")
    four.add_argument("file", type=Path)
    four.add_argument("--out", required=True, type=Path)
    given = parser.parse_args()
    if given.command == "sweep":
        sweep_command(given.runs, given.out)
    elif given.command == "vary":
        vary_command(given.file, given.copies, given.seed, given.out)
    elif given.command == "number":
        number_command(given.file, given.out)
    else:
        score_command(given.models, given.sweep)


if __name__ == "__main__":
    main()
