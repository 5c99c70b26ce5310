"""What a model answered: its Lean code, its plan, its thinking. Text only; Lean judges the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prover.lean.source import mask, theorems
from prover.llm.family import Family, split_thinking
from prover.llm.prompts import Prompt

FENCE = re.compile(r"(?P<indent>.*?)(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>[^\s`~]*)(?P<rest>[^\n]*)")
COMMAND = re.compile(
    r"^(?:import|open|theorem|lemma|set_option|namespace|section|variable|universe|def|private"
    r"|noncomputable|@\[|/--)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Parsed:
    """A reply taken apart."""

    code: str = ""
    """For Lean's own splitter: a file or a theorem; of a tactic model the tactic. Empty: none."""
    line_offset: int = 0
    """Line of the reply = line of the code + this; negative where the code begins before it."""
    plan: str = ""
    """The words outside the code."""
    thinking: str = ""
    complete: bool = False
    """The answer ended by itself, code and all."""
    why: str = ""
    """Why there is no code, in one line."""


@dataclass(frozen=True)
class Block:
    """A fenced code block."""

    language: str
    code: str
    line: int
    """Of its first line of code, from 0."""
    start: int
    end: int
    """Offsets of the whole block, its fences included."""
    closed: bool


def parse(family: Family, prompt: Prompt, text: str, finish: str = "stop") -> Parsed:
    """Take a reply apart; `finish` is the server's word, `length` for a reply that was cut off.

    Never raises: what makes no sense has no code, and `why` says so.
    """
    cut = finish == "length"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    thinking, rest, at = split_thinking(family, text)
    if family.reply == "code-block":
        found = parse_blocks(family, prompt, rest, cut)
        if not found.code and thinking:
            found = instead(found, parse_blocks(family, prompt, thinking, cut=True))
        else:
            found = replace(found, line_offset=found.line_offset + text.count("\n", 0, at))
    elif family.reply == "tactic":
        found = parse_tactic(family, rest, cut)
    else:
        found = parse_completion(family, prompt, rest, cut)
    return replace(found, thinking=thinking.strip())


def instead(found: Parsed, thought: Parsed) -> Parsed:
    """Code from the thinking, where the answer itself has none."""
    return replace(thought, plan=found.plan, complete=False) if thought.code else found


def blocks(text: str) -> Iterator[Block]:
    """The fenced code blocks of a text.

    As models write them: the closing fence may end a line of code, another opening fence begins a
    new block whether or not the one before was closed, and the last block may be open.
    """
    opened: tuple[str, str, int, int, int] | None = None  # fence, language, indent, start, line
    kept: list[str] = []
    at = 0
    for number, line in enumerate(text.split("\n")):
        match = FENCE.match(line)
        if opened is not None and match and closes(match, opened[0]):
            kept += [match["indent"]] if match["indent"].strip() else []
            yield block(opened, kept, at + match.end("marks"), closed=True)
            opened = None
        elif match and opens(match, opened and opened[0]):
            if opened is not None:
                yield block(opened, kept, at, closed=False)
            width = len(match["indent"]) if not match["indent"].strip() else 0
            start = at + match.start("marks")
            opened, kept = (match["marks"], match["info"], width, start, number + 1), []
        elif opened is not None:
            kept.append(line)
        at += len(line) + 1
    if opened is not None:
        yield block(opened, kept, len(text), closed=False)


def closes(match: re.Match[str], fence: str) -> bool:
    alike = match["marks"][0] == fence[0] and len(match["marks"]) >= len(fence)
    return alike and not match["info"] and not match["rest"].strip()


def opens(match: re.Match[str], fence: str | None) -> bool:
    """A fence at a line's beginning, or with a language behind it at a line's end.

    Inside a block only the latter, and no shorter than the block's: `~~~x` is Lean too.
    """
    named = bool(re.fullmatch(r"[A-Za-z][\w+#.-]*", match["info"])) and not match["rest"].strip()
    if fence is not None:
        return named and match["marks"].startswith(fence)
    begins = re.fullmatch(r"[\s>*+\d.-]*", match["indent"]) is not None
    return "`" not in match["rest"] and (begins or named)


def block(opened: tuple[str, str, int, int, int], kept: list[str], end: int, closed: bool) -> Block:
    _, language, width, start, line = opened
    margin = " " * width
    lines = [text.removeprefix(margin) if text.startswith(margin) else text for text in kept]
    blank = next((n for n, text in enumerate(lines) if text.strip()), len(lines))
    code = "\n".join(lines[blank:]).rstrip()
    return Block(language.lower(), code, line + blank, start, end, closed)


def parse_blocks(family: Family, prompt: Prompt, text: str, cut: bool) -> Parsed:
    """The code block that counts, by the family's rules, and the words around it."""
    whole = prompt.opening + text
    found = list(blocks(whole))
    plan = words_outside(whole, found)
    chosen = choose(family, prompt.asked.name, found)
    if chosen is None:
        return unfenced(prompt, whole, found, cut)
    code = completed(prompt, chosen.code)
    added = code.count("\n") - chosen.code.count("\n")
    offset = chosen.line - added - prompt.opening.count("\n")
    complete = chosen.closed or not cut
    return Parsed(code, offset, plan, complete=complete)


def words_outside(text: str, found: list[Block]) -> str:
    parts, last = [], 0
    for each in found:
        parts.append(text[last : each.start])
        last = each.end
    return "\n\n".join(part.strip() for part in [*parts, text[last:]] if part.strip())


def choose(family: Family, name: str, found: list[Block]) -> Block | None:
    """The last block with the theorem, else the last with any; one without a language last."""
    fit = [b for b in reversed(found) if b.code and all(word in b.code for word in family.words)]
    for wanted in (lambda code: name in declared(code), declared, is_body):
        for languages in (family.languages, ("",)):
            for each in fit:
                if each.language in languages and wanted(each.code):
                    return each
    return None


def declared(code: str) -> list[str]:
    return [code[m.start("name") : m.end("name")] for m in theorems(code)]


def is_body(code: str) -> bool:
    """A proof without its theorem."""
    return re.match(r"(?::=\s*)?by\b", code) is not None


def completed(prompt: Prompt, code: str) -> str:
    """A proof without its theorem gets it."""
    if declared(code) or not is_body(code):
        return code
    return f"{prompt.asked.statement} := {code.removeprefix(':=').lstrip()}"


def unfenced(prompt: Prompt, text: str, found: list[Block], cut: bool) -> Parsed:
    """Plain Lean text without a fence counts if it has the theorem."""
    begins = COMMAND.search(mask(text)) if not found else None
    if begins and prompt.asked.name in declared(text[begins.start() :]):
        offset = text.count("\n", 0, begins.start()) - prompt.opening.count("\n")
        code = text[begins.start() :].rstrip()
        return Parsed(code, offset, text[: begins.start()].strip(), complete=not cut)
    why = "no code block has a theorem" if found else "there is no code block"
    return Parsed(plan=words_outside(text, found), why=f"cut off: {why}" if cut else why)


def until(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    """The text before the first stop, and whether there is one."""
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def parse_completion(family: Family, prompt: Prompt, text: str, cut: bool) -> Parsed:
    """The answer behind the Lean text that it goes on with."""
    own, stopped = until(text, family.stop)
    own = own.rstrip()
    if not own.strip():
        return Parsed(why="the answer is empty")
    if prompt.indent:
        margin = " " * prompt.indent
        own = "\n".join(margin + line if line.strip() else "" for line in own.split("\n"))
    offset = -prompt.opening.count("\n")
    return Parsed(prompt.opening + own, offset, complete=stopped or not cut)


def parse_tactic(family: Family, text: str, cut: bool) -> Parsed:
    """One tactic, without the question and without marks."""
    if family.after and family.after in text:
        text = text.split(family.after, 1)[1]
    own, stopped = until(text, family.stop)
    for mark in family.remove:
        own = own.replace(mark, "")
    if not own.strip():
        return Parsed(why="the answer is empty")
    return Parsed(own.strip(), complete=stopped or not cut)
