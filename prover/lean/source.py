"""Lean source as text: parts of a file, names, holes. Nothing here runs Lean.

`mask` is what everything else stands on: the text with comments, strings and character literals
blanked out, equal in length, so that an offset in one is an offset in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from prover.errors import UserError

TOKEN = re.compile(
    r"""(?P<quoted>«[^»\n]*»)
    |(?P<line>--[^\n]*)
    |(?P<block>/-)
    |(?P<raw>(?<![\w'])r(?P<hashes>\#*)".*?"(?P=hashes))
    |(?P<string>"(?:\\.|[^"\\])*"?)
    |(?P<char>(?<![\w'!?\u2080-\u2089])'(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^'\\\n])')""",
    re.VERBOSE | re.DOTALL,
)
OPEN, CLOSE = "([{⟨⦃", ")]}⟩⦄"
PART = r"(?:«[^»\n]*»|[^\s:({\[⦃⟨«».,;)]+)"
NAME = rf"{PART}(?:\.{PART})*"
THEOREM = re.compile(
    rf"^[ \t]*(?:@\[[^\]]*\]\s*)*(?:(?:private|protected|public|noncomputable)\s+)*"
    rf"(?P<keyword>theorem|lemma)\s+(?P<name>{NAME})",
    re.MULTILINE,
)
BLANKS = " \t\r\n"
"""What Lean takes for blanks: fewer characters than Python does."""
CORE_PACKAGES = ("Init", "Std", "Lean")
CORE_NAMESPACES = frozenset(
    "Array BitVec Bool Char Classical Decidable Except Exists Fin Float Function Int Iff Lean List"
    " Nat Option Ord Prod Quot Rat Setoid Std String Subtype Sum Thunk Vector".split()
)
CORE_NOTATION = 'notation "ℕ" => Nat\nnotation "ℤ" => Int\n'


def block_end(text: str, start: int) -> int:
    """Where the block comment that opens at `start` ends; nested ones count."""
    depth, at = 1, start + 2
    while depth:
        match = re.compile(r"/-|-/").search(text, at)
        if match is None:
            return len(text)
        depth += 1 if match.group() == "/-" else -1
        at = match.end()
    return at


def spans(text: str) -> list[tuple[str, int, int]]:
    """Every comment and literal as (kind, start, end), in order; kinds as in TOKEN.

    A name in `«»` is neither, whatever it contains.
    """
    found, at = [], 0
    while match := TOKEN.search(text, at):
        kind = "raw" if match.group("raw") else str(match.lastgroup)
        at = block_end(text, match.start()) if kind == "block" else match.end()
        if kind != "quoted":
            found.append((kind, match.start(), at))
    return found


def lines(text: str) -> list[str]:
    """The lines with their ends; `splitlines` would break at other characters too."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def closing(text: str, at: int, opening: str, ending: str) -> int:
    """Behind the bracket that closes the one here; the end of the text if none does."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in opening) - (text[i] in ending)
        if depth == 0:
            return i + 1
    return len(text)


def excerpt(text: str) -> str:
    """The beginning of a text, on one line, for a message."""
    return " ".join(text.split())[:80]


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def mask(text: str) -> str:
    """The text with comments and literals blanked out, line ends and length kept."""
    parts, last = [], 0
    for kind, start, end in spans(text):
        hidden = blank(text[start:end])
        if kind in ("string", "char", "raw"):
            hidden = "_" + hidden[1:]
        parts += [text[last:start], hidden]
        last = end
    return "".join(parts) + text[last:]


def levels(masked: str) -> list[int]:
    """The bracket depth before each character."""
    out, depth = [], 0
    for char in masked:
        if char in CLOSE:
            depth = max(0, depth - 1)
        out.append(depth)
        depth += char in OPEN
    return out


def assignment(declaration: str) -> int | None:
    """Offset of the `:=` between statement and proof, if there is one.

    It lies outside brackets and belongs to no `let` or `have` of the statement; the first such
    `:=` with `by` or `sorry` after it wins, since what follows is the proof.
    """
    masked = mask(declaration)
    depth = levels(masked)
    tops = [m.start() for m in re.finditer(":=", masked) if depth[m.start()] == 0]
    proofs = [at for at in tops if re.match(r":=\s*(?:by|sorry)\b", masked[at:])]
    free = [at for at in tops if not bound_by_let(masked[:at])]
    for at in free:
        if at in proofs:
            return at
    return free[0] if free else (proofs[-1] if proofs else None)


def bound_by_let(before: str) -> bool:
    """Is the `:=` after this text the one of a `let` or `have` inside a term?"""
    opened = re.findall(r"\b(let|have|letI|haveI)\b|(:=)", before)
    pending = 0
    for binder, _assign in opened:
        pending = pending + 1 if binder else max(0, pending - 1)
    return pending > 0


def split_declaration(declaration: str) -> tuple[str, str]:
    """`theorem a : b := by sorry` -> (`theorem a : b`, `by sorry`); no `:=` gives an empty body."""
    at = assignment(declaration)
    if at is None:
        return declaration.rstrip(), ""
    return declaration[:at].rstrip(), declaration[at + 2 :].strip()


def split_doc(text: str) -> tuple[str, str]:
    """Take off a doc comment at the end: (what comes before, the comment's text or empty)."""
    stripped = text.rstrip()
    blocks = [(start, end) for kind, start, end in spans(stripped) if kind == "block"]
    if not blocks or blocks[-1][1] != len(stripped):
        return text, ""
    start, end = blocks[-1]
    if not stripped.startswith("/--", start):
        return text, ""
    return stripped[:start], doc_text(stripped[start:end])


def doc_text(comment: str) -> str:
    """The words inside `/-- ... -/`, or the text itself if it is no comment."""
    text = comment.strip()
    if text.startswith("/-"):
        text = re.sub(r"^/-[-!]?", "", text)
        text = re.sub(r"-?-/$", "", text)
    return text.strip()


def theorems(text: str) -> list[re.Match[str]]:
    """Where the theorems of a file begin (matches in the masked text: `name`, `keyword`)."""
    return list(THEOREM.finditer(mask(text)))


def is_name(text: str) -> bool:
    """Can a theorem be called that?"""
    return re.fullmatch(NAME, text) is not None and mask(text) == text


def split_problem(text: str) -> tuple[str, str, str, str]:
    """A file that ends in one theorem -> (header, informal, name, statement).

    The statement is `theorem NAME binders : type` without `:=`; the doc comment right above the
    theorem is the informal statement. Attributes before the theorem are dropped. Raises UserError
    if there is no theorem, or its name is none.
    """
    found = theorems(text)
    if not found:
        raise UserError("there is no theorem in it")
    last = found[-1]
    name = text[last.start("name") : last.end("name")]  # the match is of the masked text
    if not is_name(name):
        raise UserError(f"its theorem has a name that Lean cannot have: {excerpt(name)}")
    header, informal = split_doc(text[: last.start()])
    statement, _ = split_declaration(text[last.start("keyword") :])
    statement = re.sub(r"^lemma\b", "theorem", statement)
    return f"{header.strip()}\n" if header.strip() else "", informal, name, statement


def split_many(text: str) -> list[tuple[str, str, str, str]]:
    """A file of theorems that each end in `sorry` -> what split_problem gives, for each.

    A theorem's header is every command above it that is no theorem; `open ... in` right before
    a theorem counts for that theorem only.
    """
    shared, last, out, masked = "", 0, [], mask(text)
    for match in THEOREM.finditer(masked):
        if match.start() < last:
            continue
        hole = re.compile(r"\bsorry\b").search(masked, match.end())
        last, start = (hole.end() if hole else len(text)), last
        before, informal, name, statement = split_problem(text[start:last])
        before = normalise(before)
        own = re.sub(r"[ \t]+in\s*$", "\n", before)
        header = "\n".join(part.strip() for part in (shared, own) if part.strip())
        out.append((header + "\n" if header else "", informal, name, statement))
        shared = shared if own != before else header
    return out


def signature(statement: str) -> tuple[str, str]:
    """`theorem a (x : Nat) : x = x` -> (`(x : Nat)`, `x = x`)."""
    masked = mask(statement)
    head = THEOREM.match(masked)
    depth, begin = levels(masked), head.end() if head else 0
    for match in re.compile(r":(?!=)").finditer(masked, begin):
        if depth[match.start()] == 0:
            return statement[begin : match.start()].strip(), statement[match.end() :].strip()
    raise UserError(f"there is no `:` between binders and type in: {excerpt(statement)}")


def imports(header: str) -> list[str]:
    """The modules that a header imports, in order; an `import` and its module share a line."""
    pattern = r"^[ \t]*(?:public[ \t]+)?(?:meta[ \t]+)?import[ \t]+([^\n]+)"
    found = re.findall(pattern, mask(header), re.M)
    return [name for line in found for name in line.split() if name not in ("all", "runtime")]


def strip_imports(header: str) -> str:
    return drop_lines(header, r"(?:public[ \t]+)?(?:meta[ \t]+)?import\b")


def drop_lines(text: str, pattern: str) -> str:
    """Drop the lines that begin with the pattern, comments and strings left alone."""
    begins = re.compile(rf"[ \t]*{pattern}")
    return "".join(line for line, masked in unmasked_lines(text) if not begins.match(masked))


def rename(statement: str, new_name: str) -> str:
    """Give the theorem another name; its other occurrences are left alone."""
    head = THEOREM.search(mask(statement))
    if head is None:
        raise UserError(f"this is no theorem: {excerpt(statement)}")
    return statement[: head.start("name")] + new_name + statement[head.end("name") :]


def splice(body: str, fills: Iterable[tuple[int, int, str]]) -> str:
    """Replace spans (start, end) of a body by texts; offsets are those of the body given."""
    parts, last = [], 0
    for start, end, fill in sorted(fills):
        if not last <= start <= end <= len(body):
            raise ValueError(f"span {start}..{end} overlaps another or leaves the text")
        parts += [body[last:start], fill]
        last = end
    return "".join(parts) + body[last:]


def normalise(body: str) -> str:
    """Comments, trailing blanks and empty lines removed: equal results mean the same proof."""
    parts, last = [], 0
    for kind, start, end in spans(body):
        if kind in ("line", "block"):
            parts += [body[last:start], " " if "\n" not in body[start:end] else "\n"]
            last = end
    text = "".join(parts) + body[last:]
    kept = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line in kept if line)


def core_header(header: str) -> str:
    """What is left of a header in a Lean without Mathlib.

    Imports of other packages, `set_option maxHeartbeats` and opened namespaces unknown to core
    Lean go; if a package was imported, ℕ and ℤ are defined.
    """
    foreign = [name for name in imports(header) if name.split(".")[0] not in CORE_PACKAGES]
    left = (core_line(pair, foreign) for pair in unmasked_lines(header))
    kept = re.sub(r"\n{3,}", "\n\n", "".join(left)).strip(BLANKS)
    if not foreign:
        return kept + "\n" if kept else ""
    own = strip_imports(kept).strip(BLANKS)
    needed = "".join(f"import {name}\n" for name in imports(kept))
    return needed + CORE_NOTATION + (own + "\n" if own else "")


def unmasked_lines(text: str) -> list[tuple[str, str]]:
    """Each line with its masked form."""
    return list(zip(lines(text), lines(mask(text)), strict=True))


def core_line(pair: tuple[str, str], foreign: list[str]) -> str:
    line, masked = pair
    if re.match(r"\s*(?:public\s+)?(?:meta\s+)?import\b", masked):
        return "" if set(imports(masked)) & set(foreign) else line
    if re.match(r"\s*set_option\s+maxHeartbeats\b", masked):
        return ""
    opened = re.match(r"\s*open\s+(scoped\s+)?([^()\n]*?)\s*$", masked)
    if opened is None or re.search(r"\b(?:in|hiding|renaming)\b", masked):
        return line
    names = [n for n in opened[2].split() if n.split(".")[0] in CORE_NAMESPACES]
    return f"open {opened[1] or ''}{' '.join(names)}\n" if names else ""


UNIVERSES = re.compile(r"\.\{[^{}]*\}")


def negation(statement: str, name: str) -> str | None:
    """The statement that the theorem is false: `theorem NAME : ¬ (∀ binders, type)`.

    None for what cannot be taken apart. What a header adds to both alike (`variable`, implicit
    variables) stands outside of the `¬`: who proves this must see that it opens no binder.
    """
    text = normalise(statement)  # a comment at the end would hide the bracket behind it
    head = THEOREM.match(mask(text))
    if head is None:
        return None
    universes = UNIVERSES.match(text, head.end())
    levels_ = universes.group() if universes else ""
    try:
        binders, type_ = signature(f"theorem x{text[head.end() + len(levels_) :]}")
    except UserError:
        return None
    if not balanced(binders) or not balanced(type_) or not type_:
        return None
    claim = f"∀ {binders}, {type_}" if binders else type_
    return f"theorem {name}{levels_} : ¬ ({claim})"


def balanced(text: str) -> bool:
    open_: list[str] = []
    for char in mask(text):
        if char in OPEN:
            open_.append(CLOSE[OPEN.index(char)])
        elif char in CLOSE and (not open_ or open_.pop() != char):
            return False
    return not open_
