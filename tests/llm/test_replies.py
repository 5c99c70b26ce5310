"""What is made of an answer: its code, its plan, its thinking, whatever the model wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.llm.family import families, load_family
from prover.llm.prompts import Asked, Prompt, first_request, resume
from prover.llm.replies import Parsed, blocks, parse

STATEMENT = "theorem even_square (n : Nat) (h : n % 2 = 0) : n * n % 2 = 0"
PROOF = f"{STATEMENT} := by\n  have k := Nat.mul_mod n n 2\n  simp [h] at k\n  exact k"
HELPER = "theorem helper (a : Nat) : a + 0 = a := by\n  simp\n\n"
ASKED = Asked("even_square", STATEMENT, state="n : Nat\n⊢ n * n % 2 = 0")
FAMILIES = {name: load_family(name) for name in families()}
CHATS = [name for name, family in FAMILIES.items() if family.reply == "code-block"]
THINKING = [name for name in CHATS if FAMILIES[name].thinking]


def asked(name: str) -> Prompt:
    return first_request(FAMILIES[name], ASKED)


def read(text: str, finish: str = "stop", name: str = "chat-prover") -> Parsed:
    return parse(FAMILIES[name], asked(name), text, finish)


def fenced(code: str, language: str = "lean4", fence: str = "```") -> str:
    return f"{fence}{language}\n{code}\n{fence}\n"


def test_code_plan_and_place() -> None:
    found = read(f"### Plan\n\nSquares of even numbers.\n\n{fenced(PROOF)}\nThat is all.\n")
    assert found == Parsed(
        PROOF, 5, "### Plan\n\nSquares of even numbers.\n\nThat is all.", complete=True
    )


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize("finish", ["stop", "length"])
def test_no_code_is_said(name: str, finish: str) -> None:
    found = read("The statement is false for $n = 3$.", finish, name)
    assert not found.code and not found.complete and "no code block" in found.why
    assert found.plan == "The statement is false for $n = 3$."
    assert found.why.startswith("cut off") == (finish == "length")


def test_the_last_block_with_the_theorem_counts() -> None:
    first = fenced(f"{STATEMENT} := by\n  sorry")
    other = fenced("theorem other : 1 = 1 := rfl")
    call = fenced("#check Nat.mul_mod")
    shell = fenced("lake build", "bash")
    text = first + fenced(PROOF) + other + call + shell
    found = read(text)
    assert found.code == PROOF and text.split("\n")[found.line_offset] == STATEMENT + " := by"
    assert read(shell + call).why == "no code block has a theorem"


def test_a_changed_statement_is_left_to_lean() -> None:
    """Another name is another theorem, but code all the same: what it proves is Lean's to say."""
    changed = PROOF.replace("even_square", "even_sq")
    assert read(fenced(changed)).code == changed
    weaker = PROOF.replace("n * n % 2 = 0 :=", "True :=")
    assert read(fenced(weaker)).code == weaker


def test_sorry_helpers_and_whole_files_come_as_they_are() -> None:
    file = (
        f"import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 0\n\nopen Nat\n\n{HELPER}{PROOF}"
    )
    for code in (f"{STATEMENT} := by\n  sorry", HELPER + PROOF, file):
        assert read(fenced(code)).code == code


@pytest.mark.parametrize("language", ["lean4", "lean", "Lean4", "lean4 title=x", "", " lean"])
@pytest.mark.parametrize("fence", ["```", "~~~", "````", "   ```"])
def test_fences_and_languages(language: str, fence: str) -> None:
    found = read(f"Proof:\n\n{fenced(PROOF, language, fence)}")
    assert found.code == PROOF and found.complete and found.plan == "Proof:"


def test_only_lean_counts() -> None:
    tactics = fenced(f"{STATEMENT} := by\n  omega", "tactics")
    assert read(fenced(PROOF) + tactics).code == PROOF
    assert not read(tactics).code
    assert read(fenced(PROOF, "lean4") + fenced(HELPER + PROOF, "lean")).code == HELPER + PROOF
    assert read(fenced(PROOF) + fenced(HELPER + PROOF, "")).code == PROOF
    assert not read(fenced(PROOF, "lean"), name="kimina-prover").code


def test_a_fence_need_not_have_a_line_of_its_own() -> None:
    """Goedel-Prover-V2 is shown its theorem so, and answers in the same way at times."""
    assert read(f"Here: ```lean4\n{PROOF}```\nDone.").code == PROOF
    found = read(f"1. First\n\n   ```lean4\n   {PROOF.replace(chr(10), chr(10) + '   ')}\n   ```\n")
    assert found.code == PROOF


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends(end: str) -> None:
    found = read(f"Plan.\n\n{fenced(PROOF)}".replace("\n", end))
    assert found.code == PROOF and found.line_offset == 3


@pytest.mark.parametrize("name", CHATS)
def test_a_block_that_is_cut_off(name: str) -> None:
    text = f"Plan.\n\n```lean4\n{PROOF[:-7]}"
    cut = read(text, "length", name)
    assert cut.code == PROOF[:-7].rstrip() and not cut.complete
    ended = read(text, "stop", name)
    assert ended.code == cut.code and ended.complete
    closed = read(fenced(PROOF) + "And so we", "length", name)
    assert closed.code == PROOF and closed.complete, "the code was there before the cut"


def test_a_block_left_open_by_mistake_does_not_swallow_the_next() -> None:
    assert read(f"```lean4\n{HELPER}\nNow the whole:\n{fenced(PROOF)}").code == PROOF


def test_a_proof_without_its_theorem_gets_it() -> None:
    body = "by\n  simp [Nat.mul_mod, h]"
    for text in (body, f":= {body}"):
        found = read(fenced(text))
        assert found.code == f"{STATEMENT} := {body}" and found.line_offset == 1
    long = replace(ASKED, statement=STATEMENT.replace(" :", "\n    :"))
    prompt = first_request(FAMILIES["chat-prover"], long)
    found = parse(FAMILIES["chat-prover"], prompt, fenced(body))
    assert (
        found.code.split("\n")[-1]
        == fenced(body).split("\n")[found.code.count("\n") + found.line_offset]
    )


def test_plain_lean_without_a_fence() -> None:
    found = read(f"The proof is simple.\n\n{PROOF}\n")
    assert found.code == PROOF and found.plan == "The proof is simple." and found.line_offset == 2
    assert not read("open the theorem even_square and look").code


@pytest.mark.parametrize("name", THINKING)
def test_thinking_is_kept_apart(name: str) -> None:
    draft = fenced(f"{STATEMENT} := by\n  omega")
    for start in ("<think>\n", "\n<think>", ""):  # the chat template may have written the tag
        text = f"{start}Try this:\n{draft}No.\n</think>\n\nPlan.\n{fenced(PROOF)}"
        found = read(text, name=name)
        assert found.code == PROOF and found.plan == "Plan." and found.complete
        assert found.thinking.startswith("Try this") and found.thinking.endswith("No.")
        assert text.split("\n")[found.line_offset] == STATEMENT + " := by"


@pytest.mark.parametrize("name", THINKING)
def test_thinking_that_never_ends(name: str) -> None:
    found = read("<think>\nHm, parity. Or the", "length", name)
    assert (found.code, found.plan, found.thinking) == ("", "", "Hm, parity. Or the")
    assert found.why == "cut off: there is no code block"
    text = f"<think>\nSo:\n{fenced(PROOF)}Let me check"
    drafted = read(text, "length", name)
    assert drafted.code == PROOF and not drafted.complete, "a draft is worth a look"
    assert text.split("\n")[drafted.line_offset] == STATEMENT + " := by"


def test_thinking_in_two_parts() -> None:
    draft = fenced(f"{STATEMENT} := by\n  omega")
    found = read(f"<think>Hm.</think>\n<think>{draft}</think>\n{fenced(PROOF)}{draft}</think>No.")
    assert found.thinking.startswith("Hm.") and found.plan == "No." and not found.complete
    found = read(f"<think>Hm.</think>\n<think>{draft}</think>\n{fenced(PROOF)}Done.")
    assert found.code == PROOF and found.plan == "Done."


def test_code_that_is_only_in_the_thinking() -> None:
    text = f"<think>\n\nSo:\n{fenced(PROOF)}</think>\nThe proof is above."
    found = read(text)
    assert found.code == PROOF and found.plan == "The proof is above." and not found.complete
    assert text.split("\n")[found.line_offset] == STATEMENT + " := by"


def test_lean_that_looks_like_a_fence() -> None:
    code = PROOF.replace("  exact k", "  have b : ~~~(0#8) =\n    ~~~0#8 := rfl\n~~~\n  exact k")
    assert read(fenced(code)).code == code


def test_fences_within_fences() -> None:
    outer = f"````markdown\n{fenced('theorem even_square : x := 1')}````\n"
    assert read(outer + fenced(PROOF)).code == PROOF
    assert [each.language for each in blocks(outer + fenced(PROOF))] == ["markdown", "lean4"]


def test_empty_lines_before_the_code() -> None:
    text = f"Plan.\n```lean4\n\n  \n{PROOF}\n```"
    assert read(text).code == PROOF and read(text).line_offset == 4


@pytest.mark.parametrize("name", ["deepseek-prover-v1.5", "stp"])
def test_a_completion_is_a_theorem_again(name: str) -> None:
    prompt = asked(name)
    rest = PROOF.removeprefix(prompt.opening)
    assert prompt.text.endswith(prompt.opening)
    for text, finish in ((rest, "stop"), (f"{rest}\n```\nExplanation", "length")):
        found = parse(FAMILIES[name], prompt, text, finish)
        assert found.code == PROOF and found.complete
    cut = parse(FAMILIES[name], prompt, rest, "length")
    assert cut.code == PROOF and not cut.complete
    assert parse(FAMILIES[name], prompt, " \n```").why == "the answer is empty"


def test_places_in_a_completion() -> None:
    prompt = asked("deepseek-prover-v1.5")
    text = "  skip\n  omega"
    found = parse(FAMILIES["deepseek-prover-v1.5"], prompt, text)
    assert found.code.split("\n")[2] == "  omega"
    assert text.split("\n")[2 + found.line_offset] == "  omega"


@pytest.mark.parametrize("name", [n for n, f in FAMILIES.items() if f.resume])
def test_going_on_gives_the_whole_theorem(name: str) -> None:
    """Cut behind its second line and gone on with, a proof is what it was."""
    family = FAMILIES[name]
    lines = PROOF.split("\n")
    prefix, rest = "\n".join(lines[:2]) + "\n", "\n".join(lines[2:])
    prompt = resume(family, ASKED, prefix, "n : Nat\n⊢ n * n % 2 = 0")
    answers = {"code-block": f"{rest}\n```\n", "completion": rest}
    answer = answers.get(family.reply, "simp [h] at k\nexact k\n:::")
    found = parse(family, prompt, answer)
    assert found.code == PROOF and found.complete
    assert lines[2 - found.line_offset - 2] == lines[2]


def test_going_on_behind_an_indentation() -> None:
    family = FAMILIES["subgoal-tiny"]
    prompt = resume(family, ASKED, f"{STATEMENT} := by\n  · skip\n    ", "⊢ True")
    found = parse(family, prompt, "intro x\nomega")
    assert found.code == f"{STATEMENT} := by\n  · skip\n    intro x\n    omega"


@pytest.mark.parametrize(
    ("name", "text", "tactic"),
    [
        ("bfs-prover-v2", "simp [Nat.mul_mod, h]", "simp [Nat.mul_mod, h]"),
        ("bfs-prover-v2", "n : Nat\n⊢ n * n % 2 = 0:::omega\n", "omega"),
        ("reprover", "rw [<a>Nat.mul_mod</a>, h]", "rw [Nat.mul_mod, h]"),
        ("subgoal-tiny", "omega\n:::\n(x : Nat) : x = x\n:::", f"{STATEMENT} := by\n  omega"),
    ],
)
def test_tactics_and_scripts(name: str, text: str, tactic: str) -> None:
    found = parse(FAMILIES[name], asked(name), text)
    assert found.code == tactic and found.complete
    assert not parse(FAMILIES[name], asked(name), " \n").code


def test_a_sketch_and_its_plan() -> None:
    sketch = f"{STATEMENT} := by\n  have k : n * n % 2 = 0 := by sorry\n  exact k"
    found = read(f"## Plan\n1. Multiply.\n\n{fenced(sketch)}", name="chat-decomposer")
    assert found.code == sketch and found.plan == "## Plan\n1. Multiply."


PIECES = st.sampled_from(
    ["```", "````", "~~~", "```lean4\n", "```lean\n", "\n", "\r\n", "<think>", "</think>", ":::",
     "theorem even_square", " := by", "\n```\n", "/-", "-/", '"', "«", "<a>", "import Mathlib\n",
     "by", "  ", PROOF]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5))).map("".join))


@given(TEXTS, st.sampled_from(sorted(FAMILIES)), st.sampled_from(["stop", "length", ""]))
def test_every_answer_is_either_code_or_a_reason(text: str, name: str, finish: str) -> None:
    found = parse(FAMILIES[name], asked(name), text, finish)
    assert bool(found.code) != bool(found.why)
    assert "\n" not in found.why and "\r" not in found.code
    assert found.code or not found.complete


@given(TEXTS)
def test_blocks_lie_one_after_another(text: str) -> None:
    last = 0
    for each in blocks(text):
        assert last <= each.start < each.end <= len(text)
        last = each.end


NO_FENCES = st.characters(exclude_characters="`~", exclude_categories=["Cs", "Cc", "Zl", "Zp"])
CODE_LINES = st.lists(st.text(NO_FENCES))


@given(CODE_LINES, st.sampled_from(CHATS), st.sampled_from(["```", "````"]))
def test_code_comes_back_as_it_was_written(lines: list[str], name: str, fence: str) -> None:
    code = "\n".join([f"{STATEMENT} := by", *lines]).rstrip()
    text = f"A plan.\n\n{fence}lean4\n{code}\n{fence}\n\nThe end."
    found = read(text, name=name)
    assert found.code == code and found.complete and found.line_offset == 3
