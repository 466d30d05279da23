"""Whether a contact that is due may be called now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaign.model import Contact
from campaign.policy.admission import Later, Never, Now, admit
from campaign.policy.caps import Cap
from campaign.policy.hours import Closed, Open

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
OPENS = NOW + timedelta(hours=3)
CONTACT = Contact(row=0, key="k", to_number="+14155550100")
DAY = Cap(calls=2, window_s=86_400.0)
CALLS = (NOW - timedelta(hours=20), NOW - timedelta(hours=1))
CLOSED = Closed(next_open=OPENS, reason="night")


@pytest.mark.parametrize(
    ("hours", "more", "expected"),
    [
        (Open(), {}, Now()),
        (Open(), {"calls_at": CALLS}, Now()),
        (CLOSED, {}, Later(at=OPENS, reason="night")),
        (Closed(next_open=None, reason="no zone"), {}, Later(at=None, reason="no zone")),
        (
            Open(),
            {"calls_at": CALLS, "caps": (DAY,)},
            Later(at=NOW + timedelta(hours=4), reason="at most 2 calls to one number: 2/24h"),
        ),
        (
            Open(),
            {"calls_at": CALLS, "min_gap_s": 7200.0},
            Later(
                at=NOW + timedelta(hours=1), reason="too soon after the last call to this number"
            ),
        ),
        (CLOSED, {"calls_at": CALLS, "caps": (DAY,)}, Later(at=OPENS, reason="night")),
        (CLOSED, {"suppressed": "asked"}, Never(reason="suppressed: asked")),
        (Open(), {"suppressed": ""}, Never(reason="suppressed: ")),
    ],
)
def test_the_strictest_word_counts(
    hours: Open | Closed, more: dict[str, Any], expected: Now | Later | Never
) -> None:
    """A suppressed number is never called; hours come before caps."""
    assert expected == admit(CONTACT, now=NOW, opening=lambda _, __: hours, **more)
