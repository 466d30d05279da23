"""Where the bytes of a list are: packed, on standard input, in several files, or far away."""

from __future__ import annotations

import errno
import glob
import gzip
import importlib
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from campaign.contacts.far import OPTIONS, await_answer
from campaign.contacts.spool import Folder
from campaign.contacts.table import DAMAGED, Table, changed, lazily, stamp_of
from campaign.contacts.written import parted
from campaign.errors import ListError, UsageError

PACKED = (".gz", ".zst")
REMOTE = ("s3", "gs", "az", "https")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAGIC = "*?["
ZSTD = ("compression.zstd", "backports.zstd")
LINES = 200_000
SPARE_BYTES = 32 << 20
"""What a copy leaves free on its disk."""


def is_remote(source: str) -> bool:
    """Tell whether a source is read over the network; plain `http` only from loopback."""
    parts = urlsplit(source)
    return parts.scheme in REMOTE or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def check_scheme(source: str) -> None:
    """Raise `UsageError` for an address of a kind that is not read."""
    if "://" in source:
        raise UsageError(
            f"a list cannot be read from {source.partition('://')[0]}://",
            hint=f"supported are {', '.join(f'{scheme}://' for scheme in REMOTE)} and files",
        )


def told_address(source: str) -> str:
    """Return an address for messages: without a query, which may hold a signature or a key."""
    parts = urlsplit(source)
    return repr(f"{parts.scheme}://{parts.hostname or ''}{parts.path}")


def remote_path(source: str) -> Path:
    """Return the path of an address, for the kind of the file there."""
    return Path(urlsplit(source).path)


def download_typed(frame: pl.LazyFrame, folder: Folder) -> Path:
    """Keep what a lazy frame of a far file gives, as a file with the same types."""
    copy = folder.path / "copy.parquet"
    await_answer(frame)
    frame.sink_parquet(copy)
    return copy


def download_lines(source: str, folder: Folder, suffix: str) -> Path:
    """Keep the lines of a far text file, which is UTF-8."""
    copy = folder.path / f"copy{suffix}"
    lines = pl.scan_lines(source, glob=False, storage_options=dict(OPTIONS))
    await_answer(lines)
    with copy.open("w", encoding="utf-8", newline="") as file:
        for batch in lines.collect_batches(chunk_size=LINES, maintain_order=True):
            file.writelines(f"{line}\n" for line in batch["line"])
    return copy


def spooled_input(folder: Folder) -> Path:
    """Keep standard input: a list is read repeatedly."""
    path = folder.path / "stdin.csv"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


def copied(path: Path, name: str, folder: Folder) -> Path:
    """Keep a file as it is now; one that is written to meanwhile is a `ListError`."""
    target = folder.path / f"list{path.suffix.lower()}"
    stamp = stamp_of(path)
    # Before the disk is full for everybody, the ledger's next writes among them.
    if shutil.disk_usage(folder.path).free < path.stat().st_size + SPARE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    shutil.copyfile(path, target)
    if stamp_of(path) != stamp:
        raise changed(name)
    return target


def unpacked(path: Path, folder: Folder) -> Path:
    """Keep what a packed file holds, under the name without its last suffix."""
    target = folder.path / f"list{Path(path.stem).suffix.lower()}"
    module: Any = gzip if path.suffix.lower() == ".gz" else _zstd()
    with module.open(path, "rb") as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    return target


def _zstd() -> Any:
    """Return the standard library's module, from elsewhere where Python is too old to have it."""
    for module in ZSTD:
        try:
            return importlib.import_module(module)
        except ImportError:
            continue
    raise UsageError(
        "reading .zst is not installed", hint="install campaign[zstd], or unpack the list"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The lists in a folder or of a pattern, and what lies there and is none."""

    lists: list[Path]
    left_out: list[Path]


def lists_of(source: str) -> Files | None:
    """Return the lists of a folder or pattern, by name; `None` where it is neither."""
    files = files_of(source)
    if files is None:
        return None
    lists, left_out = parted(files)
    if not lists:
        raise ListError(f"there is no list in {source!r}", hint="check the path of the list")
    return Files(lists=lists, left_out=left_out)


def told_left_out(files: Files, source: str) -> tuple[str, ...]:
    """Return what a person is told of files that are no lists."""
    if not files.left_out:
        return ()
    names = ", ".join(repr(path.name) for path in files.left_out)
    return (f"left out of the list {source!r}, since runs write or keep them: {names}",)


def files_of(source: str) -> list[Path] | None:
    """Return the files of a folder or pattern, by name; `None` where it is neither.

    A file that is there by that very name is no pattern. Hidden files are left out.
    """
    path = Path(source)
    if path.is_dir():
        found = list(path.iterdir())
    elif not path.exists() and any(sign in source for sign in MAGIC):
        found = [Path(name) for name in glob.glob(source, recursive=True)]
    else:
        return None
    files = sorted(file for file in found if file.is_file() and not file.name.startswith("."))
    if not files:
        raise ListError(f"there is no file in {source!r}", hint="check the path of the list")
    return files


def is_there(source: str) -> bool:
    """Tell whether there is anything under a path or pattern; of what is far away that it is."""
    if is_remote(source) or Path(source).exists():
        return True
    try:
        return files_of(source) is not None
    except ListError:
        return False


def joined(tables: list[Table], name: str) -> Table:
    """Return tables of the same columns as one, in order."""
    first = tables[0]
    for table in tables[1:]:
        if table.names != first.names:
            raise ListError(
                f"the list {name} has other columns in {table.name} than in {first.name}",
                hint="give files of one kind, with the same columns in the same order",
            )
    frame = pl.concat([table.frame for table in tables], how="vertical")
    frame.collect_schema()
    hashes = "".join(table.content_hash for table in tables)
    return Table(
        name=name,
        names=first.names,
        rows=sum(table.rows for table in tables),
        content_hash=sha256(hashes.encode()).hexdigest(),
        frame=frame,
        produce=lazily(frame),
        files=tuple(file for table in tables for file in table.files),
        damaged=pl.concat([DAMAGED.to_frame(), *_moved(tables)]),
        clean=all(table.clean for table in tables),
        held=tuple(tables),
    )


def _moved(tables: list[Table]) -> Iterator[pl.DataFrame]:
    """Yield the damaged rows of each table, counted from the first row of the first."""
    before = 0
    for table in tables:
        yield table.damaged.with_columns((pl.col("row") + before).cast(pl.UInt32))
        before += table.rows
