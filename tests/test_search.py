"""What the search decides, on graphs folded from hand-written events."""

from __future__ import annotations

from dataclasses import asdict, replace

from run_events import PROVED, REJECTED, Writer, inconclusive

from prover.config import Caps, SearchConfig
from prover.graph import ProofGraph
from prover.graph_nodes import candidate_digest, sketch_digest
from prover.repair import Repair
from prover.search import (
    MOST_REPAIRS,
    PATIENCE,
    PROBE,
    REFUTE_AFTER,
    REFUTING,
    Action,
    Agenda,
    Agendas,
    Asking,
    Refining,
    circular,
    goal_cost,
    next_action,
    repeats_sketch,
    settled,
)
from prover.types import Candidate, Sketch

SAID_ALL = Asking(done=True)
CONFIG = SearchConfig(attempts=10, depth=2, seconds=50.0, refute=False)
OMEGA, SIMP = Candidate("by omega", "portfolio:omega"), Candidate("by simp", "portfolio:simp")
SPLIT = Sketch("by\n  constructor\n  · sorry\n  · sorry", "structural:split")


def opened() -> Writer:
    run = Writer()
    run.start()
    run.root("p", ": A ∧ B")
    return run


def decide(run: Writer, agendas: Agendas | None = None) -> Action | None:
    return next_action(ProofGraph.of(run.events), "p", {} if agendas is None else agendas, CONFIG)


def with_two_holes() -> tuple[Writer, str, str]:
    run = opened()
    run.add("exhausted", goal="p", what="prover")
    left, right = run.sketch("p", 0, SPLIT.by, SPLIT.body, [": A", ": B"])
    return run, left, right


def test_a_goal_is_first_asked_about_then_tried_in_order_then_given_up() -> None:
    run, agendas = opened(), Agendas()
    assert decide(run, agendas) == Action("ask-prover", "p")
    agendas["p"].candidates = [OMEGA, SIMP]
    assert decide(run, agendas) == Action("attempt", "p", candidate=OMEGA)
    agendas["p"].under_way.add(candidate_digest(OMEGA))
    assert decide(run, agendas) == Action("attempt", "p", candidate=SIMP)
    agendas["p"].under_way.add(candidate_digest(SIMP))
    assert decide(run, agendas) is None, "it must wait for what is under way"
    agendas["p"].under_way.clear()
    run.attempt("p", OMEGA.by, REJECTED, OMEGA.body)
    run.attempt("p", SIMP.by, REJECTED, SIMP.body)
    assert decide(run, agendas) == Action("ask-prover", "p"), "it may have more to say"
    agendas["p"].proving.under_way = True
    assert decide(run, agendas) is None
    agendas["p"].proving.advance([1])
    assert decide(run, agendas) == Action("exhausted", "p", what="prover")


def test_proposers_are_asked_one_after_the_other_each_in_its_stages() -> None:
    asking = Asking()
    seen = []
    while not asking.done:
        seen.append((asking.proposer, asking.stage))
        asking.advance([2, 0, 1])
    assert seen == [(0, 0), (0, 1), (2, 0)]
    nobody = Asking()
    nobody.advance([])
    assert nobody.done


def test_what_an_earlier_session_tried_is_not_tried_again() -> None:
    run = opened()
    run.attempt("p", OMEGA.by, REJECTED, OMEGA.body)
    agendas = {"p": Agenda(candidates=[OMEGA, SIMP])}
    assert decide(run, agendas) == Action("attempt", "p", candidate=SIMP)


def test_the_decomposer_comes_after_the_prover() -> None:
    run, agendas = opened(), Agendas()
    run.add("exhausted", goal="p", what="prover")
    assert decide(run, agendas) == Action("ask-decomposer", "p")
    agendas["p"].sketches = [SPLIT]
    assert decide(run, agendas) == Action("sketch", "p", sketch=SPLIT)
    agendas["p"].under_way.add(sketch_digest(SPLIT))
    assert decide(run, agendas) is None
    agendas["p"].under_way.clear()
    agendas["p"].sketches = []
    agendas["p"].decomposing = SAID_ALL
    assert decide(run, agendas) == Action("exhausted", "p", what="decomposer")


def test_what_provers_models_said_is_asked_for_again_in_a_resumed_run() -> None:
    """Their answers may be sketches too, and were in the memory of the process that is gone."""
    run = opened()
    answer = replace(OMEGA, sample="p#seven.0.0.0")
    run.add("attempt", goal="p", candidate=asdict(answer), verdict=asdict(REJECTED))
    run.add("exhausted", goal="p", what="prover")
    assert decide(run, {"p": Agenda(proving=SAID_ALL)}) == Action("ask-decomposer", "p")
    assert decide(run) == Action("ask-prover", "p")
    assert decide(run, {"p": Agenda(proving=Asking(under_way=True))}) is None
    given_up = opened()
    given_up.add("exhausted", goal="p", what="prover")
    sketch = asdict(replace(SPLIT, sample="p#large.0.0.0"))
    event = {"goal": "p", "sketch_id": "p/0", "holes": [], "goals": []}
    given_up.add("sketch", **event, sketch=sketch, verdict=asdict(REJECTED))
    assert decide(given_up) == Action("ask-decomposer", "p"), "no prover was asked"


def test_a_proof_found_while_a_decomposer_is_asked_is_tried() -> None:
    run = opened()
    run.add("exhausted", goal="p", what="prover")
    agendas = {"p": Agenda(candidates=[OMEGA], decomposing=Asking(under_way=True))}
    assert decide(run, agendas) == Action("attempt", "p", candidate=OMEGA)
    run.attempt("p", OMEGA.by, REJECTED, OMEGA.body)
    assert decide(run, agendas) is None


def test_holes_are_tried_before_anything_is_decomposed_further() -> None:
    run, left, right = with_two_holes()
    agendas = {"p": Agenda(sketches=[SPLIT, Sketch("by\n  skip\n  sorry", "x")])}
    first = decide(run, agendas)
    assert first is not None and first.kind == "ask-prover"
    agendas[left] = Agenda(candidates=[OMEGA])
    agendas[right] = Agenda(candidates=[OMEGA])
    chosen = decide(run, agendas)
    assert chosen is not None and chosen.kind == "attempt" and chosen.goal in (left, right)


def test_lean_need_not_wait_for_models_nor_they_for_it() -> None:
    run, left, right = with_two_holes()
    run.attempt(left, SIMP.by, REJECTED, SIMP.body)
    busy = Agenda(decomposing=Asking(under_way=True))
    agendas = {"p": busy, right: Agenda(candidates=[SIMP, OMEGA])}
    run.attempt(right, SIMP.by, REJECTED, SIMP.body)
    graph = ProofGraph.of(run.events)
    ask, attempt = Action("ask-prover", left), Action("attempt", right, candidate=OMEGA)
    assert next_action(graph, "p", agendas, CONFIG) == ask, "the better one"
    assert next_action(graph, "p", agendas, CONFIG, lambda a: a != ask) == attempt
    assert next_action(graph, "p", agendas, CONFIG, lambda a: False) == ask, "there is one"


def test_a_proved_hole_makes_its_sibling_cheaper() -> None:
    run, left, right = with_two_holes()
    before = goal_cost(ProofGraph.of(run.events), right)
    run.attempt(left, OMEGA.by, PROVED, OMEGA.body)
    after = ProofGraph.of(run.events)
    assert goal_cost(after, right) < before
    assert goal_cost(after, "p") == 0.0


def test_holes_of_a_later_sketch_cost_more() -> None:
    run, left, _ = with_two_holes()
    (late,) = run.sketch("p", 1, "structural:other", "by\n  skip\n  sorry", [": C"])
    graph = ProofGraph.of(run.events)
    assert goal_cost(graph, late) > goal_cost(graph, left) > goal_cost(graph, "p")


def test_holes_that_resist_make_their_sketch_dearer_if_wanted() -> None:
    run, left, _ = with_two_holes()
    (late,) = run.sketch("p", 1, "structural:other", "by\n  skip\n  sorry", [": C"])
    for i in range(PROBE):
        run.attempt(left, "x", REJECTED, f"by x{i}")
    graph = ProofGraph.of(run.events)
    assert goal_cost(graph, late, "order") > goal_cost(graph, left, "order")
    assert goal_cost(graph, late, "holes") < goal_cost(graph, left, "holes")


def test_the_likeliest_sketch_is_the_cheapest_if_wanted() -> None:
    run, left, _ = with_two_holes()
    (late,) = run.sketch("p", 1, "big:sketch", "by\n  skip\n  sorry", [": C"], logprob=-0.1)
    graph = ProofGraph.of(run.events)
    first, second = graph.sketches_of("p")
    assert (first.sketch.logprob, second.sketch.logprob) == (None, -0.1)
    (likely,) = run.sketch("p", 2, "big:sketch", "by\n  skip;\n  sorry", [": D"], logprob=-0.01)
    graph = ProofGraph.of(run.events)
    assert goal_cost(graph, likely, "order") > goal_cost(graph, late, "order")
    assert goal_cost(graph, likely, "logprob") < goal_cost(graph, late, "logprob")
    assert goal_cost(graph, first.holes[0].goal, "logprob") > goal_cost(graph, late, "logprob"), (
        "unknown is last"
    )


def test_nothing_is_decomposed_below_the_depth() -> None:
    run, left, right = with_two_holes()
    for goal in (left, right):
        run.add("exhausted", goal=goal, what="prover")
    run.add("exhausted", goal="p", what="decomposer")
    for depth, kind in ((1, "exhausted"), (2, "ask-decomposer")):
        config = SearchConfig(depth=depth, refute=False)
        action = next_action(ProofGraph.of(run.events), "p", {}, config)
        assert action is not None and action.kind == kind, depth


def test_a_goal_like_one_that_was_given_up_is_not_tried() -> None:
    run, left, right = with_two_holes()
    run.add("exhausted", goal=left, what="prover")
    run.add("exhausted", goal=left, what="decomposer")
    (twin,) = run.sketch("p", 1, "structural:other", "by\n  skip\n  sorry", [": A"])
    action = decide(run, {"p": Agenda(decomposing=SAID_ALL)})
    assert action in (
        Action("exhausted", twin, what="prover"),
        Action("exhausted", "p", what="decomposer"),
    )


def test_what_is_undecided_is_retried_once_at_the_end_with_more() -> None:
    run = opened()
    run.attempt("p", OMEGA.by, inconclusive("heartbeats"), OMEGA.body)
    agendas = {"p": Agenda(candidates=[OMEGA, SIMP])}
    assert decide(run, agendas) == Action("attempt", "p", candidate=SIMP)
    run.attempt("p", SIMP.by, REJECTED, SIMP.body)
    run.add("exhausted", goal="p", what="prover")
    (hole,) = run.sketch("p", 0, "structural:x", "by\n  skip\n  sorry", [": A"])
    for goal in ("p", hole):
        run.add("exhausted", goal=goal, what="decomposer")
    run.add("exhausted", goal=hole, what="prover")
    assert decide(run, agendas) is None, "a dead root has nothing left"
    run = opened()
    run.attempt("p", OMEGA.by, inconclusive("heartbeats"), OMEGA.body)
    run.add("exhausted", goal="p", what="prover")
    sketched = {"p": Agenda(candidates=[OMEGA], sketches=[SPLIT])}
    sketched["p"].under_way.add(sketch_digest(SPLIT))
    assert decide(run, sketched) is None, "what is new first"
    sketched["p"].under_way.clear()
    run.add(
        "sketch", goal="p", sketch_id="p/0", sketch=asdict(SPLIT), verdict=asdict(REJECTED),
        holes=[], goals=[],
    )  # fmt: skip
    assert decide(run, sketched) == Action("ask-decomposer", "p")
    sketched["p"].decomposing = SAID_ALL
    again = decide(run, sketched)
    assert again == Action("attempt", "p", candidate=OMEGA, again=True)
    sketched["p"].under_way.add(candidate_digest(OMEGA))
    assert decide(run, sketched) is None, "not given up while it is tried"
    sketched["p"].under_way.clear()
    run.attempt("p", OMEGA.by, inconclusive("heartbeats"), OMEGA.body)
    assert decide(run, sketched) == Action("exhausted", "p", what="decomposer")


def test_a_goal_that_has_cost_its_share_is_given_up() -> None:
    run, agendas = opened(), {"p": Agenda(candidates=[OMEGA, SIMP])}
    run.attempt("p", "x", REJECTED, "by x")
    few = CONFIG.model_copy(update={"goal": Caps(attempts=1)})
    graph = ProofGraph.of(run.events)
    assert next_action(graph, "p", agendas, CONFIG) == Action("attempt", "p", candidate=OMEGA)
    assert next_action(graph, "p", agendas, few) == Action("exhausted", "p", what="prover")
    run.exhaust("p")
    assert next_action(ProofGraph.of(run.events), "p", agendas, few) is None


def test_a_sketch_may_not_owe_what_stands_above_it() -> None:
    run, left, _ = with_two_holes()
    graph = ProofGraph.of(run.events)
    root, own = graph.goals["p"].goal.key, graph.goals[left].goal.key
    assert circular(graph, left, [root])
    assert circular(graph, left, ["other", own])
    assert not circular(graph, left, ["other", "key:: B"]), "a sibling is no ancestor"
    assert not circular(graph, left, [])


def test_a_sketch_that_owes_the_same_as_another_repeats_it() -> None:
    run, _, _ = with_two_holes()
    graph = ProofGraph.of(run.events)
    assert repeats_sketch(graph, "p", ["key:: B", "key:: A"])
    assert not repeats_sketch(graph, "p", ["key:: A"])
    assert not repeats_sketch(graph, "p", ["key:: A", "key:: A"])


def mended(number: int, by: str = "repair:seven:sample") -> Repair:
    return Repair(Sketch(f"by\n  simp [f{number}]\n  sorry", by), 0.1 * number)


def test_repairs_stand_beside_the_decomposers_sketches() -> None:
    """Neither crowds out the other, and there are a few of them at most."""
    run, agendas = opened(), Agendas()
    run.add("exhausted", goal="p", what="prover")
    agendas["p"] = Agenda(repairs=[mended(n) for n in range(MOST_REPAIRS + 2)])
    assert decide(run, agendas) == Action("ask-decomposer", "p"), "what it says may be cheaper"
    agendas["p"].sketches = [replace(SPLIT, body=f"{SPLIT.body} -- {n}") for n in range(6)]
    agendas["p"].decomposing = SAID_ALL
    order = []
    while (action := decide(run, agendas)) is not None and action.kind == "sketch":
        assert action.sketch is not None
        order.append(action.sketch.by.partition(":")[0])
        agendas["p"].under_way.add(sketch_digest(action.sketch))
    assert order == ["structural", "repair"] * MOST_REPAIRS + ["structural"] * 2
    agendas["p"].under_way.clear()
    shallow = replace_depth(run, CONFIG.depth)
    last = next_action(shallow, "p", agendas, CONFIG)
    assert last is not None and last.kind == "exhausted", "too deep for any sketch"


def replace_depth(run: Writer, depth: int) -> ProofGraph:
    graph = ProofGraph.of(run.events)
    node = graph.goals["p"]
    node.goal = replace(node.goal, depth=depth)
    return graph


def test_a_repair_comes_before_new_samples() -> None:
    """What failed is cut, the holes have their first attempts, and only then the model is asked."""
    run, agendas = opened(), Agendas()
    answer = Candidate("by\n  simp\n  foo", "seven:sample", sample="p#seven.0.0.0")
    run.add("attempt", goal="p", candidate=asdict(answer), verdict=asdict(REJECTED))
    agendas["p"] = Agenda(candidates=[answer], proving=Asking(stage=1))
    assert decide(run, agendas) == Action("ask-prover", "p")
    agendas["p"].repairs = [mended(1, "repair:seven:sample")]
    action = decide(run, agendas)
    assert action is not None and action.sketch == agendas["p"].repairs[0].made
    (hole,) = run.sketch("p", 1, "repair:seven:sample", agendas["p"].repairs[0].made.body, [": A"])
    assert decide(run, agendas) == Action("ask-prover", hole)
    agendas[hole].proving = Asking(proposer=1)
    assert decide(run, agendas) == Action("ask-prover", hole), "the proof store had nothing to say"
    agendas[hole].proving.stage, agendas[hole].candidates = 1, [OMEGA]
    assert decide(run, agendas) == Action("attempt", hole, candidate=OMEGA)
    agendas[hole].under_way.add(candidate_digest(OMEGA))
    assert decide(run, agendas) is None, "the hole may be closed by what is under way"
    for number in range(PATIENCE):
        run.attempt(hole, "portfolio:omega", REJECTED, f"by omega -- {number}")
    assert decide(run, agendas) == Action("ask-prover", "p")


def test_a_goals_repairs_do_not_make_its_other_sketches_dearer() -> None:
    run = opened()
    run.add("exhausted", goal="p", what="prover")
    (hole,) = run.sketch("p", 0, "truncate:portfolio:simp", "by\n  simp\n  sorry", [": C"])
    left, _ = run.sketch("p", 1, SPLIT.by, SPLIT.body, [": A", ": B"])
    alone, first, _ = with_two_holes()
    assert goal_cost(ProofGraph.of(run.events), left) == goal_cost(
        ProofGraph.of(alone.events), first
    )
    assert goal_cost(ProofGraph.of(run.events), hole) > 1.0


REFUTING_TOO = CONFIG.model_copy(update={"refute": True})


def wary(run: Writer, agendas: Agendas | None = None) -> Action | None:
    agendas = {} if agendas is None else agendas
    return next_action(ProofGraph.of(run.events), "p", agendas, REFUTING_TOO)


def resist(run: Writer, goal: str, times: int = REFUTE_AFTER) -> None:
    for i in range(times):
        run.attempt(goal, "x", REJECTED, f"by x{i}")


def test_what_resists_a_few_attempts_is_tested_once() -> None:
    run = opened()
    resist(run, "p", REFUTE_AFTER - 1)
    assert wary(run, {"p": Agenda(candidates=[OMEGA])}) == Action("attempt", "p", candidate=OMEGA)
    run.attempt("p", SIMP.by, REJECTED, SIMP.body)
    agendas = {"p": Agenda(candidates=[OMEGA])}
    assert wary(run, agendas) == Action("refute", "p")
    assert decide(run, agendas) == Action("attempt", "p", candidate=OMEGA), "it can be left out"
    agendas["p"].under_way.add(REFUTING)
    assert wary(run, agendas) is None, "its answer is waited for"
    agendas["p"].under_way.clear()
    run.add("exhausted", goal="p", what="refuter")
    assert wary(run, agendas) == Action("attempt", "p", candidate=OMEGA)


def test_a_goal_whose_prover_has_nothing_to_say_is_tested_before_it_is_decomposed() -> None:
    run = opened()
    run.add("exhausted", goal="p", what="prover")
    assert wary(run) == Action("refute", "p")
    run.add("exhausted", goal="p", what="refuter")
    assert wary(run) == Action("ask-decomposer", "p")


def test_what_follows_from_a_tested_goal_is_not_tested_again() -> None:
    for invertible in (True, False):
        run, left, right = with_two_holes()
        run.events[-1].data["sketch"]["invertible"] = invertible
        run.add("exhausted", goal="p", what="refuter")
        run.add("exhausted", goal="p", what="decomposer")
        resist(run, left)
        run.add("exhausted", goal=right, what="prover")
        run.add("exhausted", goal=right, what="refuter")
        action = wary(run)
        assert (action == Action("refute", left)) == (not invertible)


def test_goals_that_are_the_same_are_tested_once_unless_one_was_refuted() -> None:
    run, left, right = with_two_holes()
    run.add("exhausted", goal=left, what="refuter")
    run.add("exhausted", goal="p", what="refuter")
    run.add("exhausted", goal="p", what="decomposer")
    (twin,) = run.sketch("p", 1, "structural:other", "by\n  skip\n  sorry", [": A"])
    for goal in (right, left):
        run.add("exhausted", goal=goal, what="decomposer")
        run.add("exhausted", goal=goal, what="prover")
    resist(run, twin)
    action = wary(run)
    assert action is not None and action.kind != "refute"
    run, left, right = with_two_holes()
    run.add("exhausted", goal="p", what="refuter")
    run.add("exhausted", goal="p", what="decomposer")
    run.refute(left, PROVED, "n = 0")
    (twin,) = run.sketch("p", 1, "structural:other", "by\n  skip\n  sorry", [": A"])
    assert wary(run) == Action("refute", twin)


def test_a_refuted_problem_is_settled_and_a_contradiction_too() -> None:
    run = opened()
    assert settled(ProofGraph.of(run.events), "p") == ""
    run.refute("p", PROVED, "n = 3")
    graph = ProofGraph.of(run.events)
    assert settled(graph, "p") == "refuted: n = 3"
    assert wary(run) is None
    run.attempt("p", OMEGA.by, PROVED, OMEGA.body)
    assert settled(ProofGraph.of(run.events), "p") == "both proved and refuted: p"


PLAN = Sketch("by\n  have h : A := by sorry\n  x", "large:sketch", "p#large.0.0.0")


def planned() -> tuple[Writer, str]:
    """A model's sketch of `p` is worked on."""
    run = opened()
    run.add("exhausted", goal="p", what="prover")
    (hole,) = run.sketch("p", 0, PLAN.by, PLAN.body, [": A"], sample=PLAN.sample)
    run.add("exhausted", goal=hole, what="prover")
    return run, hole


def refiner(most: int = 1, stages: int = 2) -> Agenda:
    return Agenda(sketches=[PLAN], decomposing=SAID_ALL, refining={"large": Refining(most, stages)})


def test_a_failed_sketch_is_refined_before_its_goal_is_given_up() -> None:
    run, hole = planned()
    agendas = {"p": refiner(), hole: Agenda(decomposing=SAID_ALL)}
    assert decide(run, agendas) == Action("exhausted", hole, what="decomposer")
    agendas[hole].under_way.add("x")
    assert decide(run, agendas) is None, "the sketch may fail yet, and is refined then"
    run.add("exhausted", goal=hole, what="decomposer")
    refine = Action("refine", "p", what="large")
    assert decide(run, agendas) == refine
    large = agendas["p"].refining["large"]
    large.under_way = True
    assert decide(run, agendas) is None and agendas["p"].asking
    large.advance()
    assert decide(run, agendas) == refine, "what Lean said of the answers is still to be told"
    large.advance()
    assert decide(run, agendas) == Action("exhausted", "p", what="decomposer")


def test_nobody_waits_for_a_sketch_that_will_not_be_refined() -> None:
    run, hole = planned()
    busy = Agenda(decomposing=SAID_ALL, under_way={"x"})
    agendas = {"p": refiner(most=0), hole: busy}
    assert decide(run, agendas) == Action("exhausted", "p", what="decomposer")
    done = refiner()
    done.refining["large"].begun = 1
    assert decide(run, {"p": done, hole: busy}) == Action("exhausted", "p", what="decomposer")


def test_a_refinement_waits_for_its_model_to_be_asked_again() -> None:
    """In a resumed run: the model's own words are needed."""
    run, hole = planned()
    run.add("exhausted", goal=hole, what="decomposer")
    assert decide(run, {"p": Agenda()}) == Action("ask-decomposer", "p")
    early = Agenda(refining={"large": Refining(1, 1)})
    assert decide(run, {"p": early}) == Action("ask-decomposer", "p")


def test_a_refinement_comes_before_later_sketches() -> None:
    run, hole = planned()
    run.add("exhausted", goal=hole, what="decomposer")
    agendas = {"p": refiner(most=9)}
    agendas["p"].sketches += [SPLIT]
    assert decide(run, agendas) == Action("refine", "p", what="large")
    agendas["p"].refining["large"].begun = 1
    assert decide(run, agendas) == Action("sketch", "p", sketch=SPLIT), (
        "one failed, one was refined"
    )
