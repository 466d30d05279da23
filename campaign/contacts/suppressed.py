"""A suppression list from elsewhere, such as the ledger's, applied to a list that was read."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from campaign.contacts.screen import Listing
from campaign.contacts.suppression import on_list


def suppressed_rows(listing: Listing, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return `key` and `reason` of the callable rows that `numbers` has, in list order.

    `numbers` has `number` (E.164) and `reason` (String), as `numbers_frame` makes it.
    """
    return on_list(listing.numbers(), numbers, listing.region).select("key", "reason")


def numbers_frame(pairs: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Return pairs of number and reason as a frame."""
    schema = {"number": pl.String, "reason": pl.String}
    return pl.DataFrame(list(pairs), schema=schema, orient="row")
