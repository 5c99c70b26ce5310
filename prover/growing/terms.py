"""Lean's printed terms as trees, and the least general term that several of them are instances of.

Only the core notations that Lean prints for arithmetic, logic, lists and applications are read;
what holds anything else is refused, and simply not generalised. That the tree says what the text
says need not be trusted: whatever is made of it is put to Lean as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<word>[^\W\d][\w.'!?]*|\d+|_)"
    r"|(?P<mark>=>|\|\||&&|==|!=|::|\+\+|\.[\w']+[!?]?|[-+*/%^=≠<≤>≥∣∈∉∧∨¬↔→×∘!]|[()\[\]⟨⟩,:∀∃λ]))"
)
INFIX: dict[str, tuple[int, int, int]] = {
    "↔": (20, 21, 21), "→": (25, 26, 25), "∨": (30, 31, 30), "∧": (35, 36, 35),
    "||": (30, 30, 31), "&&": (35, 35, 36), "×": (35, 36, 35),
    **{relation: (50, 51, 51) for relation in ("=", "≠", "<", "≤", ">", "≥", "∣", "∈", "∉")},
    "==": (50, 51, 51), "!=": (50, 51, 51), "::": (67, 68, 67), "++": (65, 65, 66),
    "+": (65, 65, 66), "-": (65, 65, 66), "*": (70, 70, 71), "/": (70, 70, 71),
    "%": (70, 70, 71), "^": (75, 76, 75), "∘": (90, 91, 90),
}  # fmt: skip
"""Precedence of each operator and of what may stand at its left and right (Lean's Prelude)."""
PREFIX = {"¬": (40, 40), "!": (40, 40), "-": (75, 75)}
APPLIED, ATOM = 1022, 1024
QUANTIFIERS = ("∀", "∃", "fun")
PROPOSITIONS = frozenset("↔→∨∧=≠<≤>≥∣∈∉¬") | {"∀", "∃"}
"""Heads of propositions: no variable takes their place."""
CLOSING = {"(": ")", "[": "]", "⟨": "⟩"}
INNER = re.compile(r"x\d+")


class Unread(Exception):
    """Not of the notations that are read here."""


class Apart(Exception):
    """Nothing but a proposition, or a term with bound variables, could be their common form."""


@dataclass(frozen=True)
class Term:
    head: str
    """An operator, a function, `.field`, a bracket, or a quantifier with its variable (`∃ x1`);
    empty for the application of what is no name."""
    args: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return written(self, 0)


# -- reading -----------------------------------------------------------------------------------


def read(text: str, variables: Mapping[str, str]) -> Term:
    """The term, with its free variables under their new names and the bound ones as x1, x2, ...

    Raises Unread.
    """
    reader = Reader(text, dict(variables))
    found = reader.term(0)
    if reader.at < len(reader.tokens):
        raise Unread(f"{text!r} goes on with {reader.tokens[reader.at][0]!r}")
    return found


class Reader:
    """A parser by precedence (Pratt, Top down operator precedence, 1973)."""

    def __init__(self, text: str, names: dict[str, str]) -> None:
        self.tokens = list(tokens(text))
        self.at, self.depth = 0, 0
        self.names = names

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.peek()
        if not found or (wanted and found != wanted):
            raise Unread(f"{wanted or 'more'} is missing before {found!r}")
        self.at += 1
        return found

    def term(self, least: int) -> Term:
        left = self.first(least)
        while (how := INFIX.get(self.peek())) and how[0] >= least:
            operator = self.take()
            left = Term(operator, (left, self.term(how[2])))
        return left

    def first(self, least: int) -> Term:
        token = self.peek()
        if token in QUANTIFIERS or token == "λ":
            return self.bound("fun" if self.take() == "λ" else token)
        if token in PREFIX:
            precedence, inner = PREFIX[self.take()]
            if precedence < least:
                raise Unread(f"{token} without brackets")
            return Term(token, (self.term(inner),))
        return self.application()

    def bound(self, kind: str) -> Term:
        """`∃ a (b : T), P` as one quantifier for each variable."""
        groups = []
        while self.peek() not in (",", "=>"):
            closed = self.peek() == "("
            if closed:
                self.take()
            names = []
            while self.peek() not in (":", ",", "=>", ")", "("):
                names.append(self.take())
            type_ = Term("_")
            if self.peek() == ":":
                self.take()
                type_ = self.term(0)
            if closed:
                self.take(")")
            groups += [(name, type_) for name in names]
            if not names:
                raise Unread("a quantifier without variables")
        self.take()
        return self.under(kind, groups)

    def under(self, kind: str, groups: list[tuple[str, Term]]) -> Term:
        (name, type_), *rest = groups
        self.depth += 1
        fresh, before = f"x{self.depth}", self.names.get(name)
        self.names[name] = fresh
        body = self.under(kind, rest) if rest else self.term(0)
        if before is None:
            del self.names[name]
        else:
            self.names[name] = before
        self.depth -= 1
        return Term(f"{kind} {fresh}", (type_, body))

    def application(self) -> Term:
        function, *args = list(self.arguments())
        if not args:
            return function
        if function.args and not function.head.startswith("."):
            return Term("", (function, *args))
        return Term(function.head, (*function.args, *args))

    def arguments(self) -> Iterator[Term]:
        yield self.atom()
        while self.at < len(self.tokens):
            token, spaced = self.tokens[self.at]
            if token in CLOSING and not spaced:
                raise Unread(f"{token} right behind a term")
            if not (token in CLOSING or is_word(token)):
                return
            yield self.atom()

    def atom(self) -> Term:
        token = self.take()
        if token in CLOSING:
            found = self.bracket(token)
        elif is_word(token) and token not in QUANTIFIERS:
            found = self.word(token)
        else:
            raise Unread(f"{token!r} begins no term")
        while self.peek().startswith(".") and not self.tokens[self.at][1]:
            found = Term(self.take(), (found,))
        return found

    def word(self, token: str) -> Term:
        """A name; of a variable with fields behind it (`xs.length`) the fields of the variable."""
        first, *fields = token.split(".")
        if first not in self.names or token in self.names:
            return Term(self.names.get(token, token))
        found = Term(self.names[first])
        for name in fields:
            found = Term(f".{name}", (found,))
        return found

    def bracket(self, token: str) -> Term:
        items, close = [], CLOSING[token]
        while self.peek() != close:
            items.append(self.term(0))
            if self.peek() == ":" and token == "(":
                self.take()
                items[-1] = Term(":", (items[-1], self.term(0)))
            if self.peek() != close:
                self.take(",")
        self.take(close)
        if token == "(" and len(items) == 1:
            return items[0]
        return Term(token + close, tuple(items))


def tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Each with whether there is a blank before it."""
    at, text = 0, text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Unread(f"unknown notation at {text[at : at + 10]!r}")
        token = match["word"] or match["mark"]
        if token in ("if", "match", "let", "have", "show", "by", "do"):
            raise Unread(f"{token!r} is not read")
        yield token, match.end() - len(token) > at
        at = match.end()


def is_word(token: str) -> bool:
    return bool(token) and (token[0].isalnum() or token[0] == "_")


# -- writing -----------------------------------------------------------------------------------


def written(term: Term, least: int) -> str:
    """As Lean reads it where something of this precedence is wanted."""
    text, precedence = text_of(term)
    return text if precedence >= least else f"({text})"


def text_of(term: Term) -> tuple[str, int]:
    head, args = term.head, term.args
    if not args:
        return head, ATOM
    if head in INFIX and len(args) == 2:
        precedence, left, right = INFIX[head]
        return f"{written(args[0], left)} {head} {written(args[1], right)}", precedence
    if head in PREFIX and len(args) == 1:
        precedence, inner = PREFIX[head]
        return f"{head}{written(args[0], inner)}", precedence
    kind, _, name = head.partition(" ")
    if kind in QUANTIFIERS:
        typed = name if args[0] == Term("_") else f"({name} : {args[0]})"
        return f"{kind} {typed}{' =>' if kind == 'fun' else ','} {args[1]}", 0
    if head == ":":
        return f"({args[0]} : {args[1]})", ATOM
    if head in CLOSED:
        return f"{head[0]}{', '.join(map(str, args))}{head[1]}", ATOM
    return application_of(head, args)


CLOSED = frozenset(opening + close for opening, close in CLOSING.items())


def application_of(head: str, args: tuple[Term, ...]) -> tuple[str, int]:
    if head.startswith("."):
        of, rest = written(args[0], ATOM), args[1:]
        first = f"{of}{head}" if args[0].args or of.isidentifier() else f"({of}){head}"
    elif head:
        first, rest = head, args
    else:
        first, rest = written(args[0], ATOM), args[1:]
    parts = [first, *(written(arg, ATOM) for arg in rest)]
    return " ".join(parts), APPLIED if rest else ATOM


# -- generalising ------------------------------------------------------------------------------


def parts(term: Term) -> Iterator[Term]:
    """The term and all within it, outer ones first."""
    yield term
    for arg in term.args:
        yield from parts(arg)


def put(term: Term, new: Mapping[Term, Term]) -> Term:
    """The term with every part that is a key replaced, outer ones first."""
    if term in new:
        return new[term]
    return Term(term.head, tuple(put(arg, new) for arg in term.args))


def is_inner(term: Term) -> bool:
    """Does it speak of a bound variable, or of the whole of a quantified term?"""
    heads = [part.head for part in parts(term)]
    return any(INNER.fullmatch(head) or " " in head for head in heads)


def is_proposition(term: Term) -> bool:
    return term.head.partition(" ")[0] in PROPOSITIONS and bool(term.args)


Table = dict[tuple[Term, Term], str]
"""Which variable stands for which pair of terms."""


def generalised(one: Term, two: Term, table: Table) -> Term:
    """Their least general generalisation: equal pairs of differing terms become the same variable,
    u1, u2, ... (Plotkin, A note on inductive generalization, Machine Intelligence 5, 1970).

    `table` collects the variables, so that several terms share them. Raises Apart.
    """
    if one == two:
        return one
    if one.head == two.head and len(one.args) == len(two.args) and one.args:
        pairs = zip(one.args, two.args, strict=True)
        return Term(one.head, tuple(generalised(a, b, table) for a, b in pairs))
    if any(is_proposition(t) or is_inner(t) for t in (one, two)):
        raise Apart
    return Term(table.setdefault((one, two), f"u{len(table) + 1}"))
