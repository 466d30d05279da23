"""A list of one row that was screened: what a test call is composed from."""

from __future__ import annotations

import polars as pl

from campaign.outcomes.columns import TEXT


def single(key: str, to_number: str) -> pl.DataFrame:
    """Return the verdicts on one callable contact."""
    return pl.DataFrame(
        {"key": [key], "to_number": [to_number], "outcome": [None], "reason": [None]},
        schema={"key": TEXT, "to_number": TEXT, "outcome": TEXT, "reason": TEXT},
    )
