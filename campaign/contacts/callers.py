"""Which caller numbers a list brings along, and whether its rows bring their agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from campaign.contacts.fields import FIELDS
from campaign.contacts.screen import BATCH_ROWS, Listing
from campaign.contacts.text import as_text
from campaign.model import empty

FROM = "from_number"
AGENT = "override_agent_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who calls the callable rows of a list.

    `own` has the caller numbers of the rows' own, as E.164, each with whether all of its rows
    have an agent of their own; `pooled` is that of the rows without a caller number.
    """

    own: Mapping[str, bool] = field(default_factory=empty)
    pooled: bool = False


def callers_of(listing: Listing, *, most: int) -> Callers:
    """Return the caller numbers of a list's callable rows, the first `most` of them."""
    fields = listing.columns.fields
    if FROM not in fields and AGENT not in fields:
        return Callers()
    own: dict[str, bool] = {}
    pooled = True
    for number, agents in _told(listing):
        if number is None:
            pooled = pooled and agents
        elif number in own or len(own) < most:
            own[number] = own.get(number, True) and agents
    return Callers(own=own, pooled=pooled)


def _told(listing: Listing) -> Iterator[tuple[str | None, bool]]:
    """Yield the distinct caller numbers of each batch, and whether all their rows have agents."""
    at = 0
    for rows in listing.table.batches(batch_rows=BATCH_ROWS):
        good = rows.filter(listing.screened["outcome"].slice(at, rows.height).is_null())
        at += rows.height
        found = pl.DataFrame(
            {name: _cells(good, listing.columns.fields.get(name)) for name in (FROM, AGENT)}
        )
        grouped = found.group_by(FROM, maintain_order=True).agg(pl.col(AGENT).is_not_null().all())
        for text, agents in grouped.iter_rows():
            yield (None if text is None else FIELDS[FROM].parse(text)), agents


def _cells(rows: pl.DataFrame, name: str | None) -> pl.Series:
    """Return the cells of a column, blank ones as null; all null without the column."""
    if name is None:
        return pl.Series([None] * rows.height, dtype=pl.String)
    return as_text(rows[name]).str.strip_chars().replace("", None)
