"""Rows in the shape that a trainer loads with no conversion.

trl        TRL's `prompt` and `completion`, chat or plain as the family is; of preferences `prompt`,
           `chosen`, `rejected`; of prompts `prompt` alone (TRL, docs/source/dataset_formats.md)
messages   one conversation a row, as TRL's SFTTrainer and verl's MultiTurnSFTDataset read it
stepwise   TRL's stepwise supervision, of steps: `prompt`, `completions`, `labels`
verl       RLHFDataset: `data_source`, `prompt`, `ability`, `reward_model`, `extra_info` (verl,
           docs/preparation/prepare_data.rst and verl/utils/dataset/rl_dataset.py)

The questions are a model family's own (`prover.llm.family`), as in a run. Each row keeps its `id`:
its lineage stands beside it, in `rows.jsonl`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prover.assembly import theorem_text
from prover.errors import UserError
from prover.llm.family import Family
from prover.llm.prompts import Answered, Asked, Fault, Prompt, correction, first_request, script
from prover.types import Lemma

Row = Mapping[str, Any]

FAMILIES = {"sketches": "chat-decomposer", "steps": "bfs-prover-v2"}
"""Whose questions are asked unless another family is named."""
DEFAULT = "chat-prover"
ROLES = {"sketches": "decomposer", "steps": "tactic"}

FORMATS = ("jsonl", "hf", "trl", "messages", "stepwise", "verl")
SHAPED = ("trl", "messages", "stepwise", "verl")
"""Those that leave columns out."""

DATA_SOURCE = "subgoal-prover"
ABILITY = "lean4"

NO_ROOM = "nothing that the family could answer"


def check(kind: str, shape: str, family: Family) -> None:
    """Raises UserError for what does not go together."""
    if shape not in SHAPED:
        return
    if kind == "refutations":
        raise UserError("refutations come as jsonl or hf: no trainer has a shape for them")
    if shape == "stepwise" and kind != "steps":
        raise UserError("--format stepwise is for --kind steps")
    if shape == "messages" and kind in ("preferences", "prompts"):
        raise UserError(f"--format messages has no place for {kind}; take trl")
    if shape == "verl" and kind == "preferences":
        raise UserError("--format verl has no place for preferences; take trl")
    role = ROLES.get(kind, "prover")
    if kind == "preferences" and family.role == "decomposer":
        return
    if family.role != role and not (shape == "stepwise"):
        raise UserError(f"--kind {kind} wants a family of role {role}; {family.name}'s is "
                        f"{family.role}")  # fmt: skip
    if kind == "repairs" and family.correction is None:
        raise UserError(f"{family.name} has no form for a correction; name another --family")


def shaped(row: Row, kind: str, shape: str, family: Family) -> dict[str, Any] | None:
    """The row in this shape; None where the family's answers have no room for it."""
    if kind == "preferences" and (row["of"] == "sketch") != (family.role == "decomposer"):
        return None
    if family.reply != "code-block" and kind != "prompts" and rests(row):
        return None
    prompt = question(row, kind, family)
    if shape == "verl":
        return verl(row, kind, prompt)
    if kind == "prompts":
        return {"id": row["id"], "prompt": asked_of(prompt)}
    if kind == "preferences":
        pair = {name: reply(row, str(row[name]), family) for name in ("chosen", "rejected")}
        return {"id": row["id"], "prompt": asked_of(prompt), **answered(prompt, pair)}
    said = reply(row, learnt(row, kind), family)
    if shape == "messages":
        return {"id": row["id"], "messages": [*conversation(prompt), turn("assistant", said)]}
    return {"id": row["id"], "prompt": asked_of(prompt), **answered(prompt, {"completion": said})}


def rests(row: Row) -> bool:
    """Does what is to be learnt name a lemma that only the row's own file has?"""
    return any(name in str(row.get("tactic", row["proof"])) for name in row["lemmas"])


def question(row: Row, kind: str, family: Family) -> Prompt:
    """What the family's models are asked for this row."""
    name, statement = str(row["name"]), str(row["statement"])
    state = str(row["state"]) if kind == "steps" else ""
    asked = Asked(name, statement, str(row["header"]), str(row["informal"]), state)
    if kind != "repairs":
        return first_request(family, asked)
    body = str(row["failed_proof"])
    code = theorem_text(Lemma(statement, body))
    before = code[: code.rindex(body.rstrip())]
    line, column = int(row["error_line"]) or 1, int(row["error_column"])
    shift = len(before) - before.rfind("\n") - 1 if line == 1 else 0
    fault = Fault(before.count("\n") + line, column + shift + 1, row["error"], tuple(row["goals"]))
    text = script(body) if family.reply == "script" else block(code)
    code = script(body) if family.reply == "script" else code
    return correction(family, asked, [Answered(text, code, (fault,))])


def learnt(row: Row, kind: str) -> str:
    return str(row[{"sketches": "own_sketch", "steps": "tactic"}.get(kind, "proof")])


def reply(row: Row, body: str, family: Family) -> str:
    """A proof as a model of the family would write it, from a plan on if there is one."""
    if family.reply == "tactic":
        return body
    if family.reply == "script":
        return f"{script(body)}\n" + "".join(family.stop[:1])
    theorem = theorem_text(Lemma(str(row["statement"]), body))
    if family.reply == "completion":
        return theorem[theorem.rindex(body.rstrip()) :]
    whole = str(row["code"]).strip().removeprefix(str(row["header"]).strip()).strip()
    text = block(whole if row["lemmas"] and body == row["proof"] else theorem)
    return f"{row['plan']}\n\n{text}" if row["plan"] and body == row["own_sketch"] else text


def block(code: str) -> str:
    return f"```lean4\n{code.rstrip()}\n```"


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def conversation(prompt: Prompt) -> list[dict[str, str]]:
    if not prompt.messages:
        return [turn("user", prompt.text)]
    return [turn(message.role, message.content) for message in prompt.messages]


def asked_of(prompt: Prompt) -> str | list[dict[str, str]]:
    return conversation(prompt) if prompt.messages else prompt.text


def answered(prompt: Prompt, texts: Mapping[str, str]) -> dict[str, Any]:
    if not prompt.messages:
        return dict(texts)
    return {name: [turn("assistant", text)] for name, text in texts.items()}


def verl(row: Row, kind: str, prompt: Prompt) -> dict[str, Any]:
    """The ground truth is what is to be proved; a reward function has Lean judge the answer."""
    extra = ("id", "split", "name", "header", "source_problem", "key", "tried", "proved", "stratum")
    return {
        "data_source": DATA_SOURCE,
        "prompt": conversation(prompt),
        "ability": ABILITY,
        "reward_model": {"style": "rule", "ground_truth": row["statement"]},
        "extra_info": {"index": 0, **{name: row[name] for name in extra if name in row}},
    }


def stepwise(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The tactics of the outermost block of each proof or failed attempt, in one row; the rows of
    one of them stand together."""
    group: list[Row] = []
    for row in rows:
        if group and group[0]["proof_id"] != row["proof_id"]:
            yield from whole(group)
            group = []
        group.append(row)
    yield from whole(group)


def whole(group: list[Row]) -> Iterator[dict[str, Any]]:
    outer = [row for row in group if row["nesting"] == 0]
    if outer:
        yield {
            "id": outer[0]["proof_id"],
            "prompt": str(outer[0]["state"]),
            "completions": [str(row["tactic"]) for row in outer],
            "labels": [bool(row["label"]) for row in outer],
        }
