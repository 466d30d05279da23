"""What is known of a number, as episodes in order: shared by the ledger's adapters. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from campaign.ledger.fold import storable
from campaign.model import Attempt, Episode, EventKind
from campaign.policy.disposition import of_attempt

REMOVED = "removed from the suppression list"
VERDICTS = frozenset({EventKind.CALLED, EventKind.NOT_CALLED})
"""The events that are a person's word."""

_ORDER = ("attempt", "verdict", "hold", "skip", "suppressed")


def attempted(attempt: Attempt) -> Episode:
    """Return an attempt as an episode: when it was begun, and what it came to."""
    said = None if attempt.call is None else attempt.call.disconnection_reason
    return Episode(
        at=attempt.intent_at,
        kind="attempt",
        campaign=attempt.campaign,
        outcome=of_attempt(attempt).value,
        reason=said or attempt.error,
    )


def judged(at: datetime, campaign: str, text: str | None) -> Episode:
    """Return a person's verdict as an episode."""
    return Episode(
        at=at, kind="verdict", campaign=campaign, reason=storable(text) if text else None
    )


def held_back(at: datetime, campaign: str, kind: str, reason: str) -> Episode:
    """Return a hold or skip as an episode; `at` is when it was last met with."""
    return Episode(at=at, kind=kind, campaign=campaign, reason=reason)


def listed(at: datetime, reason: str, *, added: bool) -> Episode:
    """Return a change of the suppression list as an episode."""
    return Episode(at=at, kind="suppressed", reason=reason if added else REMOVED)


def in_order(episodes: Iterable[Episode]) -> list[Episode]:
    """Return episodes oldest first; of one moment, what was done before what was not."""
    return sorted(
        episodes,
        key=lambda one: (one.at, _ORDER.index(one.kind), one.campaign or "", one.reason or ""),
    )
