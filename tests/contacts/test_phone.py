"""A phone cell becomes E.164, or a reason."""

from __future__ import annotations

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts.phone import (
    EXTENSION,
    LETTERS,
    NO_COUNTRY,
    NO_NUMBER,
    NO_PHONE,
    NOT_WHOLE,
    RUINED,
    SEVERAL,
    SHORT,
    Verdict,
    check_region,
    judge,
    judge_distinct,
)
from campaign.errors import UsageError


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+14155550123", None, "+14155550123"),
        ("  +1 (415) 555-0123\t", None, "+14155550123"),
        ("(+1) 415.555.0123", None, "+14155550123"),
        ("+[1] 415/555/0123", None, "+14155550123"),
        ("tel:+1-415-555-0123", None, "+14155550123"),
        ("TEL: +1-415-555-0123", None, "+14155550123"),
        ("\u202a+1\u00a0415\u2011555\u20130123\u202c", None, "+14155550123"),
        ("\uff0b\uff11\uff14\uff11\uff15555\uff10123", None, "+14155550123"),
        ("+١٤١٥٥٥٥٠١٢٣", None, "+14155550123"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("442079460958", "GB", "+442079460958"),
        ("(415) 555-0123", "US", "+14155550123"),
        ("14155550123", "US", "+14155550123"),
        ("4155550123.0", "US", "+14155550123"),
        ("4155550123.00", "US", "+14155550123"),
        ("'+14155550123", None, "+14155550123"),
        ('="+14155550123"', None, "+14155550123"),
        ('= "tel:+1-415-555-0123"', None, "+14155550123"),
        ('="4155550123"', "US", "+14155550123"),
        ("+61 491 570 156", "US", "+61491570156"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("030/23125012", "DE", "+493023125012"),
    ],
)
def test_number(text: str, region: str | None, expected: str) -> None:
    """Ways of writing a number do not matter; a `+` goes before the region."""
    assert judge(text, region) == Verdict(number=expected)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("", None, NO_NUMBER),
        ('=""', None, NO_NUMBER),
        ("'", None, NO_NUMBER),
        (" \u200b ", "US", NO_NUMBER),
        ("4155550123", None, NO_COUNTRY),
        ("0014155550123", None, NO_COUNTRY),
        ("1.41578E+10", None, RUINED),
        ("1,41578e+10", "US", RUINED),
        ("1E10", "US", RUINED),
        ("+1 415 555 0123 ext. 5", None, EXTENSION),
        ("+14155550123x5", None, EXTENSION),
        ("(415) 555-0123 #5", "US", EXTENSION),
        ("tel:+14155550123;ext=5", None, EXTENSION),
        ("+14155550123, +14155550124", None, SEVERAL),
        ("+14155550123+14155550124", None, SEVERAL),
        ("415 555 0123 / 415 555 0124", "US", SEVERAL),
        ("415 555 0123 or 415 555 0124", "US", SEVERAL),
        ("4155550123\n4155550124", "US", SEVERAL),
        ("+1 800 FLOWERS", None, LETTERS),
        ("n/a", "US", LETTERS),
        ("true", None, LETTERS),
        ("415,555,0123", "US", NO_PHONE),
        ("-4155550123", "US", NO_PHONE),
        ('="+1415', None, NO_PHONE),
        ("1415555012.3", "US", NOT_WHOLE),
        ("+3023125012.50", None, NOT_WHOLE),
        ("+", None, NO_PHONE),
        ("415+5550123", "US", NO_PHONE),
        ("***", None, NO_PHONE),
        ("911", "US", SHORT),
        ("112", "DE", SHORT),
        ("415555012", "US", "too short for US"),
        ("1", "US", "too short for US"),
        ("41555501234", "US", "too long for US"),
        ("12345678901234567890", "US", "too long for US"),
        ("+1415555", None, "too short for +1"),
        ("+1", None, "too short for an international number"),
        ("+14155550123999", None, "too long for +1"),
        ("+" + "1" * 300, None, "too long for an international number"),
        ("+10005550123", None, "not a valid number in +1"),
        ("0005550123", "US", "not a valid number in US"),
        ("+99912345678", None, "unknown country code: check the digits after the +"),
        (
            "5550123",
            "US",
            "no area code: it cannot be called from outside its place in US",
        ),
    ],
)
def test_reason(text: str, region: str | None, expected: str) -> None:
    """A cell that is no number says why, in words that help."""
    assert judge(text, region) == Verdict(reason=expected)


def test_distinct_texts_keep_their_order() -> None:
    """The vectorised form gives one row for each text, null included."""
    texts = pl.Series(["+14155550123", None, "x"], dtype=pl.String)
    assert judge_distinct(texts, None).rows() == [
        ("+14155550123", "+14155550123", None),
        (None, None, NO_NUMBER),
        ("x", None, LETTERS),
    ]
    assert judge_distinct(pl.Series([], dtype=pl.String), None).rows() == []


def test_region() -> None:
    """A region is two letters of a country that has telephone numbers."""
    assert check_region(None) is None
    assert check_region("gb") == "GB"
    with pytest.raises(UsageError, match="no region 'XX'"):
        check_region("XX")


@settings(max_examples=200)
@given(
    text=st.text(st.sampled_from("+0123456789 ().-/x,eE\u00a0tel:"), max_size=24) | st.text(),
    region=st.sampled_from([None, "US", "DE"]),
)
def test_every_cell_has_one_verdict(text: str, region: str | None) -> None:
    """Any text at all gives a valid E.164 number or a reason, and a number is its own text."""
    verdict = judge(text, region)
    assert (verdict.number is None) == bool(verdict.reason)
    if verdict.number is not None:
        assert phonenumbers.is_valid_number(phonenumbers.parse(verdict.number))
        assert judge(verdict.number, None) == verdict
