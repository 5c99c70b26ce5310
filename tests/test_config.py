"""The run configuration: what is read, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from prover import config
from prover.config import RunConfig
from prover.errors import UserError

LEAST = "problems:\n  source: problems\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    return path


def test_defaults_need_no_more_than_problems(tmp_path: Path) -> None:
    found = config.load(written(tmp_path, LEAST))
    assert found.prover == ["portfolio"] and found.decomposer == ["structural"]
    assert found.workers() >= 1
    assert found.limits.limits().heartbeats == found.limits.heartbeats
    assert found.limits.of_attempt(again=False) == found.limits.limits()
    assert found.limits.of_attempt(again=True).heartbeats > found.limits.heartbeats
    short = config.load(written(tmp_path, LEAST), ["limits.first=0.25"]).limits
    assert short.of_attempt(again=True) == short.limits()


def test_what_is_dumped_loads_to_the_same_run(tmp_path: Path) -> None:
    found = config.load(written(tmp_path, LEAST), ["limits.seconds=5", "lean.workers=3"])
    again = config.load(written(tmp_path, config.dump(found)))
    assert again == found and again.digest() == found.digest()


def test_overrides_make_sections_and_change_the_digest(tmp_path: Path) -> None:
    path = written(tmp_path, LEAST)
    found = config.load(path, ["search.depth=1", "problems.sets=[a, b]", "name=mine"])
    assert (found.search.depth, found.problems.sets, found.name) == (1, ["a", "b"], "mine")
    assert found.digest() != config.load(path).digest()
    with pytest.raises(ValueError):
        found.search.depth = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("problems:\n  source: x\n  sourse: y\n", "problems.sourse"),
        (LEAST + "limits:\n  seconds: 0\n", "limits.seconds"),
        (LEAST + "search:\n  attempts: many\n", "search.attempts"),
        (LEAST + "prover: oracle\n", "prover"),
        ("name: x\n", "problems"),
        ("- a\n", "key: value"),
        ("", "key: value"),
        ("a: [", "YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError) as caught:
        config.load(path)
    assert words in str(caught.value) and str(path) in str(caught.value)


def test_a_native_lean_has_no_dialect(tmp_path: Path) -> None:
    path = written(tmp_path, LEAST)
    assert config.load(path, ["lean.dialect=mathlib"]).lean.dialect == "mathlib"
    with pytest.raises(UserError, match="only the embedded Lean"):
        config.load(path, ["lean.dialect=mathlib", "lean.backend=native"])


@pytest.mark.parametrize(
    ("override", "words"),
    [("limits", "KEY=VALUE"), ("=3", "KEY=VALUE"), ("name.x=1", "no section"),
     ("limits.second=1", "limits.second")],
)  # fmt: skip
def test_an_override_that_does_not_fit(tmp_path: Path, override: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        config.load(written(tmp_path, LEAST + "name: x\n"), [override])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        config.load(tmp_path / "none.yaml")


def test_the_digest_is_stable() -> None:
    one = RunConfig.model_validate({"problems": {"source": "p"}})
    two = RunConfig.model_validate({"problems": {"source": "p", "sets": []}, "name": "run"})
    assert one.digest() == two.digest() and len(one.digest()) == 16


@pytest.mark.parametrize("effort", ["waits=1", "thinking_tokens=9"])
def test_what_cannot_be_done_together_is_refused(tmp_path: Path, effort: str) -> None:
    """A model whose thinking is steered would never have been given the tool."""
    text = LEAST + "models:\n  m:\n    family: kimina-prover\n    urls: ['http://x/v1']\n"
    sets = [f"models.m.effort.{effort}", "models.m.effort.tool_calls=2"]
    with pytest.raises(UserError, match="tool_calls"):
        config.load(written(tmp_path, text), sets)
    config.load(written(tmp_path, text), sets[:1])


def test_a_preset_stands_where_the_configuration_says_nothing() -> None:
    models = {"m": {"family": "x", "urls": ["u"], "effort": {"samples": 9}}}
    problems = {"problems": {"source": "problems"}}
    medium = RunConfig.model_validate(problems)
    light = RunConfig.model_validate(
        {**problems, "preset": "light", "search": {"seconds": 33}, "models": models, "prover": "m"}
    )
    heavy = RunConfig.model_validate({**problems, "preset": "heavy"})
    assert light.search.seconds == 33 and light.models["m"].effort.samples == 9
    assert light.models["m"].effort.first == 2
    for smaller, larger in ((light, medium), (medium, heavy)):
        assert smaller.search.attempts < larger.search.attempts
        assert smaller.limits.heartbeats < larger.limits.heartbeats
    assert heavy.search.premises and heavy.search.states and heavy.search.repair
    assert not (medium.search.premises or medium.search.states or medium.search.repair)
    again = RunConfig.model_validate(light.model_dump())
    assert again == light, "a resolved configuration stays as it is"
    with pytest.raises(ValidationError):
        RunConfig.model_validate({**problems, "preset": "light", "search": 3})
