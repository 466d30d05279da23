"""What a row must also be: fit for a prompt, in a region that there is, and consented to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

import polars as pl

from campaign.contacts import texts
from campaign.contacts.asking import Asking, no_reasons
from campaign.contacts.columns import Columns
from campaign.contacts.consent import Consent
from campaign.contacts.country import country_of
from campaign.contacts.fields import IGNORE_E164, TIMEZONE
from campaign.contacts.regions import TERRITORIES, find_region
from campaign.contacts.text import as_text
from campaign.contacts.verdicts import SHOWN, is_as_written

ZONES = sorted(available_timezones())

AREA = (
    pl.when(pl.col("number").str.starts_with("+1"))
    .then(pl.col("number").str.slice(0, len("+1415")))
    # Islands of Australia, which are countries of their own by number.
    .when(pl.col("number").str.starts_with("+618916"))
    .then(pl.col("number").str.slice(0, len("+6189164")))
    .otherwise(pl.col("number").str.slice(0, len("+614")))
)
"""As much of a number as decides whether its country has regions, and which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks(Asking):
    """The further questions to a list with these columns; `plain` rows have nothing to be found.

    With `locate` it is kept what rows say of where their contacts are: `zone` (Enum), `region`
    (Categorical), and `as_written` (Boolean) where there is a column for it.
    """

    columns: Columns
    clean: bool = False
    consent: Consent | None = None
    plain: bool = False
    locate: bool = False

    def of_plain(self) -> Checks:
        """Return the questions to rows of which it is known that nothing is wrong with texts."""
        return replace(self, plain=True)

    def cleaned(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with variables that can be sent, if that is wanted; keys stay."""
        if not self.clean or self.plain:
            return batch
        names = [name for name in self.columns.variables if name != self.columns.key]
        return batch.with_columns(*texts.clean(variables(batch, names)))

    def problems(self, batch: pl.DataFrame, to_number: pl.Series) -> Iterator[pl.Series]:
        """Yield the reasons for variables that cannot be sent and for a region that is none."""
        yield from self._unfit(batch)
        if self.columns.region:
            number = to_number.set(is_as_written(batch, self.columns), None)
            yield _lost(_cells(batch, self.columns.region), number, self.columns.region)

    def _unfit(self, batch: pl.DataFrame) -> Iterator[pl.Series]:
        """Yield the reasons for rows whose variables cannot be sent."""
        if self.plain:
            return
        sent = variables(batch, self.columns.variables)
        if self.clean and self.columns.key in self.columns.variables:
            sent = sent.with_columns(*texts.clean(variables(sent, [self.columns.key])))
        if sent.width:
            yield texts.problems(sent)

    def withheld(self, batch: pl.DataFrame) -> pl.Series:
        """Return why rows are not called for want of consent."""
        if self.consent is None:
            return no_reasons(batch)
        return self.consent.refusals(batch, self.columns)

    def kept(self, batch: pl.DataFrame) -> Sequence[pl.Series]:
        """Return what rows say of where their contacts are, if it is asked for."""
        if not self.locate:
            return ()
        regions = self._said(batch, self.columns.region)
        kept = [self._zones(batch), regions.cast(pl.Categorical).alias("region")]
        if IGNORE_E164 in self.columns.fields:
            kept.append(is_as_written(batch, self.columns).alias("as_written"))
        return kept

    def _zones(self, batch: pl.DataFrame) -> pl.Series:
        """Return the time zones that rows name, null where they name none that there is."""
        name = self.columns.fields.get(TIMEZONE, "")
        if name:
            texts = _cells(batch, name)
            zones = texts.cast(pl.Enum(ZONES), strict=False).alias("zone")
            # Hardly ever is there a blank around one.
            if zones.null_count() == texts.null_count():
                return zones
        return self._said(batch, name).cast(pl.Enum(ZONES), strict=False).alias("zone")

    def _said(self, batch: pl.DataFrame, name: str) -> pl.Series:
        """Return the trimmed texts of a column, null where they are empty or there is none."""
        if not name:
            return no_reasons(batch)
        return _cells(batch, name).str.strip_chars().replace("", None)


def variables(batch: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return columns as texts, by name also where polars would take it for a pattern."""
    return pl.DataFrame([_cells(batch, name).alias(name) for name in names])


def _cells(batch: pl.DataFrame, name: str) -> pl.Series:
    return as_text(batch.get_column(name).alias("text"))


def _lost(regions: pl.Series, number: pl.Series, name: str) -> pl.Series:
    """Return the reason for each region that its number's country does not have."""
    cells = pl.DataFrame([number.alias("number"), regions.str.strip_chars().alias("region")])
    areas = cells.with_columns(area=AREA)
    asked = areas.filter(pl.col("region") != "").unique(["area", "region"])
    samples = asked.select("area", "number").unique("area")
    countries = {area: _country(number) for area, number in samples.iter_rows()}
    reasons = [
        _reason(text, countries[area], name)
        for area, text in asked.select("area", "region").iter_rows()
    ]
    told = asked.select("area", "region", reason=pl.Series(reasons, dtype=pl.String))
    return areas.join(
        told, on=["area", "region"], how="left", nulls_equal=True, maintain_order="left"
    )["reason"]


def _country(number: str | None) -> str | None:
    country = None if number is None else country_of(number)
    return "US" if country in TERRITORIES else country


def _reason(text: str, country: str | None, name: str) -> str | None:
    try:
        find_region(text, country)
    except ValueError as error:
        return f"{name} {error}: {text[:SHOWN]!r}"
    return None
