"""Text in whatever encoding: proved, found, or named by a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from campaign.contacts.read import read_source
from campaign.contacts.table import Options
from campaign.errors import ListError

WriteList = Callable[..., Path]
TEXT = "phone,name\n+14155550101,Zoë Müller\n+14155550102,François\n"
ROWS = [("+14155550101", "Zoë Müller"), ("+14155550102", "François")]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_found(encoding: str, write_list: WriteList) -> None:
    """The usual encodings are found, with or without a mark."""
    table = read_source(write_list(TEXT.encode(encoding)))
    assert table.frame.collect().rows() == ROWS


def test_big_endian_mark(write_list: WriteList) -> None:
    """The mark of big-endian UTF-16 is no letter of the header."""
    table = read_source(write_list(b"\xfe\xff" + TEXT.encode("utf-16-be")))
    assert table.names == ("phone", "name")


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "shift_jis", "utf-8", "UTF_16"])
def test_named(encoding: str, write_list: WriteList) -> None:
    """What nobody could know is read as it is named."""
    name = {"cp1251": "Иван", "shift_jis": "山田"}.get(encoding, "Łukasz")
    content = f"phone,name\n+14155550101,{name}\n".encode(encoding)
    table = read_source(write_list(content), Options(encoding=encoding))
    assert table.frame.collect().rows() == [("+14155550101", name)]


def test_what_was_found_is_told(write_list: WriteList, caplog: pytest.LogCaptureFixture) -> None:
    """Western text is read as Windows-1252 or Latin-1, and a warning says so."""
    with caplog.at_level(logging.WARNING):
        read_source(write_list(TEXT.encode("cp1252")))
    [record] = caplog.records
    assert record.__dict__["action"] == "encoding"
    assert "read as cp1252" in record.getMessage()


def test_second_chunk(write_list: WriteList, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter that lies across two reads is one letter; CR and LF across two are one line end."""
    for size in range(1, 12):
        monkeypatch.setattr("campaign.contacts.encodings.CHUNK_BYTES", size)
        content = "phone,n\r\n+14155550101,ü€\r\n".encode()
        table = read_source(write_list(content))
        assert table.frame.collect().rows() == [("+14155550101", "ü€")]
        assert table.files != ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,ü\n".encode() + b"2,\xfc\n", "is not UTF-8: line 3 (byte offset 11)"),
        ("a,b\nü,ü\n".encode() + b"x,\xc3", "is not UTF-8: line 3 (byte offset 12)"),
        ("телефон,имя\n1,Иван Петров\n".encode("cp1251"), "is not UTF-8: line 1 (byte offset 0)"),
        ("a,b\n1,2".encode("utf-16") + b"\0", "is not utf-16: in or after line "),
    ],
)
def test_refused(
    content: bytes, message: str, write_list: WriteList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that two encodings would have to share, or none has, are not guessed at."""
    for size in (1 << 20, 3):
        monkeypatch.setattr("campaign.contacts.encodings.CHUNK_BYTES", size)
        with pytest.raises(ListError) as caught:
            read_source(write_list(content))
        assert "is not " in str(caught.value)
        if size > 3:
            assert message in str(caught.value)


def test_named_wrongly(write_list: WriteList) -> None:
    """A named encoding that the bytes are not is a `ListError`."""
    path = write_list(TEXT.encode("cp1252"))
    with pytest.raises(ListError, match="is not UTF-8: line 2"):
        read_source(path, Options(encoding="utf-8"))
    with pytest.raises(ListError, match="is not ascii: in or after line 1"):
        read_source(path, Options(encoding="ascii"))


def test_few_nuls_are_no_utf16(write_list: WriteList) -> None:
    """A stray NUL does not make a file UTF-16."""
    table = read_source(write_list("phone,name\n+14155550101,A\0da\n"))
    assert not table.clean
    assert table.frame.collect().rows() == [("+14155550101", "A\0da")]
