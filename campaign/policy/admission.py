"""Whether a contact that is due may be called now, or when: hours, suppression, caps.

The strictest word counts: a number that must not be called never is; one that may be called later
is asked for again then, as what was true now may have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaign.model import Contact
from campaign.policy import caps as rolling
from campaign.policy.caps import Cap, Capped
from campaign.policy.hours import Closed, Open

Opening = Callable[[Contact, datetime], Open | Closed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The contact may be called now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Not before `at`, `None` where no such moment is known."""

    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """The number must not be called."""

    reason: str


def admit(
    contact: Contact,
    *,
    now: datetime,
    opening: Opening,
    suppressed: str | None = None,
    calls_at: Sequence[datetime] = (),
    caps: Sequence[Cap] = (),
    min_gap_s: float = 0.0,
) -> Now | Later | Never:
    """Tell whether a contact may be called at `now`.

    `suppressed` is why its number is on the suppression list, `calls_at` are the calls that its
    number got.
    """
    if suppressed is not None:
        return Never(reason=f"suppressed: {suppressed}")
    hours = opening(contact, now)
    if isinstance(hours, Closed):
        return Later(at=hours.next_open, reason=hours.reason)
    capped = rolling.verdict(now=now, calls_at=calls_at, caps=caps, min_gap_s=min_gap_s)
    if isinstance(capped, Capped):
        return Later(at=capped.free_at, reason=capped.reason)
    return Now()
