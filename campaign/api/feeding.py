"""The contacts of a run, as the dialer reads them from its list."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from campaign.contacts.screen import Listing
from campaign.dialer.feed import threaded
from campaign.model import Contact

BATCH_CONTACTS = 100
"""Contacts that are looked at together: more of them would hold up a start that is due."""


@dataclass(slots=True, kw_only=True)
class Feed:
    """Reads the list, as often as it is asked to.

    The first time, without the rows that were through with all their calls when the run began, so
    that nobody waits while millions of them are looked up; `open_rows` tells which are not
    (Boolean). What comes after that is asked for because somebody may be due again: all rows.
    """

    listing: Listing
    open_rows: Any

    def __call__(self) -> AsyncGenerator[Sequence[Contact], None]:
        """Iterate over the contacts in batches, in list order."""
        meant, self.open_rows = self.open_rows, None
        return threaded(lambda: self.listing.contacts(BATCH_CONTACTS, meant=meant))
