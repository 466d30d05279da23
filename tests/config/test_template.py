"""The `campaign.toml` that is written to start from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from campaign.config import Settings, load
from campaign.config.template import EXAMPLES, HEADINGS, template
from campaign.config.toml import key_text, value_text, written

SETTING = re.compile(r"^#(?=[a-z_.]+ = )", re.MULTILINE)


def uncommented(text: str) -> dict[str, Any]:
    """Return what the template says once every setting in it is set."""
    return tomllib.loads(SETTING.sub("", text))


def loaded(folder: Path, text: str) -> Settings:
    """Return the settings of a file."""
    path = folder / "campaign.toml"
    path.write_text(text, encoding="utf-8")
    return load({}, config=path, environ={})


def test_as_it_is_written_it_changes_nothing(tmp_path: Path) -> None:
    """Everything is commented out: the defaults hold, and none counts as set."""
    found = loaded(tmp_path, template())
    assert (Settings(), set()) == (found, found.model_fields_set)


def test_every_setting_is_in_it() -> None:
    """Each setting, those of tables too, is there once, with its default or an example."""
    found = uncommented(template())
    assert list(Settings.model_fields) == list(found)
    expected = {
        name: EXAMPLES[name] if default in (None, [], {}) else default
        for name, default in written(Settings()).items()
    }
    assert expected == found


def test_every_setting_says_what_it_is_for() -> None:
    """No description is missing, and each is one line that fits."""
    models: list[type[BaseModel]] = [Settings]
    models += [type(v) for _, v in Settings() if isinstance(v, BaseModel)]
    said = {n: f.description or "" for model in models for n, f in model.model_fields.items()}
    assert [] == [name for name, text in said.items() if not re.fullmatch(r".{10,95}\.", text)]
    assert len(models) == 3


def test_examples_can_be_used(tmp_path: Path) -> None:
    """With every line of it uncommented, a file is valid, and its defaults are the defaults."""
    found = loaded(tmp_path, SETTING.sub("", template()))
    changed = {name for name, value in found if value != getattr(Settings(), name)}
    assert (set(EXAMPLES), set(Settings.model_fields)) == (changed, found.model_fields_set)


def test_examples_and_headings_are_of_settings() -> None:
    """Nothing is explained that is no setting."""
    assert set() == {*EXAMPLES, *HEADINGS} - set(Settings.model_fields)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20, "20"),
        (20.0, "20"),
        (0.25, "0.25"),
        (True, "true"),
        ("30m", '"30m"'),
        ('say "hi"\n\t\x00\x7fÄ😀', r'"say \"hi\"\n\t\u0000\u007fÄ😀"'),
        (["a", 1], '["a", 1]'),
        ([], "[]"),
        ({}, "{}"),
        ({"a b": {"c-d": [False]}, "ä": 1}, '{ "a b" = { c-d = [false] }, "ä" = 1 }'),
    ],
)
def test_values_are_written_as_toml(value: Any, text: str) -> None:
    """Each value is written on one line, and read back as it was."""
    assert text == value_text(value)
    assert {"key": value} == tomllib.loads(f"{key_text('key')} = {text}")


@pytest.mark.parametrize(
    "text",
    ["90s", "30m", "36h", "2d", "0s", "0.25s", "0.0001s", "1234567.5s", "1d"],
)
def test_durations_are_written_as_they_are_read(text: str) -> None:
    """A duration is written in the largest unit that it is a whole number of."""
    found = Settings.model_validate({"wait": text, "redial_after": [text]})
    again = written(found)
    assert (text, [text]) == (again["wait"], again["redial_after"])


@pytest.mark.parametrize(("given", "text"), [("any", "any"), (0.5, 0.5)])
def test_a_pace_is_written_as_it_is_read(given: Any, text: Any) -> None:
    """No pace at all is `any`."""
    assert text == written(Settings.model_validate({"cps": given}))["cps"]
