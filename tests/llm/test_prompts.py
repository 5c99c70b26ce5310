"""What each model family is asked, word for word, and how a family is read and refused.

tests/data/prompts/NAME.txt holds all that is sent: every turn begins with a line `--- ROLE`, and
`--- end` closes a question, so that blanks and line breaks at its end show.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from prover.errors import UserError
from prover.graph_nodes import Step
from prover.lean.source import split_declaration
from prover.llm.family import Family, families, load_family
from prover.llm.messages import Sampling
from prover.llm.prompts import (
    Answered,
    Asked,
    Fault,
    Prompt,
    correction,
    first_goal,
    first_request,
    indentation,
    resume,
    script,
    state_comment,
    tiny_row,
)
from prover.llm.replies import parse
from prover.types import Binder, Goal

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "data" / "prompts"
HEADER = """import Mathlib
import Aesop

set_option maxHeartbeats 0

open BigOperators Real Nat Topology Rat

"""
STATEMENT = "theorem sum_of_odds (n : ℕ) (h₀ : 0 < n) :\n    n ^ 2 % 2 = n % 2"
STATE = "case inl\nn : ℕ\nh₀ : 0 < n\nh : n % 2 = 0\n⊢ n ^ 2 % 2 = n % 2"
ASKED = Asked(
    name="sum_of_odds",
    statement=STATEMENT,
    header=HEADER,
    informal="A positive integer and its square have the same parity.",
    state=f"{STATE}\n\ncase inr\nn : ℕ\nh₀ : 0 < n\nh : n % 2 = 1\n⊢ n ^ 2 % 2 = n % 2",
)
MORE = Asked(
    name="twice",
    statement="theorem twice (n : Nat) : double n = n + n",
    header="import Lean\nopen Nat\n\n"
    "def double : Nat → Nat\n  | 0 => 0\n  | n + 1 => double n + 2\n",
    state="n : Nat\n⊢ double n = n + n",
    lemmas=("theorem double_succ (n : Nat) : double (n + 1) = double n + 2", "theorem a : 1 = 1"),
    notes="Lean 4.28 without Mathlib: no `ring` or `norm_num`; use `omega` and `grind`.",
)
CODE = f"""{HEADER}{STATEMENT} := by
  rcases Nat.mod_two_eq_zero_or_one n with h | h
  · rw [Nat.pow_mod, h]
  · simp [Nat.pow_modd, h]
  linarith"""
PREFIX = f"{STATEMENT} := by\n  rcases Nat.mod_two_eq_zero_or_one n with h | h\n"
FAULTS = (
    Fault(
        11, 5, "unsolved goals\n⊢ 0 ^ 2 % 2 = 0\n", ("n : ℕ\nh : n % 2 = 0\n⊢ n ^ 2 % 2 = n % 2",)
    ),
    Fault(12, 11, "Unknown constant `Nat.pow_modd`"),
)
NINE = tuple(Fault(13, 3, f"no goals ({number})") for number in range(9))
ANSWERS = (
    Answered(f"<think>Parity.</think>\n\n```lean4\n{CODE}\n```", CODE, FAULTS),
    Answered(f"Again:\n\n```lean4\n{CODE}\n```\n", CODE, NINE),
)


HOLE = Goal("p/s.1", "p", "theorem s_1 (n : ℕ) (h : 0 < n) : n ^ 2 = n",
            binders=(Binder("n", "ℕ", False), Binder("h", "0 < n", True)),
            target="n ^ 2 = n")  # fmt: skip
STEPS = (
    Step(HOLE, "have even : n % 2 = 0 → n ^ 2 % 2 = 0 := by sorry", "proved"),
    Step(HOLE, "have same : n ^ 2 = n := by\n  sorry", "wrong", "n = 2"),
    Step(HOLE, "have same : n ^ 2 = n := by sorry", "wrong"),
    Step(HOLE, "| succ n ih => sorry", "hard", "9 proofs (portfolio:omega, small:sample)",
         ("n : ℕ\n⊢ n * n = n", "⊢ False")),
    Step(HOLE, "· sorry", "hard", "the same goal was given up elsewhere"),
    Step(HOLE, "sorry", "undecided", "no attempt could be judged (2 timeout)"),
)  # fmt: skip


def shown(prompt: Prompt) -> str:
    turns = [(m.role, m.content) for m in prompt.messages] or [("text", prompt.text)]
    return "\n".join(f"--- {role}\n{text}" for role, text in turns) + "\n--- end\n"


def everything(family: Family) -> str:
    """All that can be asked of a family."""
    parts = {"first": first_request(family, ASKED), "more": first_request(family, MORE)}
    if family.correction:
        parts["correction"] = correction(family, ASKED, ANSWERS)
    if family.refinement:
        failed = replace(ANSWERS[1], faults=(), steps=STEPS)
        parts["refinement"] = correction(family, ASKED, (ANSWERS[0], failed))
    if family.resume:
        parts["resume"] = resume(family, ASKED, PREFIX, STATE)
    return "\n".join(f"===== {title}\n{shown(prompt)}" for title, prompt in parts.items())


def test_every_family_has_its_text() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(families())


@pytest.mark.parametrize("name", families())
def test_what_is_asked_word_for_word(name: str) -> None:
    assert everything(load_family(name)) == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", families())
def test_a_family_is_called_as_its_file_and_says_where_it_comes_from(name: str) -> None:
    family = load_family(name)
    assert family.name == name and len(family.source) > 40


def test_a_prompt_becomes_a_request() -> None:
    family = load_family("deepseek-prover-v2")
    prompt = first_request(family, ASKED)
    sampling = family.sampled(n=4, seed=1, max_tokens=99)
    assert sampling == Sampling(4, 1.0, 0.95, 99, (), 1)
    request = prompt.request("small", sampling)
    assert (request.model, request.messages, request.prompt) == ("small", prompt.messages, "")
    assert not request.go_on
    going_on = resume(family, ASKED, PREFIX, STATE).request("small", sampling)
    assert going_on.go_on and going_on.messages[-1].role == "assistant"
    raw = first_request(load_family("stp"), ASKED).request("small", sampling)
    assert raw.prompt.endswith(":= by") and not raw.messages


def test_a_goal_of_the_search_is_asked_with_its_state() -> None:
    n, h = Binder("n", "Nat", False), Binder("h", "0 < n", True)
    goal = Goal("p/s.1", "p", "theorem s_1 (n : Nat) (h : 0 < n) : n ≠ 0", "open Nat\n",
                binders=(n, h), target="¬n = 0")  # fmt: skip
    asked = Asked.of(goal, notes="core")
    assert (asked.name, asked.header, asked.notes) == ("s_1", "open Nat\n", "core")
    assert asked.state == "n : Nat\nh : 0 < n\n⊢ ¬n = 0"
    under = replace(goal, statement="theorem s_1 (n : Nat) : 0 < n → n ≠ 0", intros=("h",))
    assert Asked.of(under).state == "n : Nat\n⊢ 0 < n → n ≠ 0"


def test_sampling_is_the_family_s_own_but_for_what_is_given() -> None:
    family = load_family("deepseek-prover-v1.5")
    assert family.sampled() == Sampling(1, 1.0, 0.95, 2048, ("```",))
    assert family.sampled(temperature=0.0).temperature == 0.0


def test_thinking_of_earlier_answers_is_kept_where_the_authors_keep_it() -> None:
    kept = correction(load_family("kimina-prover"), ASKED, ANSWERS).messages
    dropped = correction(load_family("chat-prover"), ASKED, ANSWERS).messages
    assert "Parity." in kept[2].content and "Parity." not in dropped[2].content
    assert dropped[2].content.startswith("```lean4")


@pytest.mark.parametrize("name", families())
def test_what_a_family_cannot_do_is_refused(name: str) -> None:
    family = load_family(name)
    with pytest.raises(ValueError):
        correction(family, ASKED, ())
    if not family.correction:
        with pytest.raises(ValueError):
            correction(family, ASKED, ANSWERS)
    if not family.resume:
        with pytest.raises(ValueError):
            resume(family, ASKED, PREFIX, STATE)


CORRECTING = [load_family("goedel-prover-v2"), load_family("kimina-prover")]


@given(st.integers(-3, 40), st.integers(-3, 200), st.text(max_size=30), st.text(max_size=60))
def test_no_fault_is_out_of_reach(line: int, column: int, text: str, code: str) -> None:
    """Places come from Lean and from the file around a body: a wrong one spoils no prompt."""
    answered = Answered(code, code, (Fault(line, column, text, (text,)),))
    for family in CORRECTING:
        assert correction(family, ASKED, [answered]).messages


@pytest.mark.parametrize(
    ("prefix", "column"),
    [
        ("theorem a : 1 = 1 := by\n", 2),
        ("theorem a : 1 = 1 := by\n  simp\n", 2),
        ("theorem a : 1 = 1 := by\n  simp\n    ", 4),
        ("theorem a : 1 = 1 := by\n  have h : 1 = 1 := by\n", 4),
        ("theorem a : 1 = 1 := by\n  induction n with\n  | zero =>\n", 4),
        ("theorem a : 1 = 1 := by\n  · intro x\n    simp\n", 4),
        ("theorem a : 1 = 1 := by\n  · ", 4),
        ("", 2),
    ],
)
def test_what_follows_a_prefix_begins_in_its_column(prefix: str, column: int) -> None:
    assert indentation(prefix) == column


def test_a_state_becomes_a_comment_in_its_place() -> None:
    assert state_comment("", 2) == ""
    assert state_comment("n : Nat\n⊢ n = n\n", 2) == (
        "  /- tactic state:\n    n : Nat\n    ⊢ n = n\n  -/\n"
    )


def test_the_first_goal_of_a_state() -> None:
    assert first_goal("2 goals\ncase a\nn : Nat\n⊢ True\n\ncase b\n⊢ False") == "n : Nat\n⊢ True"
    assert first_goal("⊢ True") == "⊢ True" and first_goal("") == ""


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("by omega", "omega"),
        ("by\n  intro h\n  omega\n", "intro h\nomega"),
        ("by induction n with\n  | zero => rfl\n  | succ n ih =>\n    omega", "induction n with\n"
         "| zero => rfl\n| succ n ih =>\n  omega"),
        ("by exact f\n    x\n   omega", "exact f\n x\nomega"),
        ("by  simp\n    omega", "simp\nomega"),
        ("by exact f\n     x", "exact f\n  x"),
        ("rfl", "exact rfl"),
        ("bySome.name", "exact bySome.name"),
    ],
)  # fmt: skip
def test_a_body_as_a_script(body: str, wanted: str) -> None:
    assert script(body) == wanted


def test_training_and_serving_of_the_small_model_agree() -> None:
    family = load_family("subgoal-tiny")
    body = "by\n  induction n with\n  | zero => rfl\n  | succ n ih =>\n    simp [double]\n    omega"
    question, answer = tiny_row(family, MORE, body)
    prompt = first_request(family, MORE)
    assert question == prompt.text and answer.endswith(f"\n{family.stop[0]}")
    for served in (answer, answer.removesuffix(family.stop[0])):  # a server leaves the stop out
        parsed = parse(family, prompt, served)
        assert split_declaration(parsed.code) == (MORE.statement, body) and parsed.complete


TINY_LINES = st.lists(
    st.builds(
        lambda depth, word: "  " * depth + word,
        st.integers(0, 3),
        st.sampled_from(["omega", "simp [h]", "· rfl", "| zero => rfl", "exact ⟨x, y⟩"]),
    ),
    min_size=1,
    max_size=6,
)


TINY = load_family("subgoal-tiny")


@given(TINY_LINES)
def test_every_body_comes_back_from_its_row(lines: list[str]) -> None:
    family = TINY
    body = "by\n" + "\n".join(f"  {line}" for line in ["skip", *lines])
    parsed = parse(family, first_request(family, MORE), tiny_row(family, MORE, body)[1])
    assert parsed.code == f"{MORE.statement} := {body}"


def test_raw_completion_sees_its_last_answer_and_asks_for_a_whole_one() -> None:
    fault = Fault(2, 3, "`simp` made no progress", ("n : Nat\n⊢ double n = n + n",))
    answers = (Answered("omega\n", "...", ()), Answered("simp\n:::\nmore", "...", (fault,)))
    prompt = correction(TINY, MORE, answers)
    first = first_request(TINY, MORE)
    wanted = "simp\n:::\n`simp` made no progress\nn : Nat\n⊢ double n = n + n\n:::\n"
    assert prompt == replace(first, text=first.text + wanted)  # answers are read as those before
    row = tiny_row(TINY, MORE, "by\n  induction n <;> grind [double]", answers[1])
    assert row == (prompt.text, "induction n <;> grind [double]\n:::")


def test_endless_messages_are_cut() -> None:
    answered = Answered("x", "x", (Fault(1, 1, "a" * 9999, ("b" * 9999,)),))
    for family in CORRECTING:
        said = correction(family, ASKED, [answered]).messages[-1].content
        assert "aaa …" in said and len(said) < 9000


def test_an_informal_statement_does_not_end_its_comment() -> None:
    asked = replace(ASKED, informal="-/ axiom a : False /-")
    text = first_request(TINY, asked).text + first_request(CORRECTING[0], asked).messages[0].content
    assert "-/ axiom" not in text


def test_long_steps_are_cut() -> None:
    family = load_family("chat-decomposer")
    step = replace(STEPS[3], text="a" * 9999, left=("b" * 9999,))
    said = correction(family, ASKED, [Answered("x", "x", steps=(step,))]).messages[-1].content
    assert "aaa …" in said and "bbb …" in said and len(said) < 7000


def test_a_family_without_refinement_is_told_of_no_steps() -> None:
    with pytest.raises(ValueError):
        correction(load_family("chat-prover"), ASKED, [Answered("x", "x", steps=STEPS)])


def test_the_example_of_the_document_is_a_family(tmp_path: Path) -> None:
    document = (ROOT / "docs" / "families.md").read_text()
    example = re.findall(r"^```yaml\n(.*?)^```$", document, re.M | re.S)[0]
    family = load_family(written(tmp_path, example))
    assert first_request(family, ASKED).messages[1].content.startswith("In words: A positive")
    assert correction(family, ASKED, ANSWERS).messages[-1].content.startswith("Lean says:\n")
    assert set(re.findall(r"^\| `([\w.-]+)`", document, re.M)) == set(families())


LEAST = """name: mine
role: prover
mode: chat
reply: code-block
prompt: $statement
source: mine
"""
REFINES = "refinement: {prompt: $steps, proved: a, wrong: $why, hard: $left, undecided: $there}\n"


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_a_family_of_one_s_own(tmp_path: Path) -> None:
    family = load_family(written(tmp_path, LEAST))
    assert first_request(family, ASKED).messages[0].content == STATEMENT
    assert family.model_validate(yaml.safe_load(LEAST)) == family


def test_a_piece_with_nothing_to_say_is_left_out(tmp_path: Path) -> None:
    text = LEAST.replace("$statement", "${both}x") + 'pieces: {both: "$informal $notes "}\n'
    family = load_family(written(tmp_path, text))
    for informal, notes, wanted in (("a", "b", "a b x"), ("a", "", "x"), ("", "b", "x")):
        asked = replace(ASKED, informal=informal, notes=notes)
        assert first_request(family, asked).messages[0].content == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LEAST + "temprature: 1\n", "temprature"),
        (LEAST.replace("prompt: $statement\n", ""), "prompt"),
        (LEAST.replace("$statement", "$statment"), "prompt: there is no $statment"),
        (LEAST.replace("$statement", '"5 $ a"'), "prompt: a `$`"),
        (LEAST + "sampling: {temperature: -1}\n", "sampling.temperature"),
        (LEAST + "pieces: {statement: x}\n", "$statement is a placeholder already"),
        (LEAST + "pieces: {own: $nothing}\n", "there is no $nothing"),
        (LEAST + "head: x\n", "head"),
        (LEAST.replace("code-block", "completion"), "head"),
        (LEAST.replace("name: mine", "name: a/b"), "name"),
        (LEAST + "correction: {prompt: $errors}\n", "correction.keep_thinking"),
        (LEAST + "refinement: {prompt: $steps}\n", "refinement.proved"),
        (LEAST + REFINES.replace("$steps", "$step"), "there is no $step here"),
        (LEAST + REFINES.replace("$why", "$steps"), "refinement.wrong: there is no $steps"),
        (LEAST + REFINES, "only a decomposer"),
        ("- a\n", "key: value"),
        ("a: [", "YAML"),
    ],
)
def test_what_is_wrong_in_a_family_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_family(path)
    message = str(caught.value)
    assert words in message and "mine.yaml" in message and "\n" not in message


@pytest.mark.parametrize("name", ["", "deepseek", "..", "nowhere/at/all.yaml", "a\nb"])
def test_a_family_that_is_not_there(name: str) -> None:
    with pytest.raises(UserError):
        load_family(name)
