"""A list that was read and screened: the way from it to contacts, and to what was rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors as cs

from campaign.contacts import texts as prompt
from campaign.contacts.checks import Checks, variables
from campaign.contacts.columns import Columns, find_columns
from campaign.contacts.consent import ConsentColumns
from campaign.contacts.fields import FIELDS, TIMEZONE
from campaign.contacts.phone import check_region
from campaign.contacts.read import Source, read_source
from campaign.contacts.suppression import suppressed_by
from campaign.contacts.suppression_files import Files, Notice, read_suppressions
from campaign.contacts.table import Options, Table
from campaign.contacts.text import as_text, as_texts
from campaign.contacts.verdicts import screen
from campaign.contacts.zones import Locator
from campaign.model import NOWHERE, Contact, Location, Outcome

BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listing:
    """A screened list; its rows are streamed from the file, the frame or a private copy of it.

    `source` is the path as given, `None` for a frame. `key_column` is `""` where the number is
    the key. `frame` holds the list's own columns, untouched and in order, without those of an
    earlier results file. `screened` has one row per row of the list, in order: `row` (UInt32,
    from 0), `key`, `to_number` (null where there is none), `outcome` (`marking.OUTCOME`, null for
    callable), `reason`, and `normalised`, whether the number was spelled another way;
    with a `locator`, also what rows say of where their contacts are (`Checks`).
    A rejected row keeps its key and number as far as they are known. Texts count rows from 1.
    `region` is that of numbers without `+`; `notices` tell of lines of suppression files that are
    no numbers.
    """

    source: str | None
    rows: int
    phone_column: str
    key_column: str
    content_hash: str
    frame: pl.LazyFrame = field(repr=False)
    screened: pl.DataFrame = field(repr=False)
    columns: Columns = field(repr=False)
    table: Table = field(repr=False)
    region: str | None = None
    notices: tuple[Notice, ...] = ()
    clean_variables: bool = False
    locator: Locator | None = field(default=None, repr=False)

    @property
    def normalised(self) -> int:
        """How many rows spell their number another way than it is called."""
        return int(self.screened["normalised"].sum())

    def contacts(
        self, size: int = 1000, start_row: int = 0, meant: pl.Series | None = None
    ) -> Iterator[list[Contact]]:
        """Yield the callable rows from row `start_row` on, in list order, up to `size` at once.

        `meant` tells of each row of the list whether it is wanted (Boolean); all are, without.
        Raises `ListError` where the file was changed since it was screened.
        """
        if meant is not None:
            start_row = max(start_row, meant.arg_max() or 0)
        at = start_row
        for rows, verdicts in self._batches(size, start_row):
            callable_rows = verdicts["outcome"].is_null()
            if meant is not None:
                callable_rows &= meant.slice(at, rows.height)
            at += rows.height
            if contacts := list(
                _contacts(rows.filter(callable_rows), verdicts.filter(callable_rows), self)
            ):
                yield contacts

    def numbers(self) -> pl.DataFrame:
        """Return `row`, `key` and `to_number` of the callable rows, in list order."""
        return self.screened.filter(pl.col("outcome").is_null()).select("row", "key", "to_number")

    def rejects(self) -> pl.DataFrame:
        """Return the rejected rows: the list's own columns, and `call_error` with the reason.

        The list is read again from the first of them to the last.
        """
        none = pl.DataFrame(schema={**self.frame.collect_schema(), "call_error": pl.String()})
        rejected = self.screened["outcome"] == Outcome.REJECTED.value
        if not (at := rejected.arg_true()).len():
            return none
        batches, left = self._batches(BATCH_ROWS, at[0]), at[-1] - at[0] + 1
        found = [none]
        while left > 0:
            rows, verdicts = next(batches)
            told = rows.with_columns(verdicts["reason"].alias("call_error"))
            bad = told.filter(verdicts["outcome"] == Outcome.REJECTED.value)
            # Written anew: texts that were chosen hold on to all those that were not.
            found.append(bad.with_columns(cs.string() + ""))
            left -= rows.height
        return pl.concat(found)

    def places(self) -> pl.DataFrame | None:
        """Return what the list itself says of where its rows are: `zone` and `region`, in order.

        Texts, null where a cell says nothing or its row is rejected; `None` where the list has no
        column of either.
        """
        named = {"zone": self.columns.fields.get(TIMEZONE), "region": self.columns.region}
        if not any(named.values()):
            return None
        found = [
            pl.DataFrame([_cell(rows, name).alias(place) for place, name in named.items()])
            for rows, _ in self._batches(BATCH_ROWS, 0)
        ]
        rejected = self.screened["outcome"].eq_missing(Outcome.REJECTED.value)
        return pl.concat(found).select(
            pl.when(~rejected).then(pl.col(place)).alias(place) for place in named
        )

    def check_unchanged(self) -> None:
        """Raise `ListError` where the file is not the one that was screened any more."""
        self.table.check_unchanged()

    def _batches(self, size: int, start_row: int) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Yield the list's own columns and the verdicts on them, `size` rows at once."""
        at = start_row
        own = self.columns.own
        for batch in self.table.batches(batch_rows=BATCH_ROWS, start_row=start_row, names=own):
            for rows in batch.iter_slices(size):
                yield rows, self.screened.slice(at, rows.height)
                at += rows.height


def read_list(
    source: Source,
    *,
    phone_column: str | None = None,
    key_column: str | None = None,
    timezone_column: str | None = None,
    region_column: str | None = None,
    consent: ConsentColumns | None = None,
    now: datetime | None = None,
    region: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    suppress: Files = (),
    clean_variables: bool = False,
    locate: bool = False,
    keep: Path | None = None,
) -> Listing:
    """Read and screen a list.

    `source` is a path, a folder or pattern of files of one kind, an address (`s3://`, `gs://`,
    `az://`, `https://`), `-` for CSV on standard input, a frame of polars or pandas, or a list of
    dicts. `consent` needs `now`, aware. `suppress` are files of numbers that are not called. With
    `clean_variables` what cannot be sent is taken out of variables, instead of rejecting the row;
    with `locate` contacts come with where they may be. In the folder `keep`, where it is given, a
    copy of the list is made first, and everything is read from that.

    Raises `ListError` where the list cannot be read, has no or two phone columns, or a column that
    would be a variable of the provider's; `ConfigError` for a suppression file that cannot be
    used; `UsageError` for a region that does not exist. What is wrong with a row is in the
    listing.
    """
    known_region = check_region(region)
    suppressions = read_suppressions(suppress, known_region)
    table = read_source(source, Options(encoding=encoding, sheet=sheet, keep=keep))
    told = consent or ConsentColumns()
    columns = find_columns(
        table.names,
        phone_column=phone_column,
        key_column=key_column,
        timezone_column=timezone_column,
        region_column=region_column,
        consent_column=told.consent_column,
        consent_date_column=told.consent_date_column,
    )
    prompt.check_names(columns.variables)
    checks = Checks(
        columns=columns,
        clean=clean_variables,
        consent=consent.asked(now) if consent else None,
        locate=locate,
    )
    screened = screen(table, columns, region=known_region, asking=checks)
    return Listing(
        source=fspath(source) if isinstance(source, str | PathLike) else None,
        rows=table.rows,
        phone_column=columns.phone,
        key_column=columns.key,
        content_hash=table.content_hash,
        frame=table.frame.select(cs.by_name(columns.own)),
        screened=suppressed_by(screened, suppressions.numbers, known_region),
        columns=columns,
        table=table,
        region=known_region,
        notices=suppressions.notices,
        clean_variables=clean_variables,
        locator=Locator() if locate else None,
    )


def _contacts(rows: pl.DataFrame, verdicts: pl.DataFrame, listing: Listing) -> Iterator[Contact]:
    """Yield the contacts of callable rows; their fields were tried by the screening."""
    columns = listing.columns
    # The phone column comes along so that there is a column, whatever the list has.
    names = (columns.phone, *columns.variables, *columns.fields.values())
    texts = as_texts(_only(rows, names))
    if listing.clean_variables:
        texts = texts.with_columns(*prompt.clean(variables(texts, columns.variables)))
    last = len(columns.variables) + 1
    for cells, (row, key, to_number) in zip(
        texts.iter_rows(), verdicts.select("row", "key", "to_number").iter_rows(), strict=True
    ):
        named = zip(columns.variables, cells[1:last], strict=True)
        values = {name: text for name, text in named if text is not None}
        fields = _parsed(zip(columns.fields, cells[last:], strict=True))
        yield Contact(
            row=row,
            key=key,
            to_number=to_number,
            variables=values,
            location=_located(listing, to_number, fields, values),
            **fields,
        )


def _only(rows: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """Return the columns of exactly these names; polars would take `^a$` for a pattern."""
    return pl.DataFrame([rows.get_column(name) for name in names])


def _cell(rows: pl.DataFrame, name: str | None) -> pl.Series:
    """Return a column as texts without blanks around them; nulls where there is none."""
    if not name:
        return pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
    return as_text(rows.get_column(name)).str.strip_chars().replace("", None)


def _located(
    listing: Listing, to_number: str, fields: Mapping[str, Any], values: Mapping[str, str]
) -> Location:
    """Return where a contact may be; a number as written tells nothing of it."""
    if listing.locator is None:
        return NOWHERE
    return listing.locator.locate(
        None if fields.get("ignore_e164") else to_number,
        zone=fields.get("timezone"),
        region=values.get(listing.columns.region),
    )


def _parsed(cells: Iterator[tuple[str, str | None]]) -> Mapping[str, Any]:
    """Return the fields of a `Contact` that the row gives."""
    found = ((FIELDS[name], (text or "").strip()) for name, text in cells)
    return {field.attribute: field.parse(text) for field, text in found if text}
