"""Terms as trees: what is written reads back, and a common form has both as instances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.growing.terms import Apart, Table, Term, Unread, generalised, put, read

ATOMS = st.sampled_from(["a", "b", "0", "1", "12"]).map(Term)


def combined(terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    pair = st.tuples(terms, terms)
    return st.one_of(
        st.builds(Term, st.sampled_from(["+", "-", "*", "%", "^", "::", "++"]), pair),
        st.builds(lambda x: Term("-", (x,)), terms),
        st.builds(Term, st.sampled_from(["f", "Nat.gcd", ".gcd", "⟨⟩", "[]", ""]), pair),
        st.builds(lambda x: Term(".length", (x,)), terms),
    )


TERMS = st.recursive(ATOMS, combined, max_leaves=12)
RELATIONS = st.builds(Term, st.sampled_from(["=", "≤", "∣", "≠"]), st.tuples(TERMS, TERMS))


def joined_claims(claims: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    quantified = st.builds(
        lambda kind, body: Term(f"{kind} x9", (Term("Nat"), body)), st.sampled_from("∀∃"), claims
    )
    both = st.builds(Term, st.sampled_from(["∧", "∨", "→", "↔"]), st.tuples(claims, claims))
    return st.one_of(quantified, both, st.builds(lambda c: Term("¬", (c,)), claims))


CLAIMS = st.recursive(RELATIONS, joined_claims, max_leaves=4)


def numbered(term: Term, depth: int = 1) -> Term:
    """Bound variables by their depth, as reading numbers them."""
    kind, blank, _ = term.head.partition(" ")
    head, inner = (f"{kind} x{depth}", depth + 1) if blank else (term.head, depth)
    return Term(head, tuple(numbered(arg, inner) for arg in term.args))


@given(CLAIMS)
def test_what_is_written_reads_back(claim: Term) -> None:
    wanted = flat(numbered(claim))
    assert read(str(wanted), {"a": "a", "b": "b"}) == wanted


def flat(term: Term) -> Term:
    """As applications are read: `f a b` has one head, however it came about."""
    args = tuple(flat(arg) for arg in term.args)
    if term.head == "" and (not args[0].args or args[0].head == ".length"):
        return Term(args[0].head, (*args[0].args, *args[1:]))
    return Term(term.head, args)


@given(CLAIMS, CLAIMS)
def test_a_common_form_has_both_as_instances(one: Term, two: Term) -> None:
    table: Table = {}
    try:
        both = generalised(one, two, table)
    except Apart:
        return
    assert put(both, {Term(name): pair[0] for pair, name in table.items()}) == one
    assert put(both, {Term(name): pair[1] for pair, name in table.items()}) == two
    assert len(set(table)) == len(table)


@given(TERMS, TERMS)
def test_terms_always_have_a_common_form(one: Term, two: Term) -> None:
    table: Table = {}
    both = generalised(one, two, table)
    assert (both == one) == (not table) == (one == two)


def test_equal_differences_are_one_variable() -> None:
    table: Table = {}
    one, two = (read(f"n + {k} * m = {k} * m + n", {}) for k in (3, 7))
    assert str(generalised(one, two, table)) == "n + u1 * m = u1 * m + n"
    assert table == {(Term("3"), Term("7")): "u1"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("xs.length + ys.head! = 2", ".length(xs)"),
        ("∃ k, n = 2 * k", "∃ x1, n = 2 * x1"),
        ("∀ (m n : Nat), m < n → f m", "∀ (x1 : Nat), ∀ (x2 : Nat), x1 < x2 → f x1"),
        ("(map (fun y => y + 1) xs).length = 1", "(map (fun x1 => x1 + 1) xs).length = 1"),
    ],
)  # fmt: skip
def test_lean_as_it_is_printed(text: str, says: str) -> None:
    found = read(text, {"xs": "xs", "n": "n"})
    assert str(found) == says or Term(".length", (Term("xs"),)) in found.args[0].args


OTHER = ["if a then b else c", "xs[0] = 1", "a +", "(a", "↑a = b", "a b )"]


@pytest.mark.parametrize("text", OTHER)
def test_other_notations_are_refused(text: str) -> None:
    with pytest.raises(Unread):
        read(text, {})


def test_propositions_and_bound_variables_are_no_common_form() -> None:
    for one, two in (("a = b ∧ c = d", "a < b ∧ c = d"), ("∃ k, n = k + 1", "∃ k, n = 2 + 1")):
        with pytest.raises(Apart):
            generalised(read(one, {}), read(two, {}), {})
