"""Caps: how many calls one number may get in a rolling window, and how long lies between two.

They hold across all campaigns. A call counts from its intent on, so that one that may have been
made counts like one that was; only a call that is proved to have reached nobody does not. A call
leaves a window of 24 h exactly 24 h after its intent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign.model import Attempt, AttemptState

WRITTEN = re.compile(r"([0-9]{1,6})/([0-9]{1,4})([hd])")
UNITS = {"h": 3600.0, "d": 86_400.0}

UNMADE = frozenset({AttemptState.WITHHELD, AttemptState.REFUSED, AttemptState.DISMISSED})
"""No call was created, or a person said so."""

UNREACHED = frozenset(
    {
        "invalid_destination",
        "telephony_provider_unavailable",
        "telephony_provider_permission_denied",
        "sip_routing_error",
        "concurrency_limit_reached",
        "registered_call_timeout",
        "no_valid_payment",
        "credit_exhausted",
        "budget_reached",
        "scam_detected",
    }
)
"""Reasons for an end before any phone can have rung. A busy or failed line is no such proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `calls` to one number in any `window_s` seconds."""

    calls: int
    window_s: float

    def __str__(self) -> str:
        days = self.window_s > UNITS["d"] and self.window_s % UNITS["d"] == 0
        unit = "d" if days else "h"
        return f"{self.calls}/{self.window_s / UNITS[unit]:g}{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """One more call is allowed now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """No call before `free_at`, as far as the calls of now tell."""

    free_at: datetime
    reason: str


def parse_cap(text: str) -> Cap:
    """Read a cap, `3/24h` or `7/7d`."""
    found = WRITTEN.fullmatch(text.strip())
    if found is None or not int(found[1]) or not int(found[2]):
        raise ValueError(f"{text!r} is no cap on calls; write it as 3/24h or 7/7d")
    return Cap(calls=int(found[1]), window_s=int(found[2]) * UNITS[found[3]])


def parse_caps(texts: Iterable[str]) -> tuple[Cap, ...]:
    """Read caps that all hold; `any`, alone, is none."""
    written = list(texts)
    if [text.strip().lower() for text in written] == ["any"]:
        return ()
    return tuple(dict.fromkeys(map(parse_cap, written)))


def longest_window_s(caps: Iterable[Cap], min_gap_s: float = 0.0) -> float:
    """Return how far back calls matter."""
    return max([min_gap_s, *(cap.window_s for cap in caps)])


def counts(attempt: Attempt) -> bool:
    """Tell whether an attempt is one of the calls to its number."""
    if attempt.state in UNMADE:
        return False
    call = attempt.call
    if attempt.state is not AttemptState.ENDED or call is None or call.started_at is not None:
        return True
    return call.disconnection_reason not in UNREACHED


def verdict(
    *, now: datetime, calls_at: Iterable[datetime], caps: Sequence[Cap], min_gap_s: float = 0.0
) -> Free | Capped:
    """Tell whether a number may get one more call, given when it got those that count."""
    calls = sorted(calls_at)
    held = [
        Capped(
            free_at=calls[-cap.calls] + timedelta(seconds=cap.window_s),
            reason=f"at most {cap.calls} calls to one number: {cap}",
        )
        for cap in caps
        if len(calls) >= cap.calls
    ]
    if calls and min_gap_s > 0:
        free_at = calls[-1] + timedelta(seconds=min_gap_s)
        held.append(Capped(free_at=free_at, reason="too soon after the last call to this number"))
    last = max(held, key=lambda capped: capped.free_at, default=None)
    return Free() if last is None or last.free_at <= now else last
