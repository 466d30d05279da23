"""Where lists come from, and what is said of those that cannot be read."""

from __future__ import annotations

import errno
import gc
import gzip
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from campaign.contacts import SUFFIXES
from campaign.contacts.read import read_source
from campaign.contacts.spool import Folder
from campaign.contacts.table import Options, reading
from campaign.errors import LedgerError, ListError, UsageError

WriteList = Callable[..., Path]
WriteBook = Callable[..., Path]
FRAME = pl.DataFrame({"phone": ["+14155550101", "+14155550102"], "age": [3, None]})


def test_parquet_keeps_types(tmp_path: Path) -> None:
    """A Parquet file is streamed as it is, types and all."""
    path = tmp_path / "list[1].PARQUET"
    FRAME.write_parquet(path)
    table = read_source(str(path))
    assert table.names == ("phone", "age")
    assert table.rows == 2
    assert table.frame.collect().equals(FRAME)
    assert [batch.rows() for batch in table.batches(batch_rows=1, start_row=1)] == [
        [("+14155550102", None)]
    ]


@pytest.mark.parametrize("source", [FRAME, FRAME.lazy()], ids=["frame", "lazy frame"])
def test_frames(source: pl.DataFrame | pl.LazyFrame) -> None:
    """A polars frame is a list too."""
    table = read_source(source)
    assert table.frame.collect().equals(FRAME)
    assert table.files == ()
    table.check_unchanged()


def test_lazy_frame_is_run_once() -> None:
    """Rows that come out differently each time cannot move under a list in use."""
    runs: list[int] = []

    def numbered(frame: pl.DataFrame) -> pl.DataFrame:
        runs.append(len(runs))
        return frame.with_columns(run=pl.lit(len(runs)))

    source = FRAME.lazy().map_batches(numbered, schema={**FRAME.schema, "run": pl.Int32()})
    table = read_source(source)
    assert table.frame.collect()["run"].to_list() == [1, 1]
    assert runs == [0]


def test_frame_hash_is_of_names_and_texts() -> None:
    """The same list has the same hash however it is laid out; another one has another."""
    first = read_source(FRAME).content_hash
    pieces = pl.concat([FRAME.head(1), FRAME.tail(1)], rechunk=False)
    floats = FRAME.with_columns(pl.col("age").cast(pl.Float64))
    assert read_source(pieces).content_hash == first
    assert read_source(floats).content_hash == first
    assert read_source(FRAME.reverse()).content_hash != first
    assert read_source(FRAME.rename({"age": "years"})).content_hash != first


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is CSV on standard input, kept in a private folder that goes with the table."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"phone\n+14155550101\n")))
    table = read_source("-")
    assert table.frame.collect().rows() == [("+14155550101",)]
    folder = next(held.path for held in table.held if isinstance(held, Folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["stdin.csv"]
    del table
    gc.collect()
    assert not folder.exists()


def test_standard_input_leaves_nothing_behind(tmp_path: Path) -> None:
    """After a process that read a list from standard input, its copy is gone."""
    script = "from campaign.contacts import read_list; print(read_list('-').rows)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="phone\n+14155550101\n",
        env={**os.environ, "TMPDIR": str(tmp_path)},
        text=True,
        capture_output=True,
        check=True,
    )
    assert done.stdout == "1\n"
    assert list(tmp_path.iterdir()) == []


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on standard input is an error of the list."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    with pytest.raises(ListError, match="the list on standard input is empty"):
        read_source("-")


def test_unknown_suffix_names_the_known_ones(write_list: WriteList) -> None:
    """A kind of file that nobody reads is refused with the kinds that are read."""
    path = write_list("phone\n1\n", "list.docx")
    with pytest.raises(ListError, match=r"a kind that cannot be read: '\.docx'") as caught:
        read_source(path)
    assert [suffix for suffix in SUFFIXES if suffix in caught.value.hint] == list(SUFFIXES)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".CSV"])
def test_text_suffixes(suffix: str, write_list: WriteList) -> None:
    """Text files are CSV by any of these names."""
    assert read_source(write_list("a\tb\n1\t2\n", f"list{suffix}")).names == ("a", "b")


def test_missing_folder_and_pipe(tmp_path: Path) -> None:
    """What is no file is refused, each with its own words."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(ListError, match="there is no file"):
        read_source(tmp_path / "missing.csv")
    with pytest.raises(ListError, match="there is no file in"):
        read_source(tmp_path)
    with pytest.raises(ListError, match="is not a regular file"):
        read_source(pipe)


def test_corrupt_parquet(write_list: WriteList, tmp_path: Path) -> None:
    """A Parquet file that is none, or was cut off, is a `ListError` with its cause."""
    path = tmp_path / "list.parquet"
    FRAME.write_parquet(path)
    cut = write_list(path.read_bytes()[:-20], "cut.parquet")
    for broken in (cut, write_list("phone\n1\n", "text.parquet"), write_list("", "no.parquet")):
        with pytest.raises(ListError, match="cannot be read") as caught:
            read_source(broken)
        assert caught.value.__cause__ is not None


def test_corrupt_pages_are_found_while_streaming(tmp_path: Path) -> None:
    """Damage behind an intact footer is a `ListError` as soon as it is met."""
    path = tmp_path / "list.parquet"
    pl.DataFrame({"phone": [f"+1415555{n:04d}" for n in range(5000)]}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    table = read_source(path)
    with pytest.raises(ListError, match="cannot be read"):
        list(table.batches(batch_rows=1000))


def test_broken_lazy_frame() -> None:
    """A lazy frame that cannot be run is a `ListError`."""
    with pytest.raises(ListError, match="the list given as a frame cannot be read"):
        read_source(FRAME.lazy().select("missing"))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"phone": []}, schema={"phone": pl.String}), "has a header and no rows"),
        (pl.DataFrame(), "has no columns"),
        (pl.DataFrame({"": ["x"]}), "has no name for column 1"),
        (pl.DataFrame({"logo": [b"x"]}), "has the type Binary in its column 'logo'"),
        (pl.DataFrame({"deep": [[{"x": b"x"}]]}), "has the type Binary in its column 'deep'"),
        (
            pl.DataFrame({"thing": [object()]}, schema={"thing": pl.Object}),
            "has the type Object in its column 'thing'",
        ),
    ],
)
def test_frames_that_are_no_lists(frame: pl.DataFrame, message: str) -> None:
    """A frame without rows, names or texts is refused."""
    with pytest.raises(ListError) as caught:
        read_source(frame)
    assert message in str(caught.value)


def test_change_while_in_use(write_list: WriteList) -> None:
    """A list that is changed while it is in use stops the reading: rows are never mixed."""
    path = write_list("phone,a\n1,2\n3,4\n")
    table = read_source(path)
    batches = table.batches(batch_rows=1)
    assert next(batches).height == 1
    path.write_text("phone,a\n9,9\n9,9\n9,9\n")
    with pytest.raises(ListError, match="was changed while it was in use"):
        next(batches)
    with pytest.raises(ListError, match="was changed while it was in use"):
        table.check_unchanged()


@pytest.mark.parametrize(
    "content",
    ['phone,a\n1,"2"\n\n3,4\n', "phone,a\n1,2\n3,4\n".encode("utf-16"), b"phone,a\n1,2\n\n3,4\n"],
)
def test_a_copy_cannot_change(content: str | bytes, write_list: WriteList) -> None:
    """A list that a copy was taken of is what it was, whatever becomes of the file."""
    path = write_list(content)
    table = read_source(path)
    path.write_text("phone,a\n9,9\n")
    table.check_unchanged()
    rows = [row for batch in table.batches(batch_rows=1) for row in batch.rows()]
    assert rows == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("list.csv", Options(sheet="x"), "is no workbook; leave --sheet out"),
        ("list.parquet", Options(encoding="utf-8"), "is no text file; leave --encoding out"),
        ("list.csv", Options(encoding="utf-9"), "there is no text encoding 'utf-9'"),
        ("list.csv", Options(encoding="hex"), "there is no text encoding 'hex'"),
    ],
)
def test_options_that_do_not_fit(
    name: str, options: Options, message: str, write_list: WriteList
) -> None:
    """An option that would say nothing about a list is wrong usage, not ignored."""
    with pytest.raises(UsageError) as caught:
        read_source(write_list("phone\nx\n", name), options)
    assert message in str(caught.value)


def test_list_that_went_away(write_list: WriteList) -> None:
    """A list that is deleted while in use is a `ListError`, not a traceback."""
    path = write_list("phone\n1\n")
    table = read_source(path)
    path.unlink()
    with pytest.raises(ListError, match="cannot be read"):
        list(table.batches(batch_rows=1))


@pytest.mark.no_cover
@pytest.mark.parametrize("suffix", [".csv", ".ndjson", ".parquet", ".xlsx", ".csv.gz"])
@pytest.mark.parametrize("how", ["file", "folder"])
def test_a_copy_is_read(suffix: str, how: str, tmp_path: Path, write_book: WriteBook) -> None:
    """What is kept of a list is all that is read from then on; it goes with the list."""
    place, keep = tmp_path / "lists", tmp_path / "keep"
    place.mkdir()
    keep.mkdir()
    for name in ("a", "b") if how == "folder" else ("a",):
        _put(place / f"{name}{suffix}", write_book)
    table = read_source(place if how == "folder" else place / f"a{suffix}", Options(keep=keep))
    for path in place.iterdir():
        path.write_bytes(b"changed")
        path.unlink()
    assert [("1", "2"), ("3", "4")] == table.frame.collect().rows()[:2]
    assert [("1",), ("3",)] == [
        row for batch in table.batches(batch_rows=9, names=["phone"]) for row in batch.rows()
    ][:2]
    assert [] != list(keep.iterdir())
    del table
    gc.collect()
    assert [] == list(keep.iterdir())


def _put(path: Path, write_book: WriteBook) -> None:
    text = "phone,a\n1,2\n3,4\n"
    frame = pl.DataFrame({"phone": ["1", "3"], "a": ["2", "4"]})
    if path.suffix == ".xlsx":
        write_book({"One": [["phone", "a"], ["1", "2"], ["3", "4"]]}).rename(path)
    elif path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".ndjson":
        frame.write_ndjson(path)
    else:
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def test_a_list_that_is_written_to_while_it_is_copied(
    write_list: WriteList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy is of one version of the file, or it is none."""
    path = write_list("phone,a\n1,2\n")

    def and_write(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        path.write_text("phone,a\n1,2\n3,4\n")

    monkeypatch.setattr(shutil, "copyfile", and_write)
    with pytest.raises(ListError, match="was changed while it was in use"):
        read_source(path, Options(keep=tmp_path))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("No space left on device (os error 28)"),
        pl.exceptions.ComputeError("ipc: underlying IO error: No space left (os error 28)"),
    ],
)
def test_no_room(error: Exception) -> None:
    """A full disk is told as one, whoever met with it."""
    with pytest.raises(LedgerError, match="no room for a copy of the list 'x'"), reading("'x'"):
        raise error
