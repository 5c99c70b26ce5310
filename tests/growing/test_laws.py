"""Laws: clustered by shape, joined, and made more general."""

from __future__ import annotations

from goals_by_hand import goal, hyp, var

from prover.growing.laws import Law, clusters, joined, joins, law, opened, says_something, weaker
from prover.types import Goal


def of(target: str, *binders: str) -> Law:
    """Binders are `n : Nat`; what is no type is a hypothesis."""
    made = []
    for binder in binders:
        name, _, type_ = binder.partition(" : ")
        made.append(var(name, type_) if type_[0].isupper() else hyp(name, type_, "LT.lt"))
    found = law(goal(target, "Eq", *made))
    assert found is not None
    return found


def test_names_do_not_matter_and_what_is_not_used_goes() -> None:
    one = of("n + m = m + n", "n : Nat", "k : Nat", "m : Nat")
    assert one == of("x + y = y + x", "x : Nat", "y : Nat")
    assert one.statement("t") == "theorem t (a : Nat) (b : Nat) : a + b = b + a"


def test_what_cannot_be_read_is_no_law() -> None:
    assert law(goal("if n = 0 then True else False", "ite", var("n", "Nat"))) is None
    lost = Goal("p", "p", "", binders=(var("n✝", "Nat"),), target="n✝ = n✝")
    assert law(lost) is None
    needs_proof = goal("f h = 0", "Eq", hyp("h", "0 < 1", "LT.lt"))
    assert law(needs_proof) is None


def test_clusters_are_of_one_shape() -> None:
    sums = [of(f"n + {k} = {k} + n", "n : Nat") for k in (3, 5)]
    others = [of("n + 3 ≤ 3 + n", "n : Nat"), of("n + 3 = 3 + n", "n : Int")]
    assert clusters([*others, *sums, sums[0]])[0] == sums
    assert [len(cluster) for cluster in clusters([*others, *sums])] == [2, 1, 1]


def test_several_instances_give_one_law() -> None:
    three = [of(f"n ^ {k} * n = n ^ ({k} + 1)", "n : Nat", "h : 0 < n") for k in (3, 5, 9)]
    made = joins(three)
    assert [found.statement("t") for found in made] == [
        "theorem t (a : Nat) (b : _) (h1 : 0 < a) : a ^ b * a = a ^ (b + 1)"
    ]
    assert list(made.values()) == [set(three)]


def test_hypotheses_are_generalised_with_the_target() -> None:
    one, two = (of(f"n < {k} * 2", "n : Nat", f"h : n < {k}") for k in (3, 5))
    made = joined(one, two)
    assert made is not None and str(made.hypotheses[0]) == "a < u1"


def test_an_equation_for_anything_says_nothing() -> None:
    one, two = of("n * 0 = 0", "n : Nat"), of("n * 0 = n - n", "n : Nat")
    made = joined(one, two)
    assert made is not None and not says_something(made)
    assert joins([one, two]) == {}


def test_fewer_hypotheses() -> None:
    found = of("n < m", "n : Nat", "m : Nat", "h : n < 3", "g : 3 < m")
    assert [len(each.hypotheses) for each in weaker(found)] == [0, 1, 1]


def test_numbers_and_what_stands_twice_become_variables() -> None:
    found = of("f (n + m) 2 = f (n + m) 0", "n : Nat", "m : Nat", "f : Nat → Nat → Nat")
    texts = [each.statement("t").split(" : ")[-1] for each in opened(found)]
    assert "a b 2 = a b 0" in texts and len(texts) == 2
