"""The suppression list of a ledger: what it does to a list, and who is added to it or taken off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from campaign.api.numbers import number_of
from campaign.api.opening import existing_ledger, opened_ledger, require_ledger
from campaign.contacts.screen import Listing
from campaign.contacts.suppressed import mark_suppressed
from campaign.dialer.clock import SystemClock
from campaign.dialer.feed import in_thread
from campaign.model import Suppression
from campaign.model.moments import whole_second
from campaign.outcomes.build import Frame
from campaign.outcomes.columns import FORGOTTEN
from campaign.outcomes.suppressions import numbers_of
from campaign.ports import Ledger

BATCH = 20_000
BY_HAND = "added by hand"


async def screened_now(listing: Listing, ledger: Ledger) -> Frame:
    """Return the verdicts on a list's rows, with the ledger's suppression list as it is now."""
    entries = await in_thread(lambda: list(ledger.suppressions()))
    # What was forgotten stays on the list as a hash, which only the ledger can tell.
    known = [
        (entry.number, entry.reason) for entry in entries if not entry.number.startswith(FORGOTTEN)
    ]
    marked = await in_thread(lambda: mark_suppressed(listing.screened, known, listing.region))
    if len(known) == len(entries):
        return marked
    asked = iter(await in_thread(lambda: numbers_of(marked)))
    others: list[tuple[str, str]] = []
    while some := list(islice(asked, BATCH)):
        others += (await ledger.suppressed(some)).items()
    return await in_thread(lambda: mark_suppressed(marked, others, listing.region))


async def suppress(
    ledger: Path,
    numbers: Sequence[str],
    *,
    reason: str | None,
    region: str | None,
    notify: Callable[[str], None],
) -> int:
    """Put numbers on the suppression list; return how many were not on it.

    One that is no phone number is a `UsageError`, and none is then added.
    """
    at = SystemClock().now()
    entries = [
        Suppression(number=number_of(text, region), reason=reason or BY_HAND, at=at)
        for text in numbers
    ]
    async with opened_ledger(ledger, notify=notify) as opened:
        return await opened.suppress(entries)


async def unsuppress(ledger: Path, numbers: Sequence[str], *, region: str | None) -> int:
    """Take numbers off the suppression list; return how many were on it."""
    require_ledger(ledger)
    meant = [number_of(text, region) for text in numbers]
    async with existing_ledger(ledger) as opened:
        return await opened.unsuppress(meant, SystemClock().now())


async def suppressions(ledger: Path, show: Callable[[Iterator[Suppression]], None]) -> None:
    """Hand the suppression list of a ledger to `show`, oldest first."""
    async with existing_ledger(ledger) as opened:
        await in_thread(lambda: show(opened.suppressions()))


def told(entry: Suppression) -> dict[str, Any]:
    """Return one entry of the document of `suppress list --json`."""
    return {"number": entry.number, "reason": entry.reason, "at": whole_second(entry.at)}
