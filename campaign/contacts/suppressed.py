"""A suppression list from elsewhere, such as the ledger's, applied to a list that was read."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from campaign.contacts.suppression import suppressed_by


def mark_suppressed(
    screened: pl.DataFrame, listed: Iterable[tuple[str, str]], region: str | None
) -> pl.DataFrame:
    """Return `screened` with the callable rows of these numbers suppressed.

    `listed` are (number, reason); the first reason of a number counts. Rows keep their order;
    those that are rejected or suppressed already keep their reason. A row whose number goes as it
    is written is also looked for by what it means in `region`.
    """
    told = [(number, f"suppressed: {reason}") for number, reason in listed]
    numbers = pl.DataFrame(told, schema={"number": pl.String, "reason": pl.String}, orient="row")
    return suppressed_by(screened, numbers, region)
