"""How single settings are written."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.config import values
from campaign.model import Outcome


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("90s", 90.0),
        (" 30m ", 1800.0),
        ("2h", 7200.0),
        ("1.5d", 129600.0),
        ("0", 0.0),
        (0, 0.0),
        (0.0, 0.0),
        (timedelta(minutes=2), 120.0),
    ],
)
def test_durations(written: object, expected: float) -> None:
    """A duration has a unit, but for 0."""
    assert values.seconds(written) == expected


@pytest.mark.parametrize(
    "written", ["90", 90, "", "s", "-5s", "1w", "1h30m", True, None, "٣s", timedelta(-1), "9999d"]
)
def test_no_durations(written: object) -> None:
    """Anything else is refused: a bare number could be seconds or minutes."""
    with pytest.raises(ValueError, match="is no duration"):
        values.seconds(written)


@given(number=st.integers(0, 86400), unit=st.sampled_from("smh"))
@settings(max_examples=50)
def test_durations_scale(number: int, unit: str) -> None:
    """A duration is its number times its unit."""
    assert values.seconds(f"{number}{unit}") == number * values.UNITS[unit]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("18:00", "18:00"),
        (" 9:05 ", "9:05"),
        (time(18, 30), "18:30"),
        ("90m", "90m"),
        (timedelta(seconds=90), "90.000s"),
    ],
)
def test_moments(written: object, expected: str) -> None:
    """A moment is a time of day or a duration."""
    assert values.moment(written) == expected


@pytest.mark.parametrize("written", ["24:00", "18.30", "7", "later"])
def test_no_moments(written: object) -> None:
    """Anything else is refused with both ways to write one."""
    with pytest.raises(ValueError, match="write it as 18:00 or 90m"):
        values.moment(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a, b,,a", ["a", "b"]),
        (["a", "b", "a"], ["a", "b"]),
        (("a, b",), ["a, b"]),
        ("", []),
        (7, 7),
    ],
)
def test_several(written: object, expected: object) -> None:
    """Texts are split at commas unless they come as a list; each counts once."""
    assert values.several(written) == expected


def test_several_of_no_texts() -> None:
    """A list within a list is refused."""
    with pytest.raises(ValueError, match="is no text"):
        values.several([["a"]])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a=1,b=x=y", {"a": "1", "b": "x=y"}),
        (["a=1, 2", "b="], {"a": "1, 2", "b": ""}),
        ('{"a": 1, "b": {"c": [true]}}', {"a": "1", "b": '{"c": [true]}'}),
        (
            {"a": 1, "b": 1.5, "c": True, "d": "007"},
            {"a": "1", "b": "1.5", "c": "true", "d": "007"},
        ),
        ({"day": date(2026, 3, 2)}, {"day": "2026-03-02"}),
        ({"days": [date(2026, 3, 2)]}, {"days": '["2026-03-02"]'}),
        (7, 7),
    ],
)
def test_entries(written: object, expected: object) -> None:
    """Entries are texts, however they are written."""
    assert values.entries(written) == expected


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("a", "is no K=V entry"),
        (["=1"], "is no K=V entry"),
        ({"a": None}, "the entry 'a' has no value"),
        ("{a", "is no table"),
    ],
)
def test_no_entries(written: object, complaint: str) -> None:
    """An entry without a name or a value is refused."""
    with pytest.raises(ValueError, match=complaint):
        values.entries(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [(3, 3), ("3", 3), ("prod", "prod"), ("v-2_b", "v-2_b")],
)
def test_versions(written: object, expected: int | str) -> None:
    """A version is a number, also as text, or a tag."""
    assert values.version(written) == expected


@pytest.mark.parametrize("written", [-1, "-1", True, 1.5, "Prod", "", "x" * 21, None])
def test_no_versions(written: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="is neither a whole number nor a tag"):
        values.version(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("any", None),
        (" ANY ", None),
        ("2.5", "2.5"),
        (3, 3),
    ],
)
def test_paces(written: object, expected: object) -> None:
    """`any` is no pace; a number is left to be checked."""
    assert values.pace(written) == expected


def test_a_truth_is_no_number() -> None:
    """`true` is not taken as 1."""
    with pytest.raises(ValueError, match="True is no number"):
        values.pace(True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("~/list.csv", "/home/ada/list.csv"),
        (Path("~/list.csv"), "/home/ada/list.csv"),
        ("~nobody-of-that-name/list.csv", "~nobody-of-that-name/list.csv"),
        ("-", "-"),
        (7, 7),
    ],
)
def test_paths(written: Any, expected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may be an object, and may begin with `~`."""
    monkeypatch.setenv("HOME", "/home/ada")
    assert values.path(written) == expected


def test_no_path() -> None:
    """No path holds a null character."""
    with pytest.raises(ValueError, match="null character"):
        values.path("a\0b")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("30m,2h,1d", [1800.0, 7200.0, 86400.0]),
        (" 30m , 30m, ", [1800.0, 1800.0]),
        (["90s", timedelta(hours=1)], [90.0, 3600.0]),
        (("0",), [0.0]),
        (0, [0.0]),
        (timedelta(minutes=1), [60.0]),
        ("", []),
    ],
)
def test_several_durations(written: object, expected: list[float]) -> None:
    """Durations keep their order, and equal ones all count."""
    assert values.durations(written) == expected


@pytest.mark.parametrize("written", ["30m;2h", ["x"], 3, None])
def test_no_several_durations(written: object) -> None:
    """One that cannot be used spoils the list."""
    with pytest.raises(ValueError, match="is no duration"):
        values.durations(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("no_answer, busy,busy", ["no_answer", "busy"]),
        (["voicemail"], ["voicemail"]),
        (Outcome.BUSY, ["busy"]),
        ((Outcome.BUSY, "error"), ["busy", "error"]),
        ("", []),
        (3, 3),
    ],
)
def test_outcome_words(written: object, expected: object) -> None:
    """Outcomes are written as in the results, each counts once."""
    assert values.outcomes(written) == expected


@pytest.mark.parametrize("written", ["bussy", ["no answer"], [7], "BUSY"])
def test_no_outcome_words(written: object) -> None:
    """A word that is none is named with those there are."""
    with pytest.raises(ValueError, match="is no outcome; the words are pending, placed, answered"):
        values.outcomes(written)


@pytest.mark.parametrize("written", ["https://x.example", "http://127.0.0.1:80/a?b=c", 7])
def test_web_addresses(written: object) -> None:
    """An address has a scheme and a host; what is no text is left to the type."""
    assert values.web_address(written) == written


@pytest.mark.parametrize("written", ["x.example", "https://", "ftp://x.example", "https:// x", ""])
def test_no_web_addresses(written: object) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="is no address"):
        values.web_address(written)
