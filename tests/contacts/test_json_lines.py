"""NDJSON: values as text, with the digits the file has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaign.contacts import read_list
from campaign.contacts.read import read_source
from campaign.errors import ListError

WriteList = Callable[..., Path]


def test_values_are_text(write_list: WriteList) -> None:
    """Numbers keep their digits, nested values are JSON, null and missing names are empty."""
    lines = [
        '{"phone": "+14155550101", "n": 1.10, "tags": ["ü", 1.50, null], "ok": true}',
        "",
        '{"phone": 14155550102, "n": null, "more": {"a": {"b": 1E5}}, "ok": false, "n2": ""}',
    ]
    table = read_source(write_list("\n".join(lines), "list.ndjson"))
    assert table.names == ("phone", "n", "tags", "ok", "more", "n2")
    assert table.frame.collect().rows() == [
        ("+14155550101", "1.10", '["ü", 1.50, null]', "true", None, None),
        ("14155550102", None, None, "false", '{"a": {"b": 1E5}}', None),
    ]


def test_damaged_lines(write_list: WriteList, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is no object is a rejected row that names its line; the others are called."""
    monkeypatch.setattr("campaign.contacts.json_lines.BATCH_ROWS", 2)
    lines = [
        "[1]",
        "oops",
        '{"phone": "+14155550101"}',
        '{"phone": "+14155550102", "phone": "+14155550103"}',
        "[" * 100_000,
        '{"phone": "\\ud800"}',
        '{"phone": "+14155550104", "a": "x\\u0000"}',
    ]
    listing = read_list(write_list("\n".join(lines), "list.jsonl"))
    assert listing.screened["reason"].to_list() == [
        "not a JSON object: line 1",
        "not a JSON object: line 2",
        None,
        "a name that stands twice in the JSON object: line 4",
        "not a JSON object: line 5",
        "not a JSON object: line 6",
        "a NUL character: in the column 'a'",
    ]
    assert listing.rejects().height == 6


def test_encodings(write_list: WriteList) -> None:
    """Other encodings are found as for CSV."""
    path = write_list('{"phone": "+14155550101", "name": "Zoë"}\n'.encode("utf-16"), "l.ndjson")
    assert read_source(path).frame.collect().rows() == [("+14155550101", "Zoë")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no JSON object in any line"),
        ("[]\n{}\n", "has no JSON object in any line"),
        ('{"": 1}\n', "has no name for column 1"),
        (b'{"a": "\xff"}\n{"b": "\xc3\xbc\xff"}', "is not UTF-8: line"),
    ],
)
def test_refused(content: str | bytes, message: str, write_list: WriteList) -> None:
    """A file without objects or names is refused."""
    if isinstance(content, bytes):
        content = content.replace(b"\xff", b"\xc3\xbc\xff", 1)
    with pytest.raises(ListError, match=message):
        read_source(write_list(content, "list.ndjson"))
