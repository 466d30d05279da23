"""What the dialer needs of the world, as Protocols; adapters elsewhere fulfil them."""

from __future__ import annotations

from campaign.ports.bulk import DATED, JUDGED, SHOWN, STANDING, Columns, Snapshot
from campaign.ports.ledger import Ledger
from campaign.ports.provider import Provider
from campaign.ports.watching import Clock, ContactFeed, News, Progress

__all__ = [
    "DATED",
    "JUDGED",
    "SHOWN",
    "STANDING",
    "Clock",
    "Columns",
    "ContactFeed",
    "Ledger",
    "News",
    "Progress",
    "Provider",
    "Snapshot",
]
