"""Names of campaigns and attempts that a lost ledger would choose again.

They depend on nothing but the account, the campaign's name, the contact's key and the number of
the attempt. A ledger that was deleted therefore meets its own earlier calls at the provider
under the same names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from campaign.errors import UsageError

OWN_METADATA = ("campaign_id", "contact_key", "attempt_id", "attempt")


def campaign_name(written: str) -> str:
    """Return a campaign's name in the one form that is kept.

    An accent is one sign or two, as who typed it or the file system that holds the list would
    have it. Both look alike, so both are the same campaign.
    """
    return unicodedata.normalize("NFC", written)


def campaign_id(account: str, name: str) -> str:
    """Return the id of the campaign `name` of `account` (an org id, or a base URL without one)."""
    return f"cmp_{_digest(account, name)[:24]}"


@lru_cache(maxsize=256)  # asked for twice for each create, as its name and as its metadata
def attempt_id(campaign: str, contact_key: str, attempt: int) -> str:
    """Return the id of an attempt: also its idempotency key, 28 characters of `[a-z0-9_]`."""
    return f"att_{_digest(campaign, contact_key, str(attempt))[:24]}"


def metadata(
    campaign: str, contact_key: str, attempt: int, own: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the metadata of a create: the user's own entries and ours, all of ours text."""
    return {
        **own,
        "campaign_id": campaign,
        "contact_key": contact_key,
        "attempt_id": attempt_id(campaign, contact_key, attempt),
        "attempt": str(attempt),
    }


def check_own(own: Mapping[str, Any]) -> None:
    """Raise `UsageError` where a user's metadata entry has one of our names."""
    for name in OWN_METADATA:
        if name in own:
            raise UsageError(
                f"the metadata entry {name!r} is written by campaign itself",
                hint="give yours another name",
            )


def _digest(*parts: str) -> str:
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def share(contact_key: str, parts: int) -> int:
    """Return which of `parts` a contact belongs to: always the same one, evenly spread."""
    return int(_digest(contact_key)[:8], 16) % parts
