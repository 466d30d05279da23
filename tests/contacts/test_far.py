"""Lists in an object store: what is read from there, and what is told where nothing comes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import ClassVar
from urllib.parse import unquote

import polars as pl
import pytest

from campaign.contacts import far, places
from campaign.contacts.read import read_source
from campaign.errors import ListError

CSV = b'phone,name\n+14155550101,Ada\n+14155550102,"Bob, jr"\n'
ROWS = [("+14155550101", "Ada"), ("+14155550102", "Bob, jr")]


class Store(BaseHTTPRequestHandler):
    """Speaks as much of S3 as reading takes; keeps who signed which request."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]] = {}
    signed: ClassVar[list[str]] = []
    silent: ClassVar[Event] = Event()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer with an object or a part of it, or with an error as S3 words it."""
        path = unquote(self.path.partition("?")[0])
        self.signed.append(self.headers.get("Authorization", ""))
        if path.startswith("/silent/"):
            self.silent.wait(10)
        if path.startswith("/broken/"):
            self._answer(500, b"<Error><Code>InternalError</Code></Error>")
        elif path.startswith("/private/"):
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif (content := self.objects.get(path)) is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._part(content)

    def _part(self, content: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "bytes=0-")
        assert asked is not None
        size = len(content)
        start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        end = min(size, int(asked[2]) + 1) if asked[1] and asked[2] else size
        self._answer(206, content[start:end], f"bytes {start}-{end - 1}/{size}")

    def _answer(self, status: int, body: bytes, part: str = "") -> None:
        self.send_response(status)
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
        self.send_header("ETag", '"1"')
        if part:
            self.send_header("Content-Range", part)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Store]]:
    """Serve a store on loopback, with keys in the environment as people set them."""
    Store.objects, Store.signed, Store.silent = {}, [], Event()
    served = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    thread = Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{served.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "KNOWN",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(places, "OPTIONS", {**far.OPTIONS, "max_retries": 0})
    yield Store
    Store.silent.set()
    served.shutdown()
    thread.join()
    served.server_close()


def test_lists_in_a_bucket(store: type[Store]) -> None:
    """CSV and Parquet are read from `s3://`, with the keys of the environment."""
    typed = io.BytesIO()
    pl.DataFrame(ROWS, schema=["phone", "name"], orient="row").write_parquet(typed)
    store.objects = {"/lists/a b.csv": CSV, "/lists/a.parquet": typed.getvalue()}
    for address in ("s3://lists/a b.csv", "s3://lists/a.parquet"):
        assert read_source(address).frame.collect().rows() == ROWS
    assert all("Credential=KNOWN/" in header for header in store.signed)


@pytest.mark.parametrize(
    ("address", "said", "hint"),
    [
        ("s3://lists/none.csv", "there is nothing at that address", "check how it is spelled"),
        ("s3://lists/none.parquet", "there is nothing at that address", "check how it is spelled"),
        ("s3://private/a.csv", "may not be read with the credentials", "set AWS_ACCESS_KEY_ID"),
        ("s3://private/a.parquet", "may not be read with the credentials", "AWS_ENDPOINT_URL"),
        ("s3://broken/a.csv", "the address does not answer", "check the network"),
        ("s3://lists/bad.parquet", "not a parquet file|out of spec|magic", "the file is whole"),
        ("s3://lists/latin.csv", "utf", "the file is whole"),
        ("s3:///a.csv", "empty bucket name", "check the address"),
    ],
)
def test_what_does_not_come(store: type[Store], address: str, said: str, hint: str) -> None:
    """What is wrong with an address is told in one line, with what to do about it."""
    store.objects = {
        "/lists/bad.parquet": b"x" * 100,
        "/lists/latin.csv": CSV.replace(b"Ada", b"Jos\xe9"),
    }
    with pytest.raises(ListError, match=re.compile(said, re.IGNORECASE)) as caught:
        read_source(address)
    text = str(caught.value)
    assert hint in text
    assert repr(address) in text
    assert "\n" not in text


def test_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that says nothing is waited for no longer than a person would."""
    monkeypatch.setattr(far, "PATIENCE_S", 0.2)
    with pytest.raises(ListError, match="the address does not answer; check the network"):
        read_source("s3://silent/a.csv")


def test_a_signature_is_not_shown() -> None:
    """What stands behind the question mark of an address may be a key, and is in no message."""
    error = far._explained(
        "'https://host/a.csv'", "https://host/a.csv?sig=x", "odd (https://host/a.csv?sig=x) at 7"
    )
    assert "odd (https://host/a.csv) at 7" in str(error)
    assert "sig" not in str(error)
