"""Rows of the ledger column by column, for whoever reads millions of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from campaign.model import Attempt

Columns = Sequence[str | Sequence[Any]]
"""A batch of rows, column by column: each as the JSON text of all its values, or as the values.

A text saves Python an object for each cell. Moments are microseconds since 1970, flags 0 and 1,
mappings texts of JSON.
"""

JUDGED = ("id", "contact_key", "attempt", "state", "outcome", "error")
"""Of an attempt, what its contact's verdict is made from; `outcome` is `disposition.of_attempt`."""

STANDING = (*JUDGED, "disconnection_reason", "over_at")
"""Of an attempt, what tells in addition what follows it; `over_at` is `redial.ended_at`."""

DATED = (*STANDING, "intent_at")
"""Of an attempt, also when it was made."""

SHOWN = (
    "to_number",
    "from_number",
    "agent_id",
    "placed_at",
    "call_id",
    "call_status",
    "call_agent_id",
    "disconnection_reason",
    "started_at",
    "ended_at",
    "duration_s",
    "cost_usd",
    "summary",
    "sentiment",
    "successful",
    "analysis",
    "collected",
    "recording_url",
)
"""Of an attempt, what results show of it besides the verdict."""


class Snapshot(Protocol):
    """One state of a campaign's attempts, whatever is written meanwhile.

    It can be asked in any thread, in one at a time.
    """

    def tries(self, names: Sequence[str]) -> Iterator[Columns]:
        """Iterate over all attempts in batches, in no order: those `names` of `DATED`."""
        ...

    def those(self, ids: Sequence[int], names: Sequence[str]) -> Columns:
        """Return those `names` of `DATED` and `SHOWN` of attempts by their ids, in this order.

        There is at least one of `ids`, and each is an attempt's.
        """
        ...

    def attempts(self, ids: Sequence[int]) -> list[Attempt]:
        """Return whole attempts by their ids, in this order."""
        ...
