"""What stays of a person who was forgotten: a keyed hash where the number and the key were.

Pure. Who has the number can still ask for it, so that nobody is called again by forgetting; who
has the ledger only, without the number, cannot read it there. The key is made once for a ledger
and is kept in it alone: the hashes of two ledgers have nothing in common.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from campaign.errors import ConfigError
from campaign.model import EMPTY, Attempt, Call, Event, Intent
from campaign.policy.masking import mask

PREFIX = "forgotten:"
SECRET_BYTES = 32

TEXTS = ("summary", "sentiment", "analysis", "collected", "recording_url")
"""What a call leaves behind in its attempt that tells of the person."""


def hidden(secret: bytes, value: str) -> str:
    """Return what stands for `value` once it is forgotten."""
    digest = hmac.new(secret, value.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
    return PREFIX + digest


def is_hidden(value: str) -> bool:
    """Tell whether `value` stands for one that was forgotten."""
    return value.startswith(PREFIX)


def names(secret: bytes | None, value: str) -> tuple[str, ...]:
    """Return all names under which `value` may be kept; `secret` is `None` before any forgetting.

    Somebody who was forgotten may since have been called again, and is then known by both.
    """
    return (value,) if secret is None else (value, hidden(secret, value))


def spellings(secret: bytes | None, values: Iterable[str]) -> dict[str, str]:
    """Return, by every name under which one of `values` may be kept, which one it is."""
    return {name: value for value in values for name in names(secret, value)}


def kept(attempt: Attempt, event: Event) -> Event:
    """Return what may be recorded of an event: of a forgotten number's, no text and no number."""
    if not is_hidden(attempt.to_number):
        return event
    call = None if event.call is None else _untold(event.call)
    return replace(event, call=call, error=None)


def filed_as(secret: bytes, intent: Intent, key: str, number: str) -> Intent:
    """Return an intent under other names of its contact and number, hashes maybe."""
    own = intent.attempt_id
    attempt_id = hidden(secret, own) if is_hidden(number) else own
    return replace(intent, contact_key=key, to_number=number, attempt_id=attempt_id)


def erased(secret: bytes, attempt: Attempt) -> Attempt:
    """Return an attempt of a number that is being forgotten; its contact has its own new name.

    The id goes as well: it is made from the contact's key without a secret, so that trying all
    numbers would find the one.
    """
    number = hidden(secret, attempt.to_number)
    call = attempt.call
    return replace(
        attempt,
        attempt_id=hidden(secret, attempt.attempt_id),
        to_number=number,
        error=None,
        call=None if call is None else replace(_untold(call), to_number=number),
    )


def still_called(number: str) -> ConfigError:
    """Return the error for a number that may not be forgotten yet."""
    return ConfigError(
        f"a call to {mask(number)!r} is live or of unknown outcome, so it cannot be forgotten now",
        hint="`campaign sync` learns how it ended, `campaign resolve` takes a person's word for it",
    )


def _untold(call: Call) -> Call:
    texts: dict[str, Any] = dict.fromkeys(TEXTS)
    return replace(call, to_number=None, metadata=EMPTY, transcript=None, **texts)
