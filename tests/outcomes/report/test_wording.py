"""How numbers, times and other people's texts are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.outcomes.report.wording import (
    MOST_CHARACTERS,
    clock_of,
    count,
    dollars,
    lasting,
    moment,
    number,
    plain,
    share,
)

AT = datetime(2026, 11, 23, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\nb\t c", "a b c"),
        ("a\u202eb\x00c\x1b[31m", "a\\u202eb\\u0000c\\u001b[31m"),
        ("\U0001f469\u200d\U0001f692", "\U0001f469\u200d\U0001f692"),
        ("call +1 (415) 555-0100 now", "call +1*************00 now"),
        ("on 2026-11-23 15 it was", "on 2026-11-23 15 it was"),
        ("500: 12345678901234567890", "500: 12345678901234567890"),
        ("no 123456 here", "no 123456 here"),
        ("x" * 200, "x" * (MOST_CHARACTERS - 1) + "…"),
    ],
)
def test_texts_of_others(text: str, told: str) -> None:
    """A text is one line in which nothing is hidden and no phone number is whole."""
    assert told == plain(text, full_numbers=False)


def test_whole_numbers_on_request() -> None:
    """Who asks for whole numbers gets them in texts, too."""
    assert "call +14155550100" == plain("call +14155550100", full_numbers=True)


@given(st.text())
def test_any_text_is_one_harmless_line(text: str) -> None:
    """Nothing breaks a line or cannot be encoded, and it is short."""
    told = plain(text, full_numbers=False)
    assert 1 >= len(told.splitlines())
    assert MOST_CHARACTERS >= len(told)
    assert told.encode().decode() == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(float("inf"), "any"), (1002.0, "1,002"), (1.0, "1"), (0.333, "0.33"), (123.4, "123")],
)
def test_number(value: float, told: str) -> None:
    """Numbers have two digits that matter."""
    assert told == number(value)


def test_count() -> None:
    """One is one, more are many."""
    assert ("1 call", "1,002 calls", "2 people") == (
        count(1, "call"),
        count(1002, "call"),
        count(2, "person", "people"),
    )


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [(0, 0, "0"), (1, 3, "33"), (1, 1000, "<1"), (999, 1000, ">99"), (2, 2, "100"), (0, 5, "0")],
)
def test_share(part: int, whole: int, told: str) -> None:
    """Nothing is everything or nothing unless it is; the sign stays with its number."""
    assert f"{told}\u00a0%" == share(part, whole)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "$0.00"),
        (1e-6, "<$0.0001"),
        (0.0736, "$0.0736"),
        (0.05, "$0.05"),
        (12.5, "$12.50"),
        (11957.2, "$11,957"),
    ],
)
def test_dollars(value: float, told: str) -> None:
    """Cents are told where they matter, and parts of one."""
    assert told == dollars(value)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (102, "1 min 42 s"),
        (3600, "1 h"),
        (3720, "1 h 2 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_lasting(seconds: float, told: str) -> None:
    """A duration has the two units that matter."""
    assert told == lasting(seconds)


@pytest.mark.parametrize(
    ("hours", "shown", "clock"),
    [
        (0, "2026-11-23 15:04", "UTC"),
        (5.5, "2026-11-23 20:34", "UTC+05:30"),
        (-8, "2026-11-23 07:04", "UTC-08:00"),
    ],
)
def test_clocks(hours: float, shown: str, clock: str) -> None:
    """Times are on the clock of the page, which says which one it is."""
    zone = timezone(timedelta(hours=hours))
    assert (shown, clock) == (moment(AT, zone), clock_of(AT, zone))
