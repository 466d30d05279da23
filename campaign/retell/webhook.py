"""What the provider posts of its own accord: whether it is believed, and what it says.

Pure. The signature is an HMAC over the body and the moment of the post, so neither can be changed,
and an old post cannot be sent again later.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaign.model import Call
from campaign.retell.address import SecretText
from campaign.retell.wire import load_object
from campaign.retell.wire_calls import EPOCH, CallV2, to_call

EVENTS = frozenset({"call_started", "call_ended", "call_analyzed"})
"""The events that say how a call stands."""

SKEW = timedelta(minutes=5)
"""How old a post may be, and how far ahead the provider's clock."""

SIGNATURE = re.compile(r"v=(?P<ms>[0-9]{1,15}),d=(?P<digest>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event, and the call as it stood then."""

    event: str
    call: Call


def believed(body: bytes, signature: str | None, key: SecretText, now: datetime) -> bool:
    """Tell whether whoever holds the key posted this body, within five minutes of `now`.

    `signature` is the header `x-retell-signature` as it came, `None` without one.
    """
    found = _timely(signature, now)
    if found is None:
        return False
    secret = key.get_secret_value().encode()
    expected = hmac.new(secret, body + found["ms"].encode(), "sha256").hexdigest()
    return bool(secret) and hmac.compare_digest(expected, found["digest"])


def is_timely(signature: str | None, now: datetime) -> bool:
    """Tell whether a signature has the right form and moment: worth reading a body for."""
    return _timely(signature, now) is not None


def told(body: bytes) -> Told | None:
    """Read a post; `None` unless it is one of `EVENTS` with a call whose id can be read."""
    fields = load_object(body) or {}
    event, call = fields.get("event"), _call(fields.get("call"))
    if call is None or not isinstance(event, str) or event not in EVENTS:
        return None
    return Told(event=event, call=call)


def is_other_news(body: bytes) -> bool:
    """Tell whether a post is a whole one about something that is none of `EVENTS`."""
    event = (load_object(body) or {}).get("event")
    return isinstance(event, str) and event not in EVENTS


def _call(fields: Any) -> Call | None:
    # v1's fields are among v2's.
    if not isinstance(fields, dict):
        return None
    return to_call(CallV2.model_validate(fields), status="")


def _timely(signature: str | None, now: datetime) -> re.Match[str] | None:
    found = SIGNATURE.fullmatch(signature or "")
    if found is None:
        return None
    age_ms = (now - EPOCH) / timedelta(milliseconds=1) - int(found["ms"])
    return found if abs(age_ms) <= SKEW / timedelta(milliseconds=1) else None
