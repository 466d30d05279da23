"""What a run remembers of those whom it did not call, so that `explain` can tell why."""

from __future__ import annotations

from collections.abc import Iterable

from campaign.api.suppressing import screened_now
from campaign.contacts.screen import Listing
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread
from campaign.dialer.plan import Report
from campaign.model import Hold
from campaign.outcomes.suppressions import not_called
from campaign.ports import Ledger

MOST_REMEMBERED = 100_000
"""Of holds and of skips, in one run."""

HOLD, SKIP = "hold", "skip"


async def remember(campaign: str, listing: Listing, ledger: Ledger, report: Report) -> None:
    """Record why contacts were held, and why rows of the list were skipped."""
    screened = await screened_now(listing, ledger)
    holds, skips = await in_thread(
        lambda: not_called(screened, report.holds.items(), most=MOST_REMEMBERED)
    )
    await ledger.hold([*_holds(campaign, HOLD, holds), *_holds(campaign, SKIP, skips)])


def _holds(campaign: str, kind: str, rows: Iterable[tuple[str, str, str]]) -> Iterable[Hold]:
    at = SystemClock().now()
    return (
        Hold(campaign=campaign, contact_key=key, to_number=number, at=at, kind=kind, reason=reason)
        for key, number, reason in rows
    )
