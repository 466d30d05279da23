"""Whether a number has had its calls: the rules of `policy.caps`, applied to one intent. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from campaign.model import Capped, Intent
from campaign.policy import caps


def is_limited(intent: Intent) -> bool:
    """Tell whether earlier calls to the number can speak against an intent."""
    return bool(intent.caps) or intent.min_gap_s > 0


def matters_since(intent: Intent) -> datetime:
    """Return the moment before which no call speaks against an intent."""
    return intent.at - timedelta(seconds=caps.longest_window_s(_caps_of(intent), intent.min_gap_s))


def capped(intent: Intent, calls_at: Iterable[datetime]) -> Capped | None:
    """Return until when earlier calls to the number forbid one more, `None` where they do not.

    `calls_at` are those that count. An attempt that is sent again was withheld until now, and is
    none of them.
    """
    found = caps.verdict(
        now=intent.at, calls_at=calls_at, caps=_caps_of(intent), min_gap_s=intent.min_gap_s
    )
    if isinstance(found, caps.Free):
        return None
    return Capped(free_at=found.free_at, reason=found.reason)


def _caps_of(intent: Intent) -> tuple[caps.Cap, ...]:
    return tuple(caps.Cap(calls=calls, window_s=window_s) for calls, window_s in intent.caps)
