"""Mutants of Lean proofs: a small tokenizer, mutators on tokens, and the choice of mutants.

Everything here is pure and seeded: the same proofs, seed and number give the same mutants. Some
mutators break a proof as a rule (a deleted token, a negated statement), others as a rule do not
(a bound variable renamed, operands or list items exchanged), so that both verdicts occur.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

LEXER = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--[^\n]*|/-)
    |(?P<string>"(?:\\.|[^"\\])*"?)
    |(?P<char>'(?:\\.|[^'\\\n])')
    |(?P<number>\d+)
    |(?P<name>(?:«[^»]*»|[^\W\d][\w'!?]*)(?:\.(?:«[^»]*»|[^\W\d][\w'!?]*))*)
    |(?P<operator>:=|=>|<;>|<\|>|\|>\.?|<\||\+\+|&&|\|\||==|!=|::|[→←↔∧∨¬≤≥≠<>=+\-*/%^∣∈∉∘×·∀∃λ])
    |(?P<bracket>[()\[\]{}⟨⟩⦃⦄])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = frozenset(
    "theorem by fun at with have show from let match then else if in do where using at only "
    "Prop Type Sort".split()
)
TACTICS = tuple(
    "omega simp simp_all grind decide rfl trivial assumption intro intros exact apply refine "
    "constructor cases induction rcases obtain rw subst funext ext exists left right unfold "
    "contradiction exfalso split calc symm nofun rename_i generalize injection dsimp simpa".split()
)
FORBIDDEN = ("sorry", "admit", "native_decide")
"""Words that no proof may contain; a front end takes them, or says so in a warning only."""
CLOSERS = ("omega", "simp", "simp_all", "grind", "decide", "rfl", "trivial", "assumption")
COMMUTE = frozenset("+ * ∧ ∨ = ↔ ≠ && ||".split())
OPEN, CLOSE = "([{⟨⦃", ")]}⟩⦄"


class Token(NamedTuple):
    kind: str
    """string, char, number, keyword, tactic, name, operator, bracket or other."""
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Proof:
    """A theorem with its proof; the header is what both stand under."""

    name: str
    header: str
    statement: str
    """`theorem NAME binders : type`, without `:=`."""
    body: str


@dataclass(frozen=True)
class Mutant:
    source: Proof
    mutator: str
    proof: Proof

    @property
    def of_statement(self) -> bool:
        """The body is the original one."""
        return self.proof.body == self.source.body


Pools = dict[str, tuple[str, ...]]
Mutator = Callable[[random.Random, Proof, Pools], Proof | None]


def tokens(text: str) -> list[Token]:
    """The tokens of Lean text; blanks and comments (nested ones as one) are between them."""
    found, at = [], 0
    while match := LEXER.match(text, at):
        kind, at = str(match.lastgroup), match.end()
        if match.group() == "/-":
            at = comment_end(text, at)
        if kind == "name":
            kind = word_kind(match.group())
        if kind not in ("space", "comment"):
            found.append(Token(kind, match.group(), match.start(), match.end()))
    return found


def word_kind(word: str) -> str:
    if word in KEYWORDS:
        return "keyword"
    return "tactic" if word in TACTICS else "name"


def comment_end(text: str, at: int) -> int:
    """Where the block comment ends whose opening ends at `at`."""
    depth = 1
    while depth:
        closing, opening = text.find("-/", at), text.find("/-", at)
        if closing < 0:
            return len(text)
        inner = 0 <= opening < closing
        depth += 1 if inner else -1
        at = (opening if inner else closing) + 2
    return at


def pools(proofs: Iterable[Proof]) -> Pools:
    """Every token seen in any of the proofs, by kind; tactics also from our own list."""
    seen: dict[str, set[str]] = {"tactic": {*TACTICS, *FORBIDDEN}}
    for proof in proofs:
        for token in tokens(proof.statement) + tokens(proof.body):
            seen.setdefault(token.kind, set()).add(token.text)
    return {kind: tuple(sorted(texts)) for kind, texts in seen.items()}


# -- one change to one text ----------------------------------------------------------------------


def put(text: str, *changes: tuple[Token, str]) -> str:
    """The text with tokens replaced by other texts."""
    for token, new in sorted(changes, reverse=True, key=lambda change: change[0].start):
        text = text[: token.start] + new + text[token.end :]
    return text


Change = Callable[[random.Random, str, Pools], str | None]


def either(change: Change, statements: float = 0.3) -> Mutator:
    """A mutator of the statement, with that probability, or of the body."""

    def mutate(rng: random.Random, proof: Proof, pool: Pools) -> Proof | None:
        part = "statement" if rng.random() < statements else "body"
        new = change(rng, getattr(proof, part), pool)
        return None if new is None else replace(proof, **{part: new})

    return mutate


def picked(rng: random.Random, text: str, *kinds: str) -> Token | None:
    """A random token, of these kinds if any are given; the theorem's keyword and name are kept."""
    every = tokens(text)
    every = every[2:] if every and every[0].text == "theorem" else every
    found = [t for t in every if not kinds or t.kind in kinds]
    return rng.choice(found) if found else None


def delete(rng: random.Random, text: str, pool: Pools) -> str | None:
    token = picked(rng, text)
    return token and put(text, (token, ""))


def duplicate(rng: random.Random, text: str, pool: Pools) -> str | None:
    token = picked(rng, text)
    return token and put(text, (token, f"{token.text} {token.text}"))


def swap(rng: random.Random, text: str, pool: Pools) -> str | None:
    """Two neighbours exchanged."""
    every = tokens(text)
    if len(every) < 2:
        return None
    i = rng.randrange(len(every) - 1)
    return put(text, (every[i], every[i + 1].text), (every[i + 1], every[i].text))


def exchange(rng: random.Random, text: str, pool: Pools) -> str | None:
    """Another token of the same kind."""
    token = picked(rng, text, "name", "operator", "bracket", "keyword", "string", "char")
    return token and put(text, (token, rng.choice(pool[token.kind])))


def tactic(rng: random.Random, text: str, pool: Pools) -> str | None:
    """Another tactic, half of the time one that closes goals."""
    token = picked(rng, text, "tactic")
    new = rng.choice(CLOSERS if rng.random() < 0.5 else pool["tactic"])
    return token and put(text, (token, new))


def numeral(rng: random.Random, text: str, pool: Pools) -> str | None:
    token = picked(rng, text, "number")
    if token is None:
        return None
    value = int(token.text)
    near = [value + 1, max(0, value - 1), 0, 2 * value]
    if not text[: token.start].rstrip().endswith("^"):
        near.append(value + 2**64)  # as an exponent it would cost a timeout
    return put(text, (token, str(rng.choice(near))))


def lemma(rng: random.Random, text: str, pool: Pools) -> str | None:
    """Another name for something used: one that does not exist, or that of something else."""
    token = picked(rng, text, "name")
    if token is None:
        return None
    dotted = [name for name in pool["name"] if "." in name]
    news = [token.text + "'", token.text + "_left", token.text[:-1] or "x", rng.choice(dotted)]
    return put(text, (token, rng.choice(news)))


def truncate(rng: random.Random, text: str, pool: Pools) -> str | None:
    token = picked(rng, text)
    return token and text[: token.start].rstrip()


def parentheses(rng: random.Random, text: str, pool: Pools) -> str | None:
    token = picked(rng, text, "name", "number")
    return token and put(text, (token, f"({token.text})"))


def operands(rng: random.Random, text: str, pool: Pools) -> str | None:
    """`a + b` becomes `b + a`, for operands of one token."""
    every = tokens(text)
    atom = ("name", "number")
    places = [
        i
        for i in range(1, len(every) - 1)
        if every[i].text in COMMUTE and every[i - 1].kind in atom and every[i + 1].kind in atom
    ]
    if not places:
        return None
    i = rng.choice(places)
    left, right = every[i - 1], every[i + 1]
    return put(text, (left, right.text), (right, left.text))


def items(rng: random.Random, text: str, pool: Pools) -> str | None:
    """Two neighbours of a list exchanged: `[a, b]` becomes `[b, a]`."""
    found = re.findall(r"[\[⟨][^\[\]⟨⟩()\n]*,[^\[\]⟨⟩()\n]*[\]⟩]", text)
    if not found:
        return None
    old = rng.choice(found)
    parts = [part.strip() for part in old[1:-1].split(",")]
    i = rng.randrange(len(parts) - 1)
    parts[i], parts[i + 1] = parts[i + 1], parts[i]
    return text.replace(old, old[0] + ", ".join(parts) + old[-1], 1)


def idle(rng: random.Random, text: str, pool: Pools) -> str | None:
    """A tactic that does nothing before one that is there, or a choice that falls through."""
    token = picked(rng, text, "tactic")
    if token is None:
        return None
    before = rng.choice(("skip; ", "try skip; ", "first | fail | ", "all_goals ", "try "))
    return put(text, (token, before + token.text))


def line(rng: random.Random, text: str, pool: Pools) -> str | None:
    """A whole line left out."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 3:
        return None
    del lines[rng.randrange(1, len(lines))]
    return "".join(lines).rstrip()


# -- changes to the theorem as a whole -----------------------------------------------------------


def binders(statement: str) -> list[tuple[int, int]]:
    """Spans of the bracketed groups before the statement's colon."""
    found, depth, start = [], 0, 0
    for token in tokens(statement):
        if token.kind == "bracket":
            start = token.start if depth == 0 else start
            depth += 1 if token.text in OPEN else -1
            if depth == 0:
                found.append((start, token.end))
        elif token.text == ":" and depth == 0:
            break
    return found


def drop_binder(rng: random.Random, proof: Proof, pool: Pools) -> Proof | None:
    found = binders(proof.statement)
    if not found:
        return None
    start, end = rng.choice(found)
    return replace(proof, statement=proof.statement[:start] + proof.statement[end:].lstrip())


def reorder_binders(rng: random.Random, proof: Proof, pool: Pools) -> Proof | None:
    found = binders(proof.statement)
    if len(found) < 2:
        return None
    i = rng.randrange(len(found) - 1)
    (a, b), (c, d), text = found[i], found[i + 1], proof.statement
    return replace(proof, statement=text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:])


def negate(rng: random.Random, proof: Proof, pool: Pools) -> Proof | None:
    """`¬` before the conclusion, or before a hypothesis."""
    depth, colons = 0, []
    for token in tokens(proof.statement):
        if token.kind == "bracket":
            depth += 1 if token.text in OPEN else -1
        if token.text == ":":
            colons.append((depth, token.end))
            if depth == 0:
                break
    if not colons:
        return None
    depth, at = rng.choice(colons)
    statement = proof.statement
    end = len(statement) if depth == 0 else at + statement[at:].find(")")
    return replace(
        proof, statement=f"{statement[:at]} ¬ ({statement[at:end].strip()}){statement[end:]}"
    )


def rename(rng: random.Random, proof: Proof, pool: Pools) -> Proof | None:
    """One of the variables named before the statement's colon, there and in the body."""
    bound = [t for start, end in binders(proof.statement) for t in group(proof, start, end)]
    if not bound:
        return None
    old = rng.choice(bound)
    new = rng.choice(("x", "y'", "hyp₁", "«a b»", "α", "Nat", old + "'"))

    def renamed(text: str) -> str:
        hits = [t for t in tokens(text) if t.kind == "name" and t.text.split(".")[0] == old]
        return put(text, *((t, new + t.text[len(old) :]) for t in hits))

    return replace(proof, statement=renamed(proof.statement), body=renamed(proof.body))


def group(proof: Proof, start: int, end: int) -> list[str]:
    names, _, _ = proof.statement[start + 1 : end].partition(":")
    return [t.text for t in tokens(names) if t.kind == "name"]


def term(rng: random.Random, proof: Proof, pool: Pools) -> Proof | None:
    """The whole proof inside something that changes nothing, or one closing tactic instead."""
    shape = rng.choice(("({})", "by\n  exact (\n{})", "show _ from\n{}", "id\n({})"))
    if rng.random() < 0.5:
        return replace(proof, body=f"by {rng.choice(CLOSERS)}")
    body = "\n".join(f"    {row}" for row in proof.body.splitlines())
    return replace(proof, body=shape.format(body))


MUTATORS: dict[str, Mutator] = {
    "delete a token": either(delete),
    "duplicate a token": either(duplicate),
    "swap neighbours": either(swap),
    "another token of the kind": either(exchange),
    "another tactic": either(tactic, 0.0),
    "another numeral": either(numeral, 0.6),
    "another lemma name": either(lemma, 0.1),
    "truncate": either(truncate, 0.2),
    "leave out a line": either(line, 0.0),
    "drop a binder": drop_binder,
    "negate": negate,
    "reorder binders": reorder_binders,
    "rename a variable": rename,
    "swap operands": either(operands, 0.7),
    "swap list items": either(items, 0.1),
    "parentheses": either(parentheses),
    "idle tactic": either(idle, 0.0),
    "another shape of proof": term,
}
TRIES = 40
"""Draws for one mutant after which a proof is held to have no more."""


def mutants_of(proof: Proof, pool: Pools, seed: int) -> Iterator[Mutant]:
    """Different mutants of one proof, until it has no more."""
    rng = random.Random(f"{seed}:{proof.name}")
    seen = {(proof.statement, proof.body)}
    names = list(MUTATORS)
    while True:
        for _ in range(TRIES):
            name = rng.choice(names)
            new = MUTATORS[name](rng, proof, pool)
            if new is not None and (new.statement, new.body) not in seen:
                seen.add((new.statement, new.body))
                yield Mutant(proof, name, new)
                break
        else:
            return


def choose(proofs: list[Proof], number: int, seed: int) -> list[Mutant]:
    """`number` mutants, spread evenly over the proofs; those of one proof stand together."""
    pool = pools(proofs)
    streams = [mutants_of(proof, pool, seed) for proof in proofs]
    found: list[list[Mutant]] = [[] for _ in proofs]
    left = number
    while left:
        before = left
        for stream, own in zip(streams, found, strict=True):
            if left and (mutant := next(stream, None)) is not None:
                own.append(mutant)
                left -= 1
        if left == before:
            break  # every proof is exhausted
    return [mutant for own in found for mutant in own]
