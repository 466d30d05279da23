"""Private copies: what cannot be read twice, or not as it is, is kept until it is done with.

A folder is the user's alone and goes when the table that reads from it does, at the latest when
the process ends.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import polars as pl
from polars import selectors as cs

from campaign.contacts.table import DAMAGED, Table, lazily


class Folder:
    """A private folder that lives as long as this object, at most as long as the process.

    It is made within `parent`, a temporary place without one.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="campaign-", dir=parent))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Spool:
    """Rows written to a private folder, batch by batch: a snapshot that nobody can change."""

    def __init__(self, parent: Path | None = None) -> None:
        self.folder = Folder(parent)
        self.parts: list[Path] = []
        self.rows = 0
        self.damaged: list[tuple[int, str]] = []

    def add(self, batch: pl.DataFrame) -> None:
        """Take the next rows."""
        path = self.folder.path / f"{len(self.parts):06d}.arrow"
        batch.write_ipc(path)
        self.parts.append(path)
        self.rows += batch.height

    def scan(self, names: tuple[str, ...]) -> pl.LazyFrame:
        """Return all rows taken, as text columns `names`; null where a batch had no such column."""
        schema = pl.Schema(dict.fromkeys(names, pl.String()))
        parts = [pl.scan_ipc(path, glob=False) for path in self.parts]
        whole = pl.concat([schema.to_frame().lazy(), *parts], how="diagonal")
        return whole.select(cs.by_name(names))

    def table(self, name: str, names: tuple[str, ...], content_hash: str) -> Table:
        """Return the rows taken as a table."""
        frame = self.scan(names)
        return Table(
            name=name,
            names=names,
            rows=self.rows,
            content_hash=content_hash,
            frame=frame,
            produce=lazily(frame),
            damaged=pl.DataFrame(self.damaged, schema=DAMAGED, orient="row"),
            held=(self.folder,),
        )
