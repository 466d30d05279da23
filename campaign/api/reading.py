"""Reading and screening the list, as settings say that it is to be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaign.api.hours import is_any_hour
from campaign.api.outputs import Outputs, write_rejects
from campaign.config import Settings
from campaign.contacts.consent import ConsentColumns
from campaign.contacts.screen import Listing, read_list
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread
from campaign.errors import ListError, UsageError


async def open_list(settings: Settings, source: Any, *, keep: Path | None = None) -> Listing:
    """Read and screen the list; from a copy of it in the folder `keep`, where one is given."""
    if source is None:
        raise UsageError(
            "there is no contact list", hint="name it: campaign run contacts.csv, or in the TOML"
        )
    return await in_thread(
        lambda: read_list(
            source,
            phone_column=settings.phone_column,
            key_column=settings.key,
            region=settings.region,
            encoding=settings.encoding,
            sheet=settings.sheet,
            timezone_column=settings.timezone_column,
            region_column=settings.region_column,
            consent=_consent(settings),
            clean_variables=settings.clean_variables,
            suppress=settings.suppress,
            locate=not is_any_hour(settings),
            now=SystemClock().now(),
            keep=keep,
        )
    )


def _consent(settings: Settings) -> ConsentColumns | None:
    given = (settings.consent_column, settings.consent_date_column, settings.consent_max_age)
    if given == (None, None, None):
        return None
    return ConsentColumns(
        consent_column=settings.consent_column,
        consent_date_column=settings.consent_date_column,
        consent_max_age_s=settings.consent_max_age,
    )


def tell_notices(
    listing: Listing, notify: Callable[[str], None], warn: Callable[[str], None] | None = None
) -> None:
    """Tell what of a folder could not be used, and warn of such rows of suppression files.

    A number that was meant to be on such a list may be called, which the quiet must see as well.
    """
    for left_out in listing.table.notices:
        notify(left_out)
    for unusable in listing.notices:
        (warn or notify)(str(unusable))


async def refuse_rejects(listing: Listing, outputs: Outputs) -> None:
    """Raise `ListError` where a row was rejected; the file of rejects is written before."""
    bad = listing.screened.filter(listing.screened["outcome"] == "rejected")
    if bad.height:
        await write_rejects(outputs, listing)
        row, reason = bad["row"][0], bad["reason"][0]
        raise ListError(
            f"{bad.height} rows cannot be called, the first is row {row + 1}: {reason}",
            hint="correct them (--rejects FILE lists them), or run without --strict",
        )
