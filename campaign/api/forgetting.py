"""`forget`: a person's number and texts are erased from a ledger."""

from __future__ import annotations

from pathlib import Path

from campaign.api.opening import existing_ledger, require_ledger
from campaign.contacts.phone import check_region, judge
from campaign.dialer.clock import SystemClock


async def forget(ledger: Path, text: str, *, region: str | None) -> int:
    """Erase a number, of which a keyed hash stays; return how many attempts it had.

    A text that is no phone number is taken as it is, as a list may have called it. `ConfigError`
    where a call to it is live or of unknown outcome.
    """
    require_ledger(ledger)
    number = judge(text, check_region(region)).number or text.strip()
    async with existing_ledger(ledger) as opened:
        return await opened.forget(number, SystemClock().now())
