"""What a model is asked: the first question, the correction of an answer, and going on from a part.

The texts are the family's (`family.py`); here they are filled in. Pure: no model is called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from prover.errors import UserError
from prover.graph_nodes import Step
from prover.lean.source import drop_lines, signature, split_declaration, theorems
from prover.llm.family import Correction, ErrorFormat, Family, Refinement, answer_of, render
from prover.llm.messages import Message, Request, Sampling
from prover.types import Goal


@dataclass(frozen=True)
class Asked:
    """A theorem to be proved or decomposed, as a prompt tells of it."""

    name: str
    statement: str
    """`theorem NAME binders : type`, without `:=`."""
    header: str = ""
    """Commands before the theorem: imports, options, definitions."""
    informal: str = ""
    state: str = ""
    """Goals as Lean prints them, for models that answer a state."""
    lemmas: tuple[str, ...] = ()
    """Statements that may be used: they are proved already."""
    notes: str = ""
    """More for the model to know: which Lean there is, and which tactics."""

    @classmethod
    def of(
        cls, goal: Goal, informal: str = "", lemmas: tuple[str, ...] = (), notes: str = ""
    ) -> Asked:
        """A goal of the search; its state is that before any tactic."""
        found = theorems(goal.statement)
        name = found[0]["name"] if found else ""
        return cls(name, goal.statement, goal.header, informal, opening_state(goal), lemmas, notes)


@dataclass(frozen=True)
class Fault:
    """One of Lean's errors."""

    line: int
    column: int
    """1-based, in the answer's own Lean code."""
    text: str
    goals: tuple[str, ...] = ()
    """Before the place of the error, as Lean prints them."""


@dataclass(frozen=True)
class Answered:
    """An earlier answer, and why it was no proof."""

    text: str
    code: str
    """As it was parsed from the text."""
    faults: tuple[Fault, ...] = ()
    steps: tuple[Step, ...] = ()
    """Of a sketch that Lean took: what became of its steps. Then there are no faults."""


@dataclass(frozen=True)
class Prompt:
    """A question in the form that the server is sent, and what is needed to read its answer."""

    asked: Asked
    messages: tuple[Message, ...] = ()
    text: str = ""
    """For raw completion; then there are no messages."""
    go_on: bool = False
    """The last message is the assistant's: the answer goes on with it."""
    opening: str = ""
    """Stands before the answer when it is read: what the answer goes on with."""
    indent: int = 0
    """Blanks that a script gets before each line, to stand behind its opening."""

    def request(self, model: str, sampling: Sampling) -> Request:
        return Request(model, self.messages, self.text, sampling, self.go_on)


def first_request(family: Family, asked: Asked) -> Prompt:
    """The question before there is any answer."""
    filled = values(asked)
    text = render(family, family.prompt, filled)
    if family.mode == "completion":
        opening = render(family, family.head, filled)
        return Prompt(asked, text=text, opening=opening, indent=2 * (family.reply == "script"))
    system = render(family, family.system, filled)
    first = (Message("system", system),) if system else ()
    return Prompt(asked, (*first, Message("user", text)))


def correction(family: Family, asked: Asked, answers: Sequence[Answered]) -> Prompt:
    """The question after answers that Lean rejected or that came to nothing, the oldest first.

    A chat sees all of them, each in a turn of its own; raw completion the last one. Raises
    ValueError where the family has no form for it, or there is no answer.
    """
    turn = family.correction
    if turn is None or not answers:
        raise ValueError(f"{family.name}: nothing to correct")
    first = first_request(family, asked)
    turns = [(seen(family, turn, each), each) for each in answers]
    said = [
        turn_text(family, turn, asked, text, each, number)
        for number, (text, each) in enumerate(turns)
    ]
    if family.mode == "completion":
        return replace(first, text=said[-1])
    messages = list(first.messages)
    for (text, _), user in zip(turns, said, strict=True):
        messages += [Message("assistant", text), Message("user", user)]
    return Prompt(asked, tuple(messages))


def seen(family: Family, turn: Correction, answered: Answered) -> str:
    """An earlier answer, as the model sees it again."""
    return answered.text if turn.keep_thinking else answer_of(family, answered.text)


def turn_text(
    family: Family, turn: Correction, asked: Asked, text: str, answered: Answered, number: int
) -> str:
    if answered.steps:
        return refinement(family, asked, answered.steps)
    for stop in family.stop:
        text = text.partition(stop)[0]
    errors = shown_faults(family, turn.errors, answered)
    more = {"answer": text.strip("\n").rstrip(), "errors": errors, "round": str(number)}
    return render(family, turn.prompt, {**values(asked), **more})


def refinement(family: Family, asked: Asked, steps: Sequence[Step]) -> str:
    """What became of each step of a sketch. Raises ValueError where the family cannot say it."""
    form = family.refinement
    if form is None:
        raise ValueError(f"{family.name}: it refines nothing")
    parts = []
    for number, step in enumerate(steps, 1):
        texts = {
            "step": step.text, "there": opening_state(step.goal), "why": step.why,
            "left": "\n\n".join(step.left),
        }  # fmt: skip
        filled = {name: shortened(form, text) for name, text in texts.items()}
        template: str = getattr(form, step.outcome)
        parts.append(render(family, template, {**values(asked), **filled, "number": str(number)}))
    return render(family, form.prompt, {**values(asked), "steps": "".join(parts)})


def resume(family: Family, asked: Asked, prefix: str, state: str = "") -> Prompt:
    """Go on from an accepted beginning of an answer's code (DeepSeek-Prover-V1.5, section 3.2).

    The prefix is cut where the first error begins, the indentation of what follows included if it
    is at a line's beginning; the tactic state there becomes a comment. Raises ValueError where the
    family has no such form.
    """
    if not family.resume:
        raise ValueError(f"{family.name}: it cannot go on from a part of a proof")
    indent = indentation(prefix)
    prefix = prefix.rstrip() + "\n"
    filled = {
        **values(asked), "prefix": prefix, "comment": state_comment(state, indent),
        "state": state, "goal": first_goal(state),
    }  # fmt: skip
    text = render(family, family.resume, filled)
    if family.mode == "completion":
        by = indent if family.reply == "script" else 0
        return Prompt(asked, text=text, opening=prefix, indent=by)
    opening = render(family, family.resume, {**filled, "comment": ""})
    messages = (*first_request(family, asked).messages, Message("assistant", text))
    return Prompt(asked, messages, go_on=True, opening=opening)


def tiny_row(
    family: Family, asked: Asked, body: str, failed: Answered | None = None
) -> tuple[str, str]:
    """A training row (prompt, completion) of a family of scripts, from what serving uses.

    The body is a term, `by ...` or another; the completion ends with the family's first stop.
    With an answer that failed, the question is that of its correction.
    """
    prompt = correction(family, asked, [failed]) if failed else first_request(family, asked)
    return prompt.text, script(body) + "\n" + family.stop[0]


def script(body: str) -> str:
    """`by` and a block of tactics -> the block, in the first column; a term -> `exact` the term.

    Lines below a first tactic behind `by` keep their place to it: a tactic stays one, and what
    goes on stays to the right of it.
    """
    body = body.strip()
    if not re.match(r"by(?!\S)", body):
        return f"exact {body}"
    first, _, rest = body[2:].partition("\n")
    lines = [line.rstrip() for line in rest.split("\n")]
    if not first.strip():
        return moved_left(lines, most=len(body))
    column = len("by") + len(first) - len(first.lstrip())
    return "\n".join([first.strip(), moved_left(lines, column)]).rstrip()


def moved_left(lines: list[str], most: int) -> str:
    """All lines alike, until one of them begins in the first column."""
    margins = [len(line) - len(line.lstrip(" ")) for line in lines if line]
    by = min([most, *margins])
    return "\n".join(line[by:] for line in lines).strip("\n")


def values(asked: Asked) -> dict[str, str]:
    """What a template may say of a theorem; headers, `commands` and `doc` end their last line."""
    header = asked.header.strip()
    return {
        "name": asked.name,
        "header": f"{header}\n\n" if header else "",
        "dense_header": "".join(f"{line}\n" for line in header.split("\n") if line.strip()),
        "commands": commands(header),
        "statement": asked.statement.strip(),
        "signature": bare_signature(asked.statement),
        "doc": f"/-- {asked.informal.strip().replace('-/', '- /')} -/\n" if asked.informal else "",
        "informal": asked.informal.strip(),
        "state": asked.state.strip(),
        "goal": first_goal(asked.state),
        "lemmas": "\n\n".join(map(as_given, asked.lemmas)),
        "notes": asked.notes.strip(),
    }


def opening_state(goal: Goal) -> str:
    """A goal as Lean prints it; what the signature leaves under `∀` is no hypothesis yet."""
    kept = goal.binders[: len(goal.binders) - len(goal.intros)]
    target = signature(goal.statement)[1] if goal.intros else goal.target
    return "\n".join([*(f"{b.name} : {b.type}" for b in kept), f"⊢ {target}"])


def as_given(lemma: str) -> str:
    """A lemma with its proof left out, unless it brings one."""
    return lemma.strip() if split_declaration(lemma)[1] else f"{lemma.strip()} := by sorry"


def commands(header: str) -> str:
    """What a header defines, without imports, options, namespaces opened and notation."""
    kept = drop_lines(header, r"(?:public |meta )*(?:import|set_option|open|notation)\b").strip()
    return f"{kept}\n" if kept else ""


def bare_signature(statement: str) -> str:
    """Binders and type on one line, without the theorem's name: `(n : Nat) : n + 0 = n`."""
    try:
        binders, target = signature(statement)
    except UserError:  # no `:`; Lean will say so, a prompt need not
        return " ".join(statement.split())
    return " ".join(f"{binders} : {target}".split())


def first_goal(state: str) -> str:
    """The first goal of a state, without its `case` line."""
    shown = re.sub(r"^\d+ goals?\n", "", state.strip())
    goal = re.split(r"\n[ \t]*\n", shown)[0]
    return re.sub(r"^case [^\n]*\n", "", goal.strip()).strip()


def state_comment(state: str, indent: int) -> str:
    """The state as a comment above what follows (DeepSeek-Prover-V1.5, prover/lean/proof.py)."""
    if not state.strip():
        return ""
    margin = "\n" + " " * indent
    shown = state.strip().replace("\n", margin + "  ")
    return f"{margin[1:]}/- tactic state:{margin}  {shown}{margin}-/\n"


def indentation(prefix: str) -> int:
    """In which column (from 0) what follows a prefix begins."""
    *above, last = prefix.split("\n")
    if above and last and not last.strip(" "):
        return len(last)
    lines = [line for line in (*above, last) if line.strip()]
    if not lines:
        return 2
    margin = len(lines[-1]) - len(lines[-1].lstrip(" "))
    opens = re.search(r"(?:\bby|=>|·|\bdo|\bthen|\belse)\s*$", lines[-1])
    return margin + 2 if opens or margin == 0 else margin


def shown_faults(family: Family, form: ErrorFormat, answered: Answered) -> str:
    """Lean's errors in an answer, as the family's authors show them."""
    parts = []
    for number, fault in enumerate(answered.faults[: form.most], 1):
        code = around(form, answered.code.split("\n"), fault)
        filled = {
            "number": str(number), "code": code, "message": shortened(form, fault.text.strip()),
            "goals": shortened(form, "\n".join(fault.goals)),
        }  # fmt: skip
        parts.append(render(family, form.item, filled))
    left = len(answered.faults) - form.most
    if left > 0 and form.omitted:
        parts.append(render(family, form.omitted, {"number": str(left)}))
    return "".join(parts)


def shortened(form: ErrorFormat | Refinement, text: str) -> str:
    return text if len(text) <= form.longest else text[: form.longest] + " …"


def around(form: ErrorFormat, lines: list[str], fault: Fault) -> str:
    """The code near an error, with its place marked."""
    at = min(max(fault.line, 1), len(lines)) - 1
    first, last = max(0, at - form.before), min(len(lines), at + form.after + 1)
    if form.marks == "lines":
        numbered = ((n, lines[n]) for n in range(first, last))
        return "\n".join(f"{n + 1:03d}{' >' if n == at else '  '}| {line}" for n, line in numbered)
    column = min(max(fault.column, 1), len(lines[at]) + 1) - 1
    marked = f"{lines[at][:column]}<error>{lines[at][column:]}</error>"
    return "\n".join([*lines[first:at], marked, *lines[at + 1 : last]])
