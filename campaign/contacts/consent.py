"""The columns of a list that speak of consent, and what its rows say in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from campaign.contacts.columns import Columns
from campaign.contacts.text import as_text
from campaign.errors import ConfigError
from campaign.policy.consent import Terms, refusal

BEYOND_MICROSECONDS = r"(\.[0-9]{6})[0-9]+"
"""A frame's times may be in nanoseconds, of which a date of consent needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What is asked of each row, at the aware moment `now`."""

    terms: Terms
    now: datetime

    def refusals(self, batch: pl.DataFrame, columns: Columns) -> pl.Series:
        """Return why each row is not called (String, null where it may be)."""
        said = pl.DataFrame(
            {"given": _said(batch, columns.consent), "dated": _said(batch, columns.consent_date)}
        )
        distinct = said.unique()
        reasons = [
            refusal(terms=self.terms, now=self.now, given=given, dated=dated)
            for given, dated in distinct.iter_rows()
        ]
        told = distinct.with_columns(pl.Series("reason", reasons, dtype=pl.String))
        joined = said.join(
            told, on=["given", "dated"], how="left", nulls_equal=True, maintain_order="left"
        )
        return joined["reason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentColumns:
    """By name: where a row says yes, and since when; a consent holds for `consent_max_age_s`.

    Raises `ConfigError` for an age without a column of dates.
    """

    consent_column: str | None = None
    consent_date_column: str | None = None
    consent_max_age_s: float | None = None

    def __post_init__(self) -> None:
        try:
            self._terms()
        except ValueError as error:
            raise ConfigError(str(error), hint="name the column that has the dates") from error

    def asked(self, now: datetime | None) -> Consent:
        """Return the question to the rows; `ValueError` without the moment of it."""
        if now is None:
            raise ValueError("consent is asked for at a moment: give `now`")
        return Consent(terms=self._terms(), now=now)

    def _terms(self) -> Terms:
        return Terms(
            given=bool(self.consent_column),
            dated=bool(self.consent_date_column),
            max_age_s=self.consent_max_age_s,
        )


def _said(batch: pl.DataFrame, name: str) -> pl.Series:
    """Return the texts of a column, all null where none was named."""
    if not name:
        return pl.repeat(None, batch.height, dtype=pl.String, eager=True)
    return as_text(batch.get_column(name).alias("text")).str.replace(BEYOND_MICROSECONDS, "$1")
