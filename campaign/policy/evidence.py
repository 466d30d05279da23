"""What the provider's list of calls proves, and for how long it is asked.

A list may lag behind the calls it lists, so absence counts only after a grace: looking up too
early and believing the answer dials people twice. Presence counts at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from campaign.model import Call, Found, Sign
from campaign.policy import identity

SHORTEST_GAP_S = 1.0
LONGEST_GAP_S = 60.0

PATIENCE_S = 60.0
"""How much longer than its grace an attempt is looked for while the list itself cannot be had."""

LOSS_GRACE_S = 75.0
"""How long after the last sign of life a list is given to catch up, where a ledger has lost
records: what they said can only come from the list then."""

RESEND_WITHIN = timedelta(minutes=55)
"""An idempotency key is honoured for an hour; the rest is margin for two clocks and a slow wire."""

MOST_SKEW_S = 120.0
"""A clock further off than this decides hours, paces and graces wrongly."""


def found(call: Call, *, campaign: str, campaign_id: str, at: datetime) -> Found | None:
    """Return whose attempt a listed call is, `None` where it does not carry our metadata.

    The attempt id must be the one that campaign, contact key and number give: a call that has
    been given somebody else's metadata is not ours.
    """
    key = call.metadata.get("contact_key")
    number = call.metadata.get("attempt")
    if not isinstance(key, str) or not isinstance(number, str) or not number.isdecimal():
        return None
    expected = identity.attempt_id(campaign_id, key, int(number))
    if call.metadata.get("attempt_id") != expected:
        return None
    return Found(
        campaign=campaign,
        contact_key=key,
        attempt=int(number),
        attempt_id=expected,
        call=call,
        at=at,
    )


def gap_s(tries: int) -> float:
    """Return the wait before the next look-up, `tries` having been made: 1, 2, 4 ... 60 seconds."""
    return min(SHORTEST_GAP_S * 2.0 ** min(tries - 1, 10), LONGEST_GAP_S)


def may_resend(*, intent_at: datetime, now: datetime, sends: int, idempotent: bool) -> bool:
    """Tell whether an attempt that was not found may be sent once more, under the same key."""
    return idempotent and sends == 1 and now - intent_at < RESEND_WITHIN


def has_lost(before: Sign | None, *, intents: int) -> bool:
    """Tell whether a ledger holds less than the last run that used it left behind."""
    return before is not None and intents < before.intents


def is_off(skew_s: float | None) -> bool:
    """Tell whether our clock and the provider's are too far apart to go by."""
    return skew_s is not None and abs(skew_s) > MOST_SKEW_S
