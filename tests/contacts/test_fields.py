"""The provider's own fields: what a cell means, and what cannot be sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from campaign.contacts.fields import (
    parse_agent_version,
    parse_boolean,
    parse_caller,
    parse_metadata,
    parse_sip_headers,
    parse_timezone,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("YES", True),
        ("1", True),
        ("False", False),
        ("no", False),
        ("0", False),
    ],
)
def test_boolean(text: str, expected: bool) -> None:
    """Three ways to say yes and no, in any case."""
    assert parse_boolean(text) is expected


@pytest.mark.parametrize("text", ["maybe", "2", "t", "wahr"])
def test_no_boolean(text: str) -> None:
    """Anything else is not guessed at."""
    with pytest.raises(ValueError, match="neither true nor false"):
        parse_boolean(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("12", 12), ("3.0", 3), ("prod_v-2", "prod_v-2"), ("a" * 20, "a" * 20)],
)
def test_agent_version(text: str, expected: int | str) -> None:
    """A whole number or a tag."""
    assert parse_agent_version(text) == expected


@pytest.mark.parametrize("text", ["-1", "3.5", "Prod", "a" * 21, "a b", "1\u0661"])
def test_no_agent_version(text: str) -> None:
    """Negative numbers, fractions, and tags the provider does not allow."""
    with pytest.raises(ValueError, match="neither a whole number nor a tag"):
        parse_agent_version(text)


def test_metadata() -> None:
    """A JSON object is taken as it is."""
    assert parse_metadata('{"a": 1, "b": {"c": [null, "ü"]}}') == {"a": 1, "b": {"c": [None, "ü"]}}
    assert parse_metadata("{}") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bad", "is not a JSON object"),
        ('["a"]', "is not a JSON object"),
        ("null", "is not a JSON object"),
        ('{"a": NaN}', "is not a JSON object"),
        ('{"a": "\\ud800"}', "is not a JSON object"),
        ("[" * 100_000, "is not a JSON object"),
        ('{"attempt_id": "x"}', "has the entry 'attempt_id', which campaign writes itself"),
        ('{"a": "' + "x" * 50_000 + '"}', "is over 50 kB"),
        ('{"a": "' + "ü" * 25_000 + '"}', "is over 50 kB"),
    ],
    ids=["syntax", "array", "null", "nan", "surrogate", "deep", "own", "big", "big in bytes"],
)
def test_no_metadata(text: str, message: str) -> None:
    """What is no object, takes our names or is too big cannot be sent."""
    with pytest.raises(ValueError, match=message):
        parse_metadata(text)


def test_metadata_limit_is_of_what_is_sent() -> None:
    """The limit counts compact JSON, and is not passed by exactly 50,000 bytes."""
    text = json.dumps({"a": "x" * 49_992}, indent=4)
    assert parse_metadata(text) == {"a": "x" * 49_992}


def test_sip_headers() -> None:
    """An object of text, with names that begin with X-."""
    assert parse_sip_headers('{"X-Tenant": "7", "X-a": ""}') == {"X-Tenant": "7", "X-a": ""}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Tenant": "7"}, "not of the form X-Name"),
        ({"X-": "7"}, "not of the form X-Name"),
        ({"X-a b": "7"}, "not of the form X-Name"),
        ({"X-a:": "7"}, "not of the form X-Name"),
        ({"X-a": 7}, "not a line of text"),
        ({"X-a": "7\r\nVia: x"}, "not a line of text"),
        ([], "is not a JSON object"),
    ],
)
def test_no_sip_headers(headers: Any, message: str) -> None:
    """Other names, other types, and values that would smuggle in a header."""
    with pytest.raises(ValueError, match=message):
        parse_sip_headers(json.dumps(headers))


def test_caller() -> None:
    """A caller number is E.164, separators allowed."""
    assert parse_caller("+1 (415) 555-0100") == "+14155550100"


@pytest.mark.parametrize("text", ["4155550100", "+1415", "me"])
def test_no_caller(text: str) -> None:
    """A caller number needs its country and must be valid."""
    with pytest.raises(ValueError, match=r"not a valid number in E\.164"):
        parse_caller(text)


def test_timezone() -> None:
    """IANA names, links among them."""
    assert parse_timezone("America/New_York") == "America/New_York"
    assert parse_timezone("UTC") == "UTC"


@pytest.mark.parametrize("text", ["localtime", "Factory", "posixrules"])
def test_no_place(text: str) -> None:
    """Names that a machine has for a clock of its own, or for none, are no time zones."""
    with pytest.raises(ValueError, match="not an IANA time zone"):
        parse_timezone(text)


@pytest.mark.parametrize("text", ["Eastern", "America/", "../etc/passwd", "+01:00", "a" * 300])
def test_no_timezone(text: str) -> None:
    """Anything else is no time zone, whatever the file system thinks of it."""
    with pytest.raises(ValueError, match="not an IANA time zone"):
        parse_timezone(text)
