"""Where the people of a whole list may be: worked out once for each combination that it has.

A contact's place follows from its number, its time zone and its region as the list tells it; of
the number, little matters. Rows are grouped by the three, and groups by the place that one
contact of each would have by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from campaign.contacts.chosen import AT, Rows
from campaign.contacts.kinds import alike
from campaign.contacts.marking import columns_of
from campaign.contacts.screen import Listing
from campaign.contacts.zones import Locator
from campaign.model import NOWHERE, Contact, Location

BLOCK = 10_000
"""Numbers of a block of North America, which mostly are in one place."""

NANP_DIGITS = 11
AT_ONCE = 200_000
"""Rows whose numbers are taken apart at once."""

SIDE_BY_SIDE = 2

BY = ("digits", "zone", "region")
NAMED = ("row", "key", "to_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """So many `rows` of one `location`, and the first of them as (row, number)."""

    location: Location
    rows: int
    first: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Whereabouts:
    """The places of some callable rows; `located` has them by `BY`, as numbers into `locations`.

    `located` also has how many of these rows there are of each, and which are the first `most` of
    them. `divided` are the blocks of North America whose numbers are not all in one place.
    """

    locations: tuple[Location, ...]
    located: pl.DataFrame = field(repr=False)
    divided: pl.Series = field(repr=False)
    most: int

    @classmethod
    def of(cls, listing: Listing, rows: Rows, *, most: int = 1) -> Whereabouts:
        """Work out the places of callable rows of the list."""
        undivided = pl.Series(dtype=pl.UInt64)
        if listing.locator is None or not rows.height:
            nobody = pl.DataFrame(schema=["digits"])
            return cls(locations=(NOWHERE,), located=nobody, divided=undivided, most=most)
        blocks = _combined(rows, undivided, most)
        whole = alike(blocks["number"].drop_nulls().unique()).filter("whole")["number"]
        in_block = pl.col("number").is_in(whole.implode())
        divided = blocks.filter(~in_block & _is_block("digits"))["digits"].unique()
        combined = _combined(rows, divided, most) if len(divided) else blocks
        locations, at = _locations(combined, listing.locator)
        located = combined.select(*BY, "rows", "first", at.alias("place"))
        return cls(locations=locations, located=located, divided=divided, most=most)

    def together(self, rows: Rows) -> list[Together]:
        """Return rows, of those that were worked out, by place; in the order of the first of each.

        The first `most` of each place are named.
        """
        if not rows.height:
            return []
        named = columns_of(rows.screened, ("row", "to_number"))
        if self.located.is_empty():
            first = tuple(named[rows.meant.arg_true().head(self.most)].iter_rows())
            return [Together(location=NOWHERE, rows=rows.height, first=first)]
        places = (
            self._counted(rows)
            .group_by("place")
            .agg(pl.col("rows").sum(), pl.col("first").explode().sort().head(self.most))
            .sort(pl.col("first").list.first())
        )
        return [
            Together(location=self.locations[at], rows=n, first=tuple(named[first].iter_rows()))
            for at, n, first in places.select("place", "rows", "first").iter_rows()
        ]

    def contacts(self, rows: Rows, *, size: int) -> Iterator[list[Contact]]:
        """Yield rows as contacts that have nothing but key, number and place."""
        names = (*NAMED, *_placed(rows.screened))
        parts = (rows.part(start, AT_ONCE, names) for start in rows.starts(AT_ONCE))
        for some in (some for part in parts for some in part.iter_slices(size)):
            cells = some.select(*NAMED, self._places(some)).iter_rows()
            yield [
                Contact(row=row, key=key, to_number=number, location=self.locations[place])
                for row, key, number, place in cells
            ]

    def _counted(self, rows: Rows) -> pl.DataFrame:
        """Return the combinations of rows with their places; those of all rows are known."""
        if rows.height == self.located["rows"].sum():
            return self.located
        counted = _combined(rows, self.divided, self.most)
        return counted.join(self.located.select(*BY, "place"), on=BY, nulls_equal=True)

    def _places(self, rows: pl.DataFrame) -> pl.Series:
        """Return the place of each row."""
        if self.located.is_empty():
            return pl.repeat(0, rows.height, dtype=pl.UInt32, eager=True).alias("place")
        keys = _keys(rows, self.divided)
        return keys.join(self.located, on=BY, how="left", nulls_equal=True, maintain_order="left")[
            "place"
        ]


def _keys(rows: pl.DataFrame, divided: pl.Series) -> pl.DataFrame:
    """Return `BY` of rows: of a number only its block, where that is not divided."""
    digits = pl.col("to_number").str.slice(1).cast(pl.UInt64, strict=False)
    if "as_written" in rows.columns:
        digits = pl.when(~pl.col("as_written")).then(digits)
    block = pl.when(_is_nanp("to_number")).then(digits // BLOCK).otherwise(digits)
    if len(divided):
        block = pl.when(block.is_in(divided.implode())).then(digits).otherwise(block)
    return rows.select(digits=block, zone="zone", region=_region(rows))


def _region(rows: pl.DataFrame) -> pl.Expr:
    # A row whose number goes as written is where its time zone is.
    if "as_written" not in rows.columns:
        return pl.col("region")
    return pl.when(~pl.col("as_written")).then("region")


def _is_nanp(name: str) -> pl.Expr:
    number = pl.col(name)
    return number.str.starts_with("+1") & (number.str.len_bytes() == NANP_DIGITS + 1)


def _is_block(name: str) -> pl.Expr:
    return pl.col(name).is_between(10**6, 2 * 10**6, closed="left")


def _placed(screened: pl.DataFrame) -> list[str]:
    """Return the columns of verdicts that say something of where rows are, beside the number."""
    return [name for name in ("zone", "region", "as_written") if name in screened.columns]


def _combined(rows: Rows, divided: pl.Series, most: int) -> pl.DataFrame:
    """Return the combinations that rows have, and a number of each that tells of a place.

    `rows` is how many there are of each, `first` where in the verdicts the first `most` stand.
    """
    screened = rows.screened
    # A key that says nothing makes all the others slower.
    by = [name for name in BY if name == "digits" or screened[name].null_count() < screened.height]

    def counted(start: int) -> pl.DataFrame:
        some = rows.part(start, AT_ONCE, ("to_number", *_placed(screened)))
        return (
            _keys(some, divided)
            .with_columns(first=some[AT])
            .group_by(by)
            .agg(rows=pl.len(), first=pl.col("first").head(most))
        )

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = pool.map(counted, rows.starts(AT_ONCE))
    combined = (
        pl.concat(found)
        .group_by(by)
        .agg(pl.col("rows").sum(), pl.col("first").explode().head(most))
    )
    number = screened["to_number"].gather(combined["first"].list.first())
    silent = {name: pl.lit(None, screened.schema[name]) for name in BY if name not in by}
    return combined.with_columns(
        number=pl.when(pl.col("digits").is_not_null()).then(number), **silent
    )


def _locations(combined: pl.DataFrame, locator: Locator) -> tuple[tuple[Location, ...], pl.Series]:
    """Return the locations of combinations, and which of them each has."""
    samples = alike(combined["number"].drop_nulls().unique()).select("number", "sample")
    told = combined.join(samples, on="number", how="left", maintain_order="left")
    by = ("sample", "zone", "region")
    asked = told.select(by).unique(maintain_order=True)
    known: dict[Location, int] = {}
    places = [
        known.setdefault(locator.locate(number, zone=zone, region=region), len(known))
        for number, zone, region in asked.iter_rows()
    ]
    answered = asked.with_columns(place=pl.Series(places, dtype=pl.UInt32))
    at = told.join(answered, on=by, how="left", nulls_equal=True, maintain_order="left")["place"]
    return tuple(known), at
