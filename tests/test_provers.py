"""The portfolio: which scripts a goal gets, in which order."""

from __future__ import annotations

import asyncio

from goals_by_hand import goal, hyp, said, var

from prover.diophantine import product_and_numeral
from prover.graph_nodes import GoalNode, Record, Records, candidate_digest
from prover.premises import Premise
from prover.provers import Portfolio
from prover.scripts import with_premises
from prover.types import Candidate, Goal


def proposed(about: Goal, records: Records | None = None, learns: bool = True) -> list[Candidate]:
    node = GoalNode(about)
    return asyncio.run(said(Portfolio(learns=learns).propose(node, 0, records or {})))


def bodies(about: Goal) -> list[str]:
    return [c.body for c in proposed(about)]


def using(about: Goal, text: str) -> list[str]:
    return [b for b in bodies(about) if text in b]


PLAIN = goal("a + b = b + a", "Eq", var("a", "Nat"), var("b", "Nat"))
SHAPES = [
    PLAIN,
    goal("p ∧ q", "And", var("p", "Prop"), hyp("h", "q ∧ p", "And")),
    goal("x * x % 3 ≠ 2", "Ne", var("x", "Int")),
    goal("f n = 2 * n", "Eq", var("n", "Nat"), definitions=("f",)),
    goal("(b && c) = (c && b)", "Eq", var("b", "Bool"), var("c", "Bool")),
    goal("x = 3", "Eq", var("x", "Nat"), hyp("h1", "x < 12", "LT.lt"), hyp("h2", "x > 2", "GT.gt")),
    goal("∃ x, x > n", "Exists", var("n", "Nat")),
    goal("False", "False", hyp("h", "∃ x, x < x", "Exists"), hyp("g", "a ∨ b", "Or")),
]


def test_every_goal_gets_the_plain_automation_and_cheap_ones_first() -> None:
    for shape in SHAPES:
        first = [b.removeprefix("by\n  ") for b in bodies(shape)]
        assert {"omega", "simp", "grind", "rfl"} <= set(first)
        assert first.index("omega") < first.index("grind")


def test_candidates_are_bodies_that_differ_and_say_who_wrote_them() -> None:
    for shape in SHAPES:
        found = proposed(shape)
        digests = [candidate_digest(c) for c in found]
        assert len(set(digests)) == len(digests)
        for candidate in found:
            assert candidate.body.startswith("by\n  ") and candidate.by.startswith("portfolio:")
            assert "sorry" not in candidate.body and "native" not in candidate.body
            assert not candidate.lemmas


def test_the_order_is_the_same_each_time_and_learns_from_what_came_of_it() -> None:
    assert proposed(PLAIN) == proposed(PLAIN)
    names = [c.by for c in proposed(PLAIN)]
    won = {"portfolio:grind": Record(tries=20, wins=18, judged=20, seconds=4.0)}
    learnt = [c.by for c in proposed(PLAIN, won)]
    assert sorted(learnt) == sorted(names), "records order, they do not choose"
    assert learnt[0] == "portfolio:grind" != names[0]
    lost = {"portfolio:omega": Record(tries=50, wins=0, judged=50, seconds=5.0)}
    assert proposed(PLAIN, lost)[-1].by == "portfolio:omega"
    dear = {"portfolio:grind": Record(tries=20, wins=18, judged=20, seconds=4000.0)}
    assert proposed(PLAIN, dear)[0].by != "portfolio:grind", "time counts too"
    fixed = [c.by for c in proposed(PLAIN, learns=False)]
    assert fixed == [c.by for c in proposed(PLAIN, won, learns=False)]


def test_definitions_of_the_header_are_named() -> None:
    with_header = goal("f (g n) = n", "Eq", var("n", "Nat"), definitions=("f", "g"))
    assert using(with_header, "simp [f, g]") and using(with_header, "grind [f, g]")
    assert not any("[f" in b for b in bodies(PLAIN))


def test_variables_of_finite_types_are_split() -> None:
    booleans = goal("(b && c) = (c && b)", "Eq", var("b", "Bool"), var("c", "Bool"))
    assert using(booleans, "cases b")
    assert not using(PLAIN, "cases a"), "a number has too many shapes"


def test_hypotheses_are_used() -> None:
    about = goal("b", "", hyp("h", "a ∧ b", "And"))
    assert using(about, "h") and not using(PLAIN, "assumption")


def test_arithmetic_modulo_a_numeral_gets_residues() -> None:
    squares = goal("x * x % 3 ≠ 2", "Ne", var("x", "Int"))
    assert using(squares, "% 3 = 2")
    assert not using(PLAIN, "%")


def test_a_factor_of_a_numeral_is_one_of_its_divisors() -> None:
    assert product_and_numeral("(n - 1) * n = 12") == (["(n - 1)", "n"], 12)
    assert product_and_numeral("12 = a * b") == (["a", "b"], 12)
    for other in ("a * b + 1 = 12", "a = 12", "a * b = c", "a * b = 1", "a * b = 99999", "p"):
        assert product_and_numeral(other) is None
    factored = goal("a < 9", "LT.lt", var("a", "Nat"), var("b", "Int"), hyp("h", "a * b = 6", "Eq"))
    for_a, for_b = using(factored, "[1, 2, 3, 6]")
    assert "hd : a ∣ 6" in for_a and "natAbs" not in for_a.split("simp only")[0]
    assert "(b).natAbs < 7" in for_b and for_b.count("(hm | hm)") == 4


def test_names_are_given_to_what_the_statement_quantifies() -> None:
    about = goal("x < y", "LT.lt", var("x", "Nat"), var("y", "Nat"), intros=("x", "y"))
    assert all(b.startswith("by\n  intro x y\n") for b in bodies(about))


PREMISES = [
    Premise("A.eq", 0, "Eq"),
    Premise("A.le", 2, "LE.le"),
    *(Premise(f"A.more_{i}", 1, "Iff") for i in range(9)),
]


def test_premises_are_applied_and_equations_rewritten_with() -> None:
    (script,) = with_premises(PREMISES)
    assert "(apply A.le <;> " in script.text and "(apply A.more_8 <;> " in script.text
    assert "(rw [← A.eq] <;> " in script.text and "rw [A.le]" not in script.text


def test_premises_come_behind_the_plain_automation() -> None:
    node = GoalNode(PLAIN)
    offered = asyncio.run(said(Portfolio(lambda goal: PREMISES).propose(node, 0, {})))
    by = [candidate.by for candidate in offered]
    assert by.index("portfolio:grind") < by.index("portfolio:premise")


def test_without_premises_the_portfolio_is_what_it_was() -> None:
    without = asyncio.run(said(Portfolio(lambda goal: []).propose(GoalNode(PLAIN), 0, {})))
    assert without == proposed(PLAIN)
    assert not [c for c in without if "premise" in c.by]
