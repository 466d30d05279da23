"""Packed lists, several files, and lists that are far away."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest

from campaign.contacts import read_list
from campaign.contacts.read import read_source
from campaign.contacts.table import Options
from campaign.errors import ListError, UsageError

WriteList = Callable[..., Path]
CONTENT = "phone,name\n+14155550101,Ada\n"
ROWS = [("+14155550101", "Ada")]


@pytest.mark.parametrize("name", ["list.csv.gz", "list.TSV.GZ"])
def test_gzip(name: str, write_list: WriteList) -> None:
    """A packed list is the list in it; the copy cannot change."""
    path = write_list(gzip.compress(CONTENT.encode()), name)
    table = read_source(path)
    path.unlink()
    table.check_unchanged()
    assert table.frame.collect().rows() == ROWS


def test_zstd(write_list: WriteList) -> None:
    """A list packed with zstd is read as one packed with gzip."""
    zstd = pytest.importorskip("backports.zstd")
    line = b'{"phone": "+14155550101", "name": "Ada"}\n'
    path = write_list(zstd.compress(line), "list.ndjson.zst")
    assert read_source(path).frame.collect().rows() == ROWS


def test_zstd_is_looked_for(write_list: WriteList, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first module that is there is used; without any it is said."""
    path = write_list(gzip.compress(CONTENT.encode()), "list.csv.zst")
    monkeypatch.setattr("campaign.contacts.places.ZSTD", ("no.such.module", "gzip"))
    assert read_source(path).frame.collect().rows() == ROWS
    monkeypatch.setattr("campaign.contacts.places.ZSTD", ("no.such.module",))
    with pytest.raises(UsageError, match=r"install campaign\[zstd\]"):
        read_source(path)


@pytest.mark.parametrize("cut", [30, -9])
def test_damaged_gzip(cut: int, write_list: WriteList) -> None:
    """A packed list that was cut off, or is none, is a `ListError`."""
    packed = gzip.compress(CONTENT.encode())
    for content in (packed[:cut], b"phone\n1\n", packed[:12] + b"\xff\xff" + packed[14:]):
        with pytest.raises(ListError, match="cannot be read"):
            read_source(write_list(content, "list.csv.gz"))


def test_packed_kind_is_unknown(write_list: WriteList) -> None:
    """What is in a packed file is told by the suffix before."""
    with pytest.raises(ListError, match=re.escape("'.gz'")):
        read_source(write_list(b"", "list.gz"))


def test_several_files(write_list: WriteList, tmp_path: Path) -> None:
    """A folder or pattern is one list, by name; damage and duplicates are counted through."""
    write_list("phone,name\n+14155550103\n+14155550101,Bo\n", "b.csv")
    write_list(CONTENT, "a.csv")
    write_list("", ".hidden")
    (tmp_path / "folder").mkdir()
    for source in (tmp_path, tmp_path / "*.csv", str(tmp_path / "[ab].csv")):
        listing = read_list(source)
        assert listing.rows == 3
        assert listing.screened["reason"].to_list() == [
            None,
            "1 field where the header has 2: line 2: '+14155550103'",
            "duplicate: same number as row 1",
        ]
        assert [contact.row for batch in listing.contacts() for contact in batch] == [0]
    write_list("changed", "a.csv")
    with pytest.raises(ListError, match="was changed"):
        listing.check_unchanged()


def test_a_pattern_for_one_file(write_list: WriteList, tmp_path: Path) -> None:
    """A name that is there is no pattern; a pattern may match one file."""
    path = write_list(CONTENT, "list[1].csv")
    assert read_source(path).frame.collect().rows() == ROWS
    assert read_source(tmp_path / "list*").frame.collect().rows() == ROWS


def test_files_that_do_not_fit(write_list: WriteList, tmp_path: Path) -> None:
    """Files of other kinds or columns are not mixed."""
    write_list(CONTENT, "a.csv")
    write_list("name,phone\nBo,+14155550102\n", "b.csv")
    with pytest.raises(ListError, match=r"other columns in '.*b\.csv' than in '.*a\.csv'"):
        read_source(tmp_path)
    write_list("{}", "c.ndjson")
    with pytest.raises(ListError, match=r"several kinds: \.csv, \.ndjson"):
        read_source(tmp_path)
    with pytest.raises(ListError, match="there is no file in"):
        read_source(tmp_path / "*.parquet")


def test_types_that_do_not_fit(tmp_path: Path) -> None:
    """Files whose columns have other types are a `ListError`."""
    pl.DataFrame({"phone": ["+14155550101"]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"phone": [14155550101]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(ListError, match="cannot be read"):
        read_source(tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Serve a folder on loopback with ranges, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = tmp_path / self.path.partition("?")[0].lstrip("/")
            if not path.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = path.read_bytes()
            size = len(content)
            asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "bytes=0-")
            assert asked is not None
            start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
            end = min(size, int(asked[2]) + 1) if asked[1] and asked[2] else size
            self.send_response(206)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            self.send_header("Content-Length", str(end - start))
            self.end_headers()
            if body:
                self.wfile.write(content[start:end])

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_far_lists(server: str, write_list: WriteList, tmp_path: Path) -> None:
    """A list behind an address is copied once: CSV by its lines, Parquet with its types."""
    write_list('phone,name\r\n+14155550101,"Ada"\r\n', "list.csv")
    frame = pl.DataFrame({"phone": ["+14155550101"], "age": [3]})
    frame.write_parquet(tmp_path / "list.parquet")
    text = read_source(f"{server}/list.csv")
    typed = read_list(f"{server}/list.parquet")
    (tmp_path / "list.csv").unlink()
    assert text.frame.collect().rows() == ROWS
    assert text.name == f"'{server.rpartition(':')[0]}/list.csv'"
    assert typed.frame.collect().equals(frame)
    assert typed.source == f"{server}/list.parquet"
    with pytest.raises(ListError, match="cannot be read"):
        read_source(f"{server}/list.csv")


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("https://host/list.xlsx?sig=secret", ListError, "cannot be read from there: '.xlsx'"),
        ("s3://bucket/list.csv.gz", ListError, "cannot be read from there: '.csv.gz'"),
        ("gs://bucket/list.docx", ListError, "of a kind that cannot be read: '.docx'"),
        ("hf://datasets/x/list.csv", UsageError, "cannot be read from hf://"),
        ("http://host/list.csv", UsageError, "cannot be read from http://"),
    ],
)
def test_addresses_that_are_not_read(source: str, error: type, message: str) -> None:
    """Addresses of other kinds are refused; what may be a key in them is not shown."""
    with pytest.raises(error) as caught:
        read_source(source)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_options_reach_each_file(write_list: WriteList, tmp_path: Path) -> None:
    """A named encoding is that of all files."""
    write_list("phone,name\n+14155550101,Łu\n".encode("cp1250"), "a.csv")
    assert read_source(tmp_path, Options(encoding="cp1250")).frame.collect().rows() == [
        ("+14155550101", "Łu")
    ]
