"""A model family as data: how its models are asked, how they answer, how they are corrected.

A family is a YAML file, of this package (`families/NAME.yaml`) or the user's own. Its texts are
templates in the form of `string.Template`: `$statement`, `${statement}`, and `$$` for a dollar.
A *piece* is a part of a template that is left out when a placeholder in it has nothing to say.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from prover.config import Section, read_yaml, refusal
from prover.errors import UserError, first_fault
from prover.llm.messages import Sampling

ASKED = frozenset(
    "name header dense_header commands statement signature doc informal state goal lemmas notes"
    .split()
)  # fmt: skip
"""What every template may say of the theorem; `prompts.values` says what each is."""
TURN = ASKED | {"answer", "errors", "round"}
RESUMED = ASKED | {"prefix", "comment"}
ITEM = ASKED | {"number", "code", "message", "goals"}
STEP = ASKED | {"number", "step", "there", "why", "left"}
REFINED = ASKED | {"steps"}


class SamplingDefaults(Section):
    """What the family's authors use, where they say so."""

    temperature: float = Field(default=1.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1)
    n: int = Field(default=1, ge=1)


class ErrorFormat(Section):
    """How Lean's errors are shown in a correction turn."""

    most: int = Field(ge=1)
    """Errors shown; the first ones."""
    before: int = Field(ge=0)
    after: int = Field(ge=0)
    """Lines of code shown around the line of an error."""
    marks: Literal["spans", "lines"]
    """`spans`: `<error></error>` around the place; `lines`: numbered, with `>` at the one meant."""
    item: str
    """One error: $number, $code, $message, and $goals where they are shown at all."""
    longest: int = Field(default=4000, ge=1)
    """Characters of one message, and of its goals; what is longer loses its end."""
    omitted: str = ""
    """Stands for the errors that are not shown; $number of them."""


class Correction(Section):
    """What is asked after an answer that Lean rejected: of a chat the user's next turn, for raw
    completion a whole new text."""

    prompt: str
    """$answer (the rejected one, up to a stop), $errors; $round is 0 for the first answer."""
    keep_thinking: bool
    """Whether the model sees the thinking of its earlier answers again."""
    errors: ErrorFormat


class Refinement(Section):
    """The user's turn after a sketch that Lean took and whose steps were not all proved."""

    prompt: str
    """$steps."""
    proved: str
    """One step: $number, $step (its part of the sketch), and $there, the goal there."""
    wrong: str
    """As above; $why is the counterexample, or empty."""
    hard: str
    """As above; $why says what was tried, $left the goals at which the last try broke off."""
    undecided: str
    """As above; $why says why nothing is known."""
    longest: int = Field(default=2000, ge=1)
    """Characters of each of these placeholders; what is longer loses its end."""


class Family(Section):
    name: str
    role: Literal["prover", "decomposer", "tactic"]
    mode: Literal["chat", "completion"]
    reply: Literal["code-block", "completion", "script", "tactic"]
    """`completion` goes on with the Lean text of the prompt as it stands; a `script` is a block of
    tactics that begins in the first column; a `tactic` is one step."""
    system: str = ""
    prompt: str
    pieces: dict[str, str] = {}
    head: str = ""
    """For `completion` and `script`: the Lean text that the answer goes on with; with it the answer
    is a theorem again."""
    resume: str = ""
    """How an accepted beginning is gone on with: $prefix, and $comment for the tactic state in a
    comment. A chat's is the assistant's unfinished message. Empty: the family has no such form."""
    correction: Correction | None = None
    refinement: Refinement | None = None
    """Only of decomposers that have a correction, which says what is shown of earlier answers."""
    stop: tuple[str, ...] = ()
    sampling: SamplingDefaults = SamplingDefaults()
    thinking: tuple[str, str] | None = None
    """The tags around what the model thinks before it answers."""
    languages: tuple[str, ...] = ("lean4", "lean")
    """Of the code blocks that count; then comes a block without a language."""
    words: tuple[str, ...] = ()
    """A code block without one of these does not count."""
    after: str = ""
    """A tactic is what follows this, where the model repeats the question."""
    remove: tuple[str, ...] = ()
    """Marks that are taken out of a tactic."""
    source: str
    """Where the format comes from."""

    @field_validator("name")
    @classmethod
    def plain(cls, name: str) -> str:
        if not name or Path(name).name != name:
            raise ValueError("a name has no `/` and is not empty")
        return name

    @model_validator(mode="after")
    def known(self) -> Family:
        """Every placeholder is one that its template can have, and every form has what it needs."""
        if clash := sorted(set(self.pieces) & (TURN | RESUMED | ITEM | STEP | REFINED)):
            raise ValueError(f"pieces: ${clash[0]} is a placeholder already")
        own = frozenset(self.pieces)
        for piece in self.pieces.values():
            check("pieces", piece, TURN | RESUMED | ITEM | STEP)
        check("system", self.system, ASKED | own)
        check("prompt", self.prompt, ASKED | own)
        check("head", self.head, ASKED | own)
        check("resume", self.resume, RESUMED | own)
        if self.correction:
            check("correction.prompt", self.correction.prompt, TURN | own)
            check("correction.errors.item", self.correction.errors.item, ITEM | own)
            check("correction.errors.omitted", self.correction.errors.omitted, ITEM | own)
        if self.refinement:
            check("refinement.prompt", self.refinement.prompt, REFINED | own)
            for name in ("proved", "wrong", "hard", "undecided"):
                check(f"refinement.{name}", getattr(self.refinement, name), STEP | own)
            if self.role != "decomposer" or self.correction is None:
                raise ValueError("refinement: only a decomposer with a correction has one")
        if bool(self.head) != (self.reply in ("completion", "script")):
            raise ValueError("head: `completion` and `script` want one, the others have none")
        return self

    def sampled(
        self,
        n: int | None = None,
        seed: int | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        max_tokens: int | None = None,
    ) -> Sampling:
        """The family's own way to sample, but for what is given."""
        given = {"n": n, "temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
        changed = {key: value for key, value in given.items() if value is not None}
        return Sampling(**{**self.sampling.model_dump(), **changed}, stop=self.stop, seed=seed)


def check(key: str, template: str, allowed: frozenset[str]) -> None:
    parsed = Template(template)
    if not parsed.is_valid():
        raise ValueError(f"{key}: a `$` stands before a placeholder's name; `$$` is a dollar")
    if unknown := sorted(set(parsed.get_identifiers()) - allowed):
        raise ValueError(
            f"{key}: there is no ${unknown[0]} here, only {', '.join(sorted(allowed))}"
        )


def render(family: Family, template: str, values: dict[str, str]) -> str:
    """A template filled in; its pieces first."""
    pieces = {name: piece_text(text, values) for name, text in family.pieces.items()}
    return Template(template).substitute({**values, **pieces})


def piece_text(piece: str, values: dict[str, str]) -> str:
    parsed = Template(piece)
    if all(values.get(name) for name in parsed.get_identifiers()):
        return parsed.substitute(values)
    return ""


def answer_of(family: Family, text: str) -> str:
    """A reply without its thinking."""
    return split_thinking(family, text)[1].lstrip("\n")


def split_thinking(family: Family, text: str) -> tuple[str, str, int]:
    """(thinking, answer, offset of the answer).

    The opening tag may be the chat template's and so be missing; thinking never closed is all
    there is.
    """
    if family.thinking is None:
        return "", text, 0
    opening, closing = family.thinking
    end = text.rfind(closing)
    start = len(text) - len(text.lstrip())
    opened = text.startswith(opening, start)
    first = start + len(opening) if opened else 0
    if end >= 0:
        return text[first:end], text[end + len(closing) :], end + len(closing)
    return (text[first:], "", len(text)) if opened else ("", text, 0)


def families() -> list[str]:
    """The families that come with the package."""
    found = files("prover.llm").joinpath("families").iterdir()
    return sorted(entry.name[:-5] for entry in found if entry.name.endswith(".yaml"))


def load_family(name_or_path: str) -> Family:
    """Raises UserError, naming the file and the key, for what is no family."""
    where, text = family_text(name_or_path)
    data = read_yaml(text, where)
    if not isinstance(data, dict):
        raise UserError(f"{where} must hold `key: value` lines")
    return parse_family(data, where)


def family_text(name_or_path: str) -> tuple[str, str]:
    """Where a family is written, and its text."""
    if name_or_path in families():
        entry = files("prover.llm").joinpath("families", f"{name_or_path}.yaml")
        return f"the family {name_or_path}", entry.read_text(encoding="utf-8")
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        raise UserError(
            f"there is no model family {name_or_path!r}; it is one of {', '.join(families())}, "
            "or a YAML file"
        )
    try:
        return str(path), path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise UserError(f"cannot read the model family {path}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"cannot read the model family {path}: {exc}") from exc


def parse_family(data: dict[str, Any], where: str) -> Family:
    try:
        return Family.model_validate(data)
    except ValidationError as exc:
        key, why = first_fault(exc)
        raise refusal(f"{where}: {key}: {why}" if key else f"{where}: {why}") from exc
