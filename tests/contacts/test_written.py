"""Folders and patterns in which runs wrote, too: what is no list is not taken for one."""

from __future__ import annotations

import builtins
import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.contacts import read_list
from campaign.contacts.read import read_source
from campaign.contacts.written import is_written, parted
from campaign.errors import ListError

LIST = pl.DataFrame({"phone": ["+14155550101"], "name": ["a\n,b"]})
RESULTS = LIST.with_columns(call_outcome=pl.lit("answered"))
REJECTS = LIST.with_columns(call_error=pl.lit("too short"))


def write(frame: pl.DataFrame, path: Path) -> Path:
    """Write a frame as the kind of file that its name says."""
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".xlsx":
        from campaign.outcomes.write import write_frame

        write_frame(frame, path)
    else:
        getattr(frame, f"write_{path.suffix[1:]}")(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "ndjson", "xlsx"])
@pytest.mark.parametrize(("frame", "expected"), [(LIST, False), (RESULTS, True), (REJECTS, True)])
def test_a_runs_files_are_known_by_their_columns(
    frame: pl.DataFrame, expected: bool, kind: str, tmp_path: Path
) -> None:
    """Results, rejects and attempts, whatever they are called; a list is none."""
    assert is_written(write(frame, tmp_path / f"list.{kind}")) is expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "phone;call_outcome\n+1;x\n".encode("utf-16"), True),
        ("a.csv", "\ufeffcall_outcome\tname\n".encode(), True),
        ("a.csv", "näme,call_error\n".encode("latin-1"), True),
        ("a.csv", b"phone,my_call_outcome\n+1,call_outcome\n", False),
        ("a.csv", b"", False),
        ("a.csv", b'"phone,call_outcome\n' + b"x" * 200_000, False),
        ("a.ndjson", b'["call_outcome"]\n', False),
        ("a.ndjson", b"call_outcome\n", False),
        ("a.parquet", b"call_outcome\n", False),
        ("a.xlsx", b"call_outcome\n", False),
        ("a.docx", b"call_outcome\n", False),
    ],
)
def test_any_other_file_is_none(name: str, content: bytes, expected: bool, tmp_path: Path) -> None:
    """The names of the columns decide; what cannot be read is left to whoever reads it."""
    (tmp_path / name).write_bytes(content)
    assert is_written(tmp_path / name) is expected


def test_workbooks_that_nobody_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library a workbook is left to whoever reads the list."""
    path = write(RESULTS, tmp_path / "a.xlsx")
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "fastexcel":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert is_written(path) is False


def test_files_that_are_gone_are_left_to_whoever_reads_them(tmp_path: Path) -> None:
    """A file that goes away meanwhile is no reason to fail here."""
    gone = tmp_path / "gone.csv"
    assert parted([gone]) == ([gone], [])


@pytest.mark.parametrize("place", ["{}", "{}/*", "{}/*.csv"])
def test_results_among_lists_are_left_out(place: str, tmp_path: Path) -> None:
    """They are told, and the list has the same rows and the same hash as without them."""
    folder = tmp_path / "lists"
    write(LIST, folder / "b.csv")
    write(LIST, folder / "a.csv")
    source = place.format(folder)
    before = read_source(source)
    write(RESULTS, folder / "all.csv")
    write(REJECTS, folder / "bad.csv")
    after = read_source(source)
    assert (before.rows, before.content_hash, before.notices) == (2, after.content_hash, ())
    assert (after.rows, after.names) == (2, ("phone", "name"))
    assert after.notices == (
        f"left out of the list {source!r}, since runs write or keep them: 'all.csv', 'bad.csv'",
    )


def test_a_folder_that_runs_work_in(tmp_path: Path) -> None:
    """Ledger, lock files, settings and results of another kind lie beside the only list."""
    write(LIST, tmp_path / "a.csv")
    write(RESULTS, tmp_path / "x.results.parquet")
    db = sqlite3.connect(tmp_path / "campaign.db")
    db.execute("CREATE TABLE t (a)")
    db.close()
    for name in ("campaign.db-wal", "campaign.toml", "x.db.0123456789ab.lock"):
        (tmp_path / name).write_text("")
    listing = read_list(str(tmp_path))
    (notice,) = listing.table.notices
    names = "'campaign.db', 'campaign.db-wal', 'campaign.toml', 'x.db.0123456789ab.lock'"
    assert listing.rows == 1
    assert notice.endswith(f"since runs write or keep them: {names}, 'x.results.parquet'")


def test_results_alone_are_the_list(tmp_path: Path) -> None:
    """Earlier results that are named on purpose are a list, without the runs' columns."""
    write(RESULTS, tmp_path / "a.results.csv")
    write(RESULTS, tmp_path / "b.results.csv")
    listing = read_list(str(tmp_path / "*.results.csv"))
    assert (listing.rows, listing.table.notices) == (2, ())
    assert listing.frame.collect_schema().names() == ["phone", "name"]


def test_a_folder_without_any_list(tmp_path: Path) -> None:
    """Where only what runs keep is left, there is no list."""
    (tmp_path / "campaign.toml").write_text("")
    with pytest.raises(ListError, match="there is no list in"):
        read_source(str(tmp_path))


def test_other_kinds_are_still_refused(tmp_path: Path) -> None:
    """A file that no run wrote is not left out for its kind."""
    write(LIST, tmp_path / "a.csv")
    (tmp_path / "b.xls").write_bytes(b"\xd0\xcf")
    with pytest.raises(ListError, match=r"of several kinds: \.csv, \.xls"):
        read_source(str(tmp_path))
