"""Consent: a contact that has not given it, or gave it too long ago, is not called.

What cannot be read is no consent. All reasons begin with `no consent`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NO_CONSENT = "no consent"
YES = frozenset({"true", "yes", "1"})

ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
EARLIEST_ZONE = timedelta(hours=14)
"""The clock that is furthest ahead of UTC: there it may be tomorrow already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Which columns of the list speak of consent, and for how long one holds."""

    given: bool = False
    dated: bool = False
    max_age_s: float | None = None

    def __post_init__(self) -> None:
        if self.max_age_s is not None and not self.dated:
            raise ValueError("consent_max_age needs a consent_date_column")


def refusal(
    *, terms: Terms, now: datetime, given: str | None = None, dated: str | None = None
) -> str | None:
    """Return why a row is not called, `None` where it may be; `now` is aware.

    `given` is yes as `true`, `yes` or `1`. `dated` is an ISO date, or date and time; without an
    offset it is taken as UTC's.
    """
    if terms.given and (given or "").strip().lower() not in YES:
        return NO_CONSENT
    return _date_refusal(terms, now, (dated or "").strip()) if terms.dated else None


def _date_refusal(terms: Terms, now: datetime, written: str) -> str | None:
    if not written:
        return f"{NO_CONSENT}: without a date"
    found = ISO.fullmatch(written)
    moment = _moment(written) if found else None
    if found is None or moment is None:
        return f"{NO_CONSENT}: {written[:40]!r} is no date like 2026-01-31"
    if moment > now + (timedelta(0) if found["zone"] else EARLIEST_ZONE):
        return f"{NO_CONSENT}: dated {written}, which is still to come"
    if terms.max_age_s is not None and now - moment > timedelta(seconds=terms.max_age_s):
        return f"{NO_CONSENT}: dated {written}, which is too long ago"
    return None


def _moment(written: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
