"""Some rows of a list, chosen by a mask: millions of verdicts are not copied to leave a few out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from campaign.contacts.marking import columns_of

FORGOTTEN = "forgotten:"
"""How keys and numbers begin that the ledger has forgotten; a keyed hash follows."""

AT = "at"
"""The column that says where in the verdicts a chosen row stands (UInt32, from 0)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The rows of `screened`, the verdicts on a list, that are `meant` (Boolean, in one piece)."""

    screened: pl.DataFrame
    meant: pl.Series

    @property
    def height(self) -> int:
        """How many rows are meant."""
        return int(self.meant.sum())

    def starts(self, size: int) -> range:
        """Return where the parts begin that the verdicts fall into, of so many each."""
        return range(0, self.screened.height, size)

    def part(self, start: int, size: int, names: Iterable[str]) -> pl.DataFrame:
        """Return columns of the rows among so many verdicts from `start` on, with `AT`."""
        meant = self.meant.slice(start, size)
        some = columns_of(self.screened, names).slice(start, size).with_row_index(AT, start)
        return some if meant.all() else some.filter(meant)

    def where(self, also: pl.Series) -> Rows:
        """Return those of the rows for which `also` (Boolean) is true as well."""
        return replace(self, meant=(self.meant & also).rechunk())


def callable_rows(screened: pl.DataFrame, open_rows: pl.Series | None = None) -> Rows:
    """Return the rows that are neither rejected nor suppressed, as far as they are open."""
    rows = Rows(screened=screened, meant=screened["outcome"].is_null().rechunk())
    return rows if open_rows is None else rows.where(open_rows)


def parted(rows: Rows, *, keys: Iterable[str], numbers: Iterable[str]) -> tuple[Rows, Rows]:
    """Return the rows that have one of these keys or numbers, and the others.

    Where one of them is a hash, any row may be meant: all of them are returned first.
    """
    known = [pl.Series(list(names), dtype=pl.String) for names in (keys, numbers)]
    if any(names.str.starts_with(FORGOTTEN).any() for names in known):
        return rows, rows.where(pl.Series([False]).new_from_index(0, rows.screened.height))
    screened = rows.screened
    by_key = screened["key"].is_in(known[0].implode())
    found = (by_key | screened["to_number"].is_in(known[1].implode())).fill_null(value=False)
    return rows.where(found), rows.where(~found)
