"""What the provider's list proves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign.model import Call, Found, Sign
from campaign.policy import evidence, identity

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SIGN = Sign(pid=1, started_at=NOW, seen_at=NOW, intents=7)


def call(**metadata: Any) -> Call:
    """Return a call with metadata."""
    return Call(call_id="call_1", status="ended", metadata=metadata)


def test_a_call_with_our_metadata_is_ours() -> None:
    """Its attempt is the one that metadata and deterministic id name."""
    own = identity.metadata("cmp_1", "k", 2, {})
    expected = Found(
        campaign="spring",
        contact_key="k",
        attempt=2,
        attempt_id=own["attempt_id"],
        call=call(**own),
        at=NOW,
    )
    assert expected == evidence.found(call(**own), campaign="spring", campaign_id="cmp_1", at=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"contact_key": None},
        {"contact_key": 7},
        {"attempt": 2},
        {"attempt": "two"},
        {"attempt": "3"},
        {"attempt_id": "att_other"},
        {"attempt_id": None},
    ],
)
def test_a_call_with_other_metadata_is_not_ours(changes: dict[str, Any]) -> None:
    """Every entry must be what this campaign would have written."""
    own = identity.metadata("cmp_1", "k", 2, {}) | changes
    assert None is evidence.found(call(**own), campaign="s", campaign_id="cmp_1", at=NOW)


@pytest.mark.parametrize(("tries", "gap_s"), [(1, 1), (2, 2), (3, 4), (7, 60), (50, 60)])
def test_look_ups_grow_apart(tries: int, gap_s: float) -> None:
    """Each gap is twice the last, up to a minute."""
    assert gap_s == evidence.gap_s(tries)


@pytest.mark.parametrize(
    ("age", "sends", "idempotent", "may"),
    [
        (timedelta(minutes=54), 1, True, True),
        (timedelta(minutes=55), 1, True, False),
        (timedelta(minutes=1), 2, True, False),
        (timedelta(minutes=1), 1, False, False),
    ],
)
def test_a_resend_is_bound(age: timedelta, sends: int, idempotent: bool, may: bool) -> None:
    """Once, under 55 minutes, and only where the key is known."""
    asked = evidence.may_resend(intent_at=NOW - age, now=NOW, sends=sends, idempotent=idempotent)
    assert may == asked


@pytest.mark.parametrize(
    ("before", "intents", "lost"),
    [(None, 0, False), (SIGN, 0, True), (SIGN, 6, True), (SIGN, 7, False), (SIGN, 9, False)],
)
def test_a_loss_is_seen_by_the_last_sign_of_life(
    before: Sign | None, intents: int, lost: bool
) -> None:
    """A ledger that holds less than was seen last has lost something."""
    assert lost == evidence.has_lost(before, intents=intents)


@pytest.mark.parametrize(
    ("skew_s", "off"), [(None, False), (0.0, False), (120.0, False), (-120.5, True), (121.0, True)]
)
def test_two_minutes_are_too_far_off(skew_s: float | None, off: bool) -> None:
    """More than 120 s in either direction; an unknown skew is none."""
    assert off == evidence.is_off(skew_s)
